//! Why a command couldn't do its work (findings are no errors: they are what it is for).

use std::io;
use std::process::ExitStatus;

/// Why a command couldn't do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// A file couldn't be read or written.
    #[error("{path}: {source}")]
    File {
        /// Relative to the workspace.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// A program couldn't be started.
    #[error("can't start {program}: {source}")]
    Start {
        /// Its name.
        program: String,
        /// What the system says.
        source: io::Error,
    },
    /// A program that a command relies on failed.
    #[error("{program} failed: {status}")]
    Failed {
        /// Its name.
        program: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// What `cargo metadata` printed wasn't understood.
    #[error("cargo metadata: {0}")]
    Metadata(#[from] serde_json::Error),
}
