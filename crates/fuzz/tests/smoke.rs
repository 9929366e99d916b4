//! A bounded run of each target: seeds, what once was a finding, and mutations that are the same each time.
#![expect(clippy::unwrap_used, reason = "a failure is a failed test")]

use std::path::Path;

use copath_fuzz::{Mutations, Target};

const ROUNDS: usize = 10_000;

fn smoke(target: Target) {
    let seeds = target.seeds();
    assert!(!seeds.is_empty());
    for seed in &seeds {
        target.run(seed);
    }
    let findings = Path::new(env!("CARGO_MANIFEST_DIR")).join("findings").join(target.name());
    for finding in std::fs::read_dir(&findings).into_iter().flatten() {
        target.run(&std::fs::read(finding.unwrap().path()).unwrap());
    }
    let mut mutations = Mutations::of(&seeds, 1);
    for round in 0..ROUNDS {
        let input = mutations.make();
        let caught = std::panic::catch_unwind(|| target.run(&input));
        assert!(caught.is_ok(), "{} fails in round {round} on {input:02x?}", target.name());
    }
}

#[test]
fn decode() {
    smoke(Target::Decode);
}

#[test]
fn member() {
    smoke(Target::Member);
}

#[test]
fn joiner() {
    smoke(Target::Joiner);
}

#[test]
fn observer() {
    smoke(Target::Observer);
}

#[test]
fn stored_state() {
    smoke(Target::StoredState);
}
