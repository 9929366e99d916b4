//! `cargo xtask test`: all tests of the workspace, with every backend.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::coverage::Coverage;
use crate::error::Error;
use crate::forward::{exit_code, succeeds};
use crate::recording::Recording;
use crate::source::Source;
use crate::tidy;
use crate::workspace::Workspace;

/// The directory of the official vectors; the tests of `copath-vectors` read it themselves.
const VECTORS: &str = "COPATH_VECTORS";

/// What cargo is asked for.
const ALL: [&str; 3] = ["test", "--workspace", "--no-fail-fast"];

/// The same for the unit tests.
const FAST: [&str; 5] = ["test", "--workspace", "--no-fail-fast", "--lib", "--bins"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only the unit tests: no integration tests, no documentation tests.
    #[arg(long)]
    fast: bool,
}

/// Runs the tests; fails if one does, or if one that names a rule of the RFC didn't run.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode, Error> {
    if arguments.fast {
        println!("!!! --fast: unit tests only");
        return Ok(exit_code(succeeds("cargo", &mut workspace.command("cargo", &FAST))?));
    }
    let recording = record(workspace)?;
    let verdict = tidy::report(&recording.judge(&Coverage::of(&Source::all(workspace)?)));
    println!("{}", recording.summary());
    Ok(if recording.passed { verdict } else { ExitCode::FAILURE })
}

/// Runs all tests, and says before and after which vectors they read.
pub(crate) fn record(workspace: &Workspace) -> Result<Recording, Error> {
    let vectors = vectors()?;
    let notice = notice(vectors.as_deref());
    println!("{notice}");
    let environment: Vec<_> = vectors.iter().map(|directory| (VECTORS, directory.as_path())).collect();
    let recording = Recording::of(workspace, &ALL, &environment)?;
    println!("{notice}");
    Ok(recording)
}

/// The directory of the official vectors, as a path that holds wherever a test runs.
fn vectors() -> Result<Option<PathBuf>, Error> {
    #[expect(clippy::disallowed_methods, reason = "a tool, which may read its environment")]
    let Ok(directory) = std::env::var(VECTORS) else { return Ok(None) };
    match fs::canonicalize(&directory) {
        Ok(path) => Ok(Some(path)),
        Err(source) => Err(Error::File { path: format!("{VECTORS}={directory}"), source }),
    }
}

/// What the run leaves out, or where its vectors are.
fn notice(vectors: Option<&Path>) -> String {
    match vectors {
        Some(directory) => format!("official vectors: {}", directory.display()),
        None => format!("!!! {VECTORS} is not set: THE OFFICIAL VECTORS ARE NOT RUN"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_said() {
        assert!(notice(None).contains("NOT RUN"));
        assert_eq!(notice(Some(Path::new("a/b"))), "official vectors: a/b");
    }
}
