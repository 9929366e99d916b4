//! A run of all tests that is watched: which tests passed, and which rules rejections named.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader, pipe};
use std::path::{Path, PathBuf};
use std::process::Command;

use copath_rules::RuleId;
use serde::Deserialize;

use crate::coverage::{Coverage, Part, Proof};
use crate::error::Error;
use crate::tidy::Finding;
use crate::workspace::Workspace;

/// Names the file to which assertions append the rules that rejections named; `copath_testing` reads it.
const RECORD: &str = "COPATH_RULE_RECORD";

/// What a run of the tests showed.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    /// Whether all of them passed.
    pub(crate) passed: bool,
    /// The tests that passed, by the source from which their program was built.
    tests: BTreeMap<String, BTreeSet<String>>,
    /// The rules that rejections named.
    returned: BTreeSet<RuleId>,
}

/// A line of `cargo test --no-run --message-format json`.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    src_path: PathBuf,
}

impl Recording {
    /// Runs `cargo test` with these arguments and environment; what it prints is shown as it comes.
    pub(crate) fn of(
        workspace: &Workspace,
        arguments: &[&str],
        environment: &[(&str, &Path)],
    ) -> Result<Self, Error> {
        let sources = sources(workspace, arguments)?;
        let record = std::env::temp_dir().join(format!("copath-rules-{}", std::process::id()));
        let mut cargo = workspace.command("cargo", arguments);
        cargo.env(RECORD, &record).env("CARGO_TERM_COLOR", "never").envs(environment.iter().copied());
        let mut recording = Self::default();
        let mut program = None;
        recording.passed = watch(&mut cargo, |line| {
            println!("{line}");
            if let Some(started) = started(line) {
                program = sources.get(started);
            } else if let (Some(test), Some(source)) = (passed(line), program) {
                recording.tests.entry(source.clone()).or_default().insert(test.to_owned());
            }
        })?;
        if record.is_file() {
            let file = |source| Error::File { path: record.display().to_string(), source };
            let ids = fs::read_to_string(&record).map_err(file)?;
            recording.returned = ids.lines().filter_map(RuleId::parse).collect();
            fs::remove_file(&record).map_err(file)?;
        }
        Ok(recording)
    }

    /// Finds tests that name rules and didn't pass, and rejections that were expected and never returned.
    pub(crate) fn judge(&self, coverage: &Coverage) -> Vec<Finding> {
        let finding = |proof: &Proof, message| Finding::new(&proof.path, 1, message);
        let idle = coverage.all_proofs().into_iter().filter(|proof| !self.ran(proof)).map(|proof| {
            finding(proof, format!("`{}` names rules, but was not among the tests that passed", proof.name))
        });
        let silent = coverage
            .rejections()
            .filter(|(rule, _)| !self.returned.contains(rule))
            .filter_map(|(rule, proofs)| Some((rule, proofs.first()?)))
            .map(|(rule, proof)| {
                finding(
                    proof,
                    format!("`{}` expects rule {rule}, but no recorded rejection named it", proof.name),
                )
            });
        idle.chain(silent).collect()
    }

    /// A line that counts.
    pub(crate) fn summary(&self) -> String {
        let tests: usize = self.tests.values().map(BTreeSet::len).sum();
        format!("{tests} tests passed; rejections named {} rules", self.returned.len())
    }

    /// Whether the test passed; something that tests call counts as passed with the tests of its program.
    fn ran(&self, proof: &Proof) -> bool {
        self.tests.iter().filter(|(source, _)| has_source(source, &proof.path)).any(|(_, tests)| match proof
            .part
        {
            Part::Test => tests.iter().any(|test| test.rsplit("::").next() == Some(&proof.name)),
            Part::Called => !tests.is_empty(),
        })
    }
}

/// Whether the program built from `root` has the source `path`.
fn has_source(root: &str, path: &str) -> bool {
    let directory = ["lib.rs", "main.rs"].iter().find_map(|name| root.strip_suffix(name));
    root == path || directory.is_some_and(|directory| path.starts_with(directory))
}

