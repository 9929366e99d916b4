//! cargo-mutants, as it is called here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::Places;
use super::area::Part;
use super::record::{Mutant, Outcome, Record};
use crate::error::Error;
use crate::forward::succeeds;
use crate::workspace::Workspace;

/// The version that the records and the report are made with.
const VERSION: &str = "27.1.0";

/// How much longer than without a mutant tests may take, on a machine that does other things too.
const PATIENCE: u64 = 10;

/// And how long they may take in any case.
const LEAST: Duration = Duration::from_secs(60);

/// How the tool ends that has tried all mutants: all were noticed, some survived, some hung.
const LEARNED: [i32; 3] = [0, 2, 3];

/// The program, and where it works.
pub(super) struct Tool {
    program: PathBuf,
    copy: PathBuf,
    build: PathBuf,
    output: PathBuf,
}

#[derive(Deserialize)]
struct Outcomes {
    outcomes: Vec<OneOutcome>,
}

#[derive(Deserialize)]
struct OneOutcome {
    scenario: Scenario,
    summary: String,
    phase_results: Vec<Phase>,
}

#[derive(Deserialize)]
enum Scenario {
    Baseline,
    Mutant(Mutant),
}

#[derive(Deserialize)]
struct Phase {
    duration: f64,
}

impl Tool {
    /// The program of this version, from the path or from the target directory; installs it there if it is in neither.
    pub(super) fn find_or_install(workspace: &Workspace, places: &Places) -> Result<Option<Self>, Error> {
        let own = places.tools.join("bin").join("cargo-mutants");
        let found = [PathBuf::from("cargo-mutants"), own.clone()].into_iter().find(|one| is_wanted(one));
        let program = match found {
            Some(program) => program,
            None => {
                println!("installing cargo-mutants {VERSION} into {}", places.tools.display());
                let install = ["install", "cargo-mutants", "--version", VERSION, "--locked", "--root"];
                let mut cargo = workspace.command("cargo", &install);
                if !succeeds("cargo", cargo.arg(&places.tools))? {
                    return Ok(None);
                }
                own
            }
        };
        for directory in [&places.copy, &places.output] {
            fs::create_dir_all(directory)
                .map_err(|source| Error::File { path: directory.display().to_string(), source })?;
        }
        let Places { copy, build, output, .. } = places;
        Ok(Some(Self { program, copy: copy.clone(), build: build.clone(), output: output.clone() }))
    }

    /// The mutants of a part.
    pub(super) fn list(&self, part: &Part) -> Result<Vec<Mutant>, Error> {
        let mut command = self.command(&self.program);
        command.args(["mutants", "--no-config", "--list", "--json", "--package", part.package]);
        for source in part.sources {
            let pattern = if source.ends_with('/') { format!("{source}**") } else { (*source).to_owned() };
            command.args(["--file", &pattern]);
        }
        let name = self.program.display().to_string();
        let output = command.output().map_err(|source| Error::Start { program: name.clone(), source })?;
        if !output.status.success() {
            print!("{}", String::from_utf8_lossy(&output.stderr));
            return Err(Error::Failed { program: name, status: output.status });
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Builds and runs a part's tests as they are; how long they may take with a mutant, or nothing if they fail.
    pub(super) fn baseline(&self, part: &Part) -> Result<Option<Duration>, Error> {
        let test = |more: &[&str]| {
            let mut cargo = self.command(Path::new("cargo"));
            cargo.args(["test", "--quiet", "--profile", "mutants", "--package", part.package]);
            cargo.args(part.tests).args(part.more).args(more);
            succeeds("cargo", &mut cargo)
        };
        if !test(&["--no-run"])? {
            return Ok(None);
        }
        #[expect(clippy::disallowed_methods, reason = "a tool, which measures")]
        let start = Instant::now();
        if !test(&[])? {
            return Ok(None);
        }
        let whole = Duration::from_secs(start.elapsed().as_secs() + 1);
        Ok(Some(LEAST.max(whole.saturating_mul(u32::try_from(PATIENCE).unwrap_or(u32::MAX)))))
    }

    /// Tries mutants, and leaves what became of them in the tool's own output; `false` if the tool itself failed.
    pub(super) fn attempt(
        &self,
        package: &str,
        tests: &[&str],
        mutants: &[Mutant],
        patience: Duration,
    ) -> Result<bool, Error> {
        let mut command = self.command(&self.program);
        command.args(["mutants", "--no-config", "--in-place", "--baseline=skip", "--colors=never"]);
        command.args(["--annotations=none", "--profile=mutants", "--package", package]);
        command.arg("--timeout").arg(patience.as_secs().to_string()).arg("--output").arg(&self.output);
        for test in tests {
            command.arg(format!("--cargo-arg={test}"));
        }
        for mutant in mutants {
            command.args(["--file", &mutant.file]).arg("--re").arg(exactly(&mutant.name));
        }
        let start = |source| Error::Start { program: self.program.display().to_string(), source };
        let status = command.status().map_err(start)?;
        Ok(status.code().is_some_and(|code| LEARNED.contains(&code)))
    }

    /// Takes what the tool wrote last into the record, also if it was ended.
    pub(super) fn finished(&self, record: &mut Record) -> Result<(), Error> {
        let path = self.output.join("mutants.out").join("outcomes.json");
        let Ok(text) = fs::read_to_string(&path) else { return Ok(()) };
        for OneOutcome { scenario, summary, phase_results } in
            serde_json::from_str::<Outcomes>(&text)?.outcomes
        {
            let outcome = match summary.as_str() {
                "CaughtMutant" => Outcome::Noticed,
                "MissedMutant" => Outcome::Survived,
                "Timeout" => Outcome::Hung,
                "Unviable" => Outcome::Unviable,
                _ => Outcome::Untried,
            };
            if let Scenario::Mutant(mutant) = scenario {
                let seconds = phase_results.iter().map(|phase| phase.duration).sum();
                record.note(&mutant.name, outcome, seconds);
            }
        }
        fs::remove_file(&path).map_err(|source| Error::File { path: path.display().to_string(), source })
    }

    /// A program to be started in the copy.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.copy).env("CARGO_TARGET_DIR", &self.build).env("CARGO_INCREMENTAL", "1");
        command
    }
}

/// Whether a program is cargo-mutants of the version that is wanted.
fn is_wanted(program: &Path) -> bool {
    let version = Command::new(program).args(["mutants", "--version"]).output();
    version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim().ends_with(VERSION))
}

/// A regular expression that matches this name alone.
fn exactly(name: &str) -> String {
    let mut pattern = String::from("^");
    for letter in name.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(letter) {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('$');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_matched_literally() {
        assert_eq!(exactly("a/b.rs:1:2: replace < with <= in f"), r"^a/b\.rs:1:2: replace < with <= in f$");
        assert_eq!(exactly("-> [u8; 4]"), r"^\-> \[u8; 4\]$");
    }

    #[test]
    fn outcomes_are_read() {
        let text = r#"{"outcomes":[{"scenario":"Baseline","summary":"Success","phase_results":[]},
            {"scenario":{"Mutant":{"name":"n","package":"p","file":"f"}},"summary":"CaughtMutant",
            "log_path":"l","phase_results":[{"phase":"Build","duration":1.5}]}],"total_mutants":1}"#;
        let outcomes = serde_json::from_str::<Outcomes>(text).unwrap().outcomes;
        assert!(matches!(outcomes[0].scenario, Scenario::Baseline));
        assert!(matches!(&outcomes[1].scenario, Scenario::Mutant(mutant) if mutant.name == "n"));
    }
}
