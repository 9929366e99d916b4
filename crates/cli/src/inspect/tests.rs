//! Any input, good or bad, through everything that `copath inspect` does with it.

use std::fs;
use std::path::Path;

use clap::{Parser, ValueEnum};
use copath::messages::{ProposalOrRef, ProposalRef};
use copath_codec::{DecodeContext, Encode, Opaque};
use proptest::prelude::*;

use super::*;
use crate::arguments::{Arguments, Command};

/// The arguments that a person gives.
fn arguments(options: &[&str]) -> InspectArguments {
    let line = ["copath", "inspect", "-"].into_iter().chain(options.iter().copied());
    match Arguments::parse_from(line).command {
        Command::Inspect(arguments) => arguments,
        _ => unreachable!("asked for inspect"),
    }
}

/// The inputs of the golden tests, with their names.
fn samples() -> Vec<(String, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/inspect");
    let mut samples = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "hex") {
            let (_, octets) = input::decode("-", fs::read(&path).unwrap()).unwrap();
            samples.push((path.file_stem().unwrap().to_string_lossy().into_owned(), octets));
        }
    }
    samples.sort();
    assert_eq!(samples.len(), 25);
    samples
}

/// The kind that a sample isn't guessed as.
fn forced(name: &str) -> Option<Kind> {
    match name {
        "bare_commit" => Some(Kind::Commit),
        "group_context" => Some(Kind::GroupContext),
        name if name.starts_with("proposal_") && name != "proposal_message" => Some(Kind::Proposal),
        _ => None,
    }
}

/// All strings of hex digits in our test vectors that are longer than a hash.
fn vectors() -> Vec<Vec<u8>> {
    fn collect(value: &serde_json::Value, found: &mut Vec<Vec<u8>>) {
        match value {
            serde_json::Value::String(text) => {
                found.extend(hex::decode(text).ok().filter(|octets| octets.len() > 64));
            }
            serde_json::Value::Array(list) => list.iter().for_each(|value| collect(value, found)),
            serde_json::Value::Object(members) => members.values().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for file in
        ["messages.json", "tree-validation.json", "tree-operations.json", "treekem.json", "welcome.json"]
    {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test-vectors").join(file);
        collect(&serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap(), &mut found);
    }
    found
}

/// Describes octets as each kind that they are; returns how many of them they are.
fn describe_all(octets: &[u8], known: &Known) -> usize {
    let mut count = 0;
    for kind in Kind::value_variants() {
        let Ok(recognised) = kind::recognise(octets, std::slice::from_ref(kind), &known.context) else {
            continue;
        };
        let mut start = 0;
        for end in &recognised.ends {
            for detail in [Detail::default(), Detail { full: true, offsets: true }] {
                let mut sink = Text::new(io::sink(), detail);
                let mut describer = Describer::new(&mut sink, known.clone(), start);
                describe(&mut describer, *kind, &octets[start..*end]).unwrap();
                assert_eq!(describer.at(), *end, "{}", kind.name());
            }
            start = *end;
        }
        count += 1;
    }
    count
}

fn known() -> Known {
    Known::new(DecodeContext::default(), None, None, 64)
}

#[test]
fn every_octet_is_described() {
    let shape = copath_codec::BodyShape::Vector;
    let context = DecodeContext::default().with_body(copath_codec::Registry::Proposal, 0xf000, shape);
    let known = Known::new(context, None, None, 64);
    for (name, octets) in samples() {
        assert_ne!(describe_all(&octets, &known), 0, "{name}");
    }
    let described = vectors().iter().filter(|octets| describe_all(octets, &known) > 0).count();
    assert!(described > 250, "{described}");
}

/// Everything that a person can ask for; what is no JSON or no XML would be noticed.
fn show_all(octets: &[u8], kind: Option<Kind>) {
    for options in [&["--format", "text"][..], &["--format", "json"], &["--format", "svg", "--rows", "4"]] {
        let mut arguments = arguments(options);
        arguments.kind = kind;
        let mut out = Vec::new();
        let done = show(&mut out, &arguments, Encoding::Binary, octets);
        if let Err(failure) = &done {
            assert!(!failure.to_string().is_empty());
        }
        if arguments.format == Format::Json {
            let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(value["malformed"].is_null(), done.is_ok());
        }
        if arguments.format == Format::Svg && done.is_ok() {
            roxmltree::Document::parse(std::str::from_utf8(&out).unwrap()).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_samples_are_survived(
        which in 0usize..25,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let (name, mut octets) = samples().swap_remove(which);
        for (at, value) in changes {
            let at = at.index(octets.len());
            octets[at] = value;
        }
        if let Some(cut) = cut {
            octets.truncate(cut.index(octets.len()));
        }
        show_all(&octets, forced(&name));
        describe_all(&octets, &known());
    }

    #[test]
    fn any_octets_are_survived(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        show_all(&octets, None);
        describe_all(&octets, &known());
    }
}

/// Every octet of a GroupInfo with its tree, changed a little.
#[test]
fn changed_trees_are_survived() {
    let samples = samples();
    let (_, octets) = samples.iter().find(|(name, _)| name == "group_info").unwrap();
    for at in 0..octets.len() {
        let mut changed = octets.clone();
        changed[at] ^= 1;
        show_all(&changed, None);
    }
}

/// Inputs of many small parts: what is printed is bounded unless all is asked for.
#[test]
fn large_inputs_are_shown_in_part() {
    const PARTS: usize = 300_000;
    let commit =
        Commit { proposals: vec![ProposalOrRef::Reference(ProposalRef::default()); PARTS], path: None };
    let samples = samples();
    let (_, package) = samples.iter().find(|(name, _)| name == "key_package").unwrap();
    let blanks = Opaque::from(vec![0; PARTS]).to_bytes().unwrap();
    for (octets, kind) in
        [(commit.to_bytes().unwrap(), Some(Kind::Commit)), (package.repeat(500), None), (blanks, None)]
    {
        let mut arguments = arguments(&[]);
        arguments.kind = kind;
        let mut out = Vec::new();
        show(&mut out, &arguments, Encoding::Binary, &octets).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().count() < 1000 && text.contains(" more (--full shows all)"), "{text}");
    }
}
