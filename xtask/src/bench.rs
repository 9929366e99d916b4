//! `cargo xtask bench`: Copath, OpenMLS and mls-rs side by side, at every size.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::error::Error;
use crate::workspace::Workspace;

/// A workspace of its own, so that the peers never enter the library's lock file.
const MANIFEST: &str = "crates/bench/Cargo.toml";

#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// Passed on; `--help` explains them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Builds the peers, measures, and writes docs/benchmarks.md and its plots.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode, Error> {
    // Both programs: the one that measures starts the one that counts.
    let build = ["build", "--quiet", "--release", "--locked", "--manifest-path", MANIFEST, "--bins"];
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
    for (cargo, arguments) in [(&build[..], &[][..]), (&run[..], &arguments.arguments[..])] {
        let status = workspace
            .command("cargo", cargo)
            .args(arguments)
            .status()
            .map_err(|source| Error::Start { program: "cargo".into(), source })?;
        if !status.success() {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}
