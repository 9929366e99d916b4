//! `cargo xtask conformance`: the conformance kit on every backend and on every pair of them.

use std::process::ExitCode;

use crate::error::Error;
use crate::forward::{Profile, run_example};
use crate::workspace::Workspace;

/// Builds the backends and runs the kit; fails if a case does.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode, Error> {
    run_example(workspace, "conformance", Profile::Release, &[])
}
