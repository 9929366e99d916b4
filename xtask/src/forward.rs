//! Commands whose work is done by another program of the project, so that only whoever runs them builds what it needs.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use crate::error::Error;
use crate::workspace::Workspace;

/// What a program is told, unread here.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// Passed on; `--help` explains them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) arguments: Vec<OsString>,
}

/// How an example of xtask is built.
#[derive(Clone, Copy)]
pub(crate) enum Profile {
    /// As the tests are.
    Dev,
    /// As programs are that compute for long.
    Release,
}

/// Builds the example of that name and runs it in the workspace's directory.
pub(crate) fn run_example(
    workspace: &Workspace,
    example: &str,
    profile: Profile,
    arguments: &[OsString],
) -> Result<ExitCode, Error> {
    let mut cargo =
        workspace.command("cargo", &["run", "--quiet", "--package", "xtask", "--example", example]);
    if let Profile::Release = profile {
        cargo.arg("--release");
    }
    cargo.arg("--").args(arguments);
    Ok(exit_code(succeeds("cargo", &mut cargo)?))
}

/// Runs a program to its end; whether it succeeded.
pub(crate) fn succeeds(program: &str, command: &mut Command) -> Result<bool, Error> {
    let status = command.status().map_err(|source| Error::Start { program: program.into(), source })?;
    Ok(status.success())
}

/// What a shell is told.
pub(crate) fn exit_code(succeeded: bool) -> ExitCode {
    if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
