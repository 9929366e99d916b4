//! `cargo xtask interop`: Copath, OpenMLS and mls-rs in shared groups.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::error::Error;
use crate::workspace::Workspace;

/// A workspace of its own, so that the peers never enter the library's lock file.
const MANIFEST: &str = "crates/interop/Cargo.toml";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What `copath-interop` is told: --suite, --only, --cast, --walks, --seed, --steps, --markdown.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Builds the peers and plays all scenarios; fails if a peer refuses or members disagree.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode, Error> {
    let cargo = ["run", "--quiet", "--locked", "--manifest-path", MANIFEST, "--"];
    let status = workspace
        .command("cargo", &cargo)
        .args(&arguments.arguments)
        .status()
        .map_err(|source| Error::Start { program: "cargo".into(), source })?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
