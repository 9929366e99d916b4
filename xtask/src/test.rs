//! `cargo xtask test`: all tests of the workspace, with every backend.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::error::Error;
use crate::workspace::Workspace;

/// The directory of the official vectors; the tests of `copath-vectors` read it themselves.
const VECTORS: &str = "COPATH_VECTORS";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only the unit tests: no integration tests, no documentation tests.
    #[arg(long)]
    fast: bool,
}

/// Runs the tests; ends as they end.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode, Error> {
    let vectors = vectors()?;
    let notice = notice(vectors.as_deref(), arguments.fast);
    let mut command = workspace.command("cargo", cargo_arguments(arguments.fast));
    command.envs(vectors.iter().map(|directory| (VECTORS, directory)));
    println!("{notice}");
    let status = command.status().map_err(|source| Error::Start { program: "cargo".into(), source })?;
    println!("{notice}");
    Ok(match status.code().map(u8::try_from) {
        Some(Ok(code)) => ExitCode::from(code),
        _ => ExitCode::FAILURE,
    })
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

fn cargo_arguments(fast: bool) -> &'static [&'static str] {
    if fast {
        &["test", "--workspace", "--no-fail-fast", "--lib", "--bins"]
    } else {
        &["test", "--workspace", "--no-fail-fast"]
    }
}

/// What the run leaves out, and where its vectors are.
fn notice(vectors: Option<&Path>, fast: bool) -> String {
    let official = match vectors {
        Some(directory) => format!("official vectors: {}", directory.display()),
        None => format!("!!! {VECTORS} is not set: THE OFFICIAL VECTORS ARE NOT RUN"),
    };
    if fast { format!("!!! --fast: unit tests only\n{official}") } else { official }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_said() {
        assert!(notice(None, false).contains("NOT RUN"));
        assert_eq!(notice(Some(Path::new("a/b")), false), "official vectors: a/b");
        assert!(notice(Some(Path::new("a/b")), true).starts_with("!!! --fast"));
    }
}
