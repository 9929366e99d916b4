//! `cargo xtask bench`: Copath, OpenMLS and mls-rs side by side, at every size.

use std::process::ExitCode;

use crate::error::Error;
use crate::forward::{Arguments, exit_code, succeeds};
use crate::workspace::Workspace;

/// A workspace of its own, so that the peers never enter the library's lock file.
const MANIFEST: &str = "crates/bench/Cargo.toml";

/// Builds the peers, measures, and writes docs/benchmarks.md and its plots.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode, Error> {
    // Both programs: the one that measures starts the one that counts.
    let build = ["build", "--quiet", "--release", "--locked", "--manifest-path", MANIFEST, "--bins"];
    if !succeeds("cargo", &mut workspace.command("cargo", &build))? {
        return Ok(ExitCode::FAILURE);
    }
    let run = [
        "run",
        "--quiet",
        "--release",
        "--locked",
        "--manifest-path",
        MANIFEST,
        "--bin",
        "copath-bench",
        "--",
    ];
    let measured = succeeds("cargo", workspace.command("cargo", &run).args(&arguments.arguments))?;
    Ok(exit_code(measured))
}
