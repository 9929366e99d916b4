//! `cargo xtask crash`: a process that is killed again and again, with every promise checked after each start.

use std::process::ExitCode;

use crate::error::Error;
use crate::forward::{Arguments, Profile, run_example};
use crate::workspace::Workspace;

/// Builds the stores, in the profile of the tests, which have built them already, and kills; fails if a promise was
/// broken.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode, Error> {
    run_example(workspace, "crash", Profile::Dev, &arguments.arguments)
}
