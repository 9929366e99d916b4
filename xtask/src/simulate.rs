//! `cargo xtask simulate`: clients on an unreliable network, with every promise checked after each step.
//!
//! The work is done by the example of the same name, so that only whoever simulates builds the backends.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::error::Error;
use crate::workspace::Workspace;

#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// Passed on; `--help` explains them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Builds the backends and simulates; fails if a promise was broken.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode, Error> {
    let cargo = ["run", "--quiet", "--release", "--package", "xtask", "--example", "simulate", "--"];
    let status = workspace
        .command("cargo", &cargo)
        .args(&arguments.arguments)
        .status()
        .map_err(|source| Error::Start { program: "cargo".into(), source })?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
