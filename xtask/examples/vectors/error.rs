//! Why vectors couldn't be run.

use std::io;

use copath_vectors::{Kind, Mismatch};

/// Why vectors couldn't be run (failed cases are no errors).
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file of vectors, or what it should hold.
    #[error(transparent)]
    Vectors(#[from] copath_vectors::Error),
    /// A file couldn't be written, or git not be started.
    #[error("{0}: {1}")]
    System(String, io::Error),
    /// The files couldn't be fetched.
    #[error("can't fetch the official vectors: {0}")]
    Fetch(String),
    /// A file isn't the one that the manifest names.
    #[error("{0} is not the file that test-vectors/official.sha256 names")]
    Changed(String),
    /// Vectors that were just made don't pass.
    #[error("case {1} of the new {0} vectors fails: {2}")]
    Wrong(Kind, usize, Mismatch),
    /// There is no backend of this name.
    #[error("there is no backend `{0}`")]
    UnknownBackend(String),
}
