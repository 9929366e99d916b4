//! `cargo xtask conformance`: the conformance kit on every backend and on every pair of them.

use std::process::ExitCode;

use crate::error::Error;
use crate::workspace::Workspace;

/// Builds the backends and runs the kit; fails if a case does.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode, Error> {
    let arguments = ["run", "--quiet", "--release", "--package", "xtask", "--example", "conformance"];
    let status = workspace
        .command("cargo", &arguments)
        .status()
        .map_err(|source| Error::Start { program: "cargo".into(), source })?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
