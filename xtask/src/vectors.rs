//! `cargo xtask vectors`: test vectors on every backend.
//!
//! The work is done by the example of the same name, so that only whoever runs vectors builds the backends.

use std::process::{Command, ExitCode};

use crate::error::Error;
use crate::forward::{Arguments, exit_code, succeeds};
use crate::workspace::Workspace;

/// Builds the backends and runs the vectors where the caller stands, so that its paths hold; fails if a case does.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode, Error> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["run", "--quiet", "--release", "--package", "xtask", "--example", "vectors"])
        .arg("--manifest-path")
        .arg(workspace.path("Cargo.toml"))
        .arg("--")
        .args(&arguments.arguments);
    Ok(exit_code(succeeds("cargo", &mut cargo)?))
}
