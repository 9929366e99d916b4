//! `cargo xtask vectors`: test vectors on every backend.
//!
//! The work is done by the example of the same name, so that only whoever runs vectors builds the backends.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use crate::error::Error;
use crate::workspace::Workspace;

#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// Passed on; `--help` explains them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Builds the backends and runs the vectors where the caller stands, so that its paths hold; fails if a case does.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode, Error> {
    let status = Command::new("cargo")
        .args(["run", "--quiet", "--release", "--package", "xtask", "--example", "vectors"])
        .arg("--manifest-path")
        .arg(workspace.path("Cargo.toml"))
        .arg("--")
        .args(&arguments.arguments)
        .status()
        .map_err(|source| Error::Start { program: "cargo".into(), source })?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
