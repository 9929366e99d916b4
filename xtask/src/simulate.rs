//! `cargo xtask simulate`: clients on an unreliable network, with every promise checked after each step.

use std::process::ExitCode;

use crate::error::Error;
use crate::forward::{Arguments, Profile, run_example};
use crate::workspace::Workspace;

/// Builds the backends and simulates; fails if a promise was broken.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode, Error> {
    run_example(workspace, "simulate", Profile::Release, &arguments.arguments)
}