/// The root source of each program with tests, by the program's file name.
fn sources(workspace: &Workspace, arguments: &[&str]) -> Result<BTreeMap<String, String>, Error> {
    let build = [arguments, &["--no-run", "--message-format", "json-render-diagnostics"]].concat();
    let messages = workspace.output("cargo", &build)?;
    let mut sources = BTreeMap::new();
    for line in messages.lines() {
        let Message { executable: Some(program), target: Some(target) } = serde_json::from_str(line)? else {
            continue;
        };
        if let Some(name) = program.file_name() {
            sources.insert(name.to_string_lossy().into_owned(), workspace.relative(&target.src_path));
        }
    }
    Ok(sources)
}

/// Shows each line that a program prints, to either of its outputs, to `see`; whether it succeeded.
fn watch(command: &mut Command, mut see: impl FnMut(&str)) -> Result<bool, Error> {
    let start = |source| Error::Start { program: "cargo".into(), source };
    let (reader, writer) = pipe().map_err(start)?;
    command.stdout(writer.try_clone().map_err(start)?).stderr(writer);
    let mut child = command.spawn().map_err(start)?;
    // what is left of the pipe's ends here would keep it open
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    for line in BufReader::new(reader).split(b'\n') {
        see(&String::from_utf8_lossy(&line.map_err(start)?));
    }
    Ok(child.wait().map_err(start)?.success())
}

/// The file name of the program that a line announces: `Running unittests src/lib.rs (target/debug/deps/x-0a1b)`.
fn started(line: &str) -> Option<&str> {
    let announced = line.trim_start().strip_prefix("Running ")?;
    let (_, program) = announced.strip_suffix(')')?.rsplit_once('(')?;
    program.rsplit(['/', '\\']).next()
}

/// The test that a line tells has passed.
fn passed(line: &str) -> Option<&str> {
    let test = line.strip_prefix("test ")?.strip_suffix(" ... ok")?;
    Some(test.strip_suffix(" - should panic").unwrap_or(test))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    #[test]
    fn lines_of_cargo_are_understood() {
        assert_eq!(
            started("     Running tests/a.rs (/x/target/debug/deps/a-9157d78db03dab38)"),
            Some("a-9157d78db03dab38")
        );
        assert_eq!(started("   Doc-tests copath"), None);
        assert_eq!(passed("test a::b ... ok"), Some("a::b"));
        assert_eq!(passed("test b - should panic ... ok"), Some("b"));
        assert_eq!(passed("test b ... FAILED"), None);
        assert_eq!(passed("test b ... ignored"), None);
    }

    #[test]
    fn programs_have_the_sources_beside_their_root() {
        assert!(has_source("crates/a/src/lib.rs", "crates/a/src/b/tests.rs"));
        assert!(has_source("crates/a/tests/b/main.rs", "crates/a/tests/b/c.rs"));
        assert!(has_source("crates/a/tests/b.rs", "crates/a/tests/b.rs"));
        assert!(!has_source("crates/a/tests/b.rs", "crates/a/tests/c.rs"));
        assert!(!has_source("crates/a/src/lib.rs", "crates/b/src/c.rs"));
    }

    #[test]
    fn what_a_program_prints_is_seen_in_order() {
        let mut seen = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", "echo a; echo b >&2; printf c; exit 3"]);
        assert!(!watch(&mut command, |line| seen.push(line.to_owned())).unwrap());
        assert_eq!(seen, ["a", "b", "c"]);
    }

    #[test]
    fn idle_tests_and_silent_rules_are_found() {
        let text = "use copath_testing::x;\n#[test]\nfn a() {\n    x(rule!(\"7.3-15\"));\n}\n// covers: 2-01\nfn b() {}\n";
        let coverage = Coverage::of(&[Source::new("crates/x/tests/y.rs", text)]);
        let mut recording = Recording::default();
        assert_eq!(recording.judge(&coverage).len(), 3);
        recording.tests.entry("crates/x/tests/y.rs".into()).or_default().insert("other".into());
        let [idle, silent] = &*recording.judge(&coverage) else { panic!("two findings") };
        assert!(idle.to_string().contains("`a` names rules"), "{idle}");
        assert!(silent.to_string().contains("expects rule 7.3-15"), "{silent}");
        recording.tests.entry("crates/x/tests/y.rs".into()).or_default().insert("m::a".into());
        recording.returned.insert(RuleId::parse("7.3-15").unwrap());
        assert!(recording.judge(&coverage).is_empty());
    }
}
