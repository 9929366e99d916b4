//! `cargo xtask crash`: a process that is killed again and again, with every promise checked after each start.
//!
//! The work is done by the example of the same name, so that only whoever needs the stores builds them; in the profile
//! of the tests, which have built them already.

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

/// Builds the stores and kills; fails if a promise was broken.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode, Error> {
    let cargo = ["run", "--quiet", "--package", "xtask", "--example", "crash", "--"];
    let status = workspace
        .command("cargo", &cargo)
        .args(&arguments.arguments)
        .status()
        .map_err(|source| Error::Start { program: "cargo".into(), source })?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
