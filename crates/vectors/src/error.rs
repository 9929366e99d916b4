//! Why a file couldn't be run.

use std::io;

use copath_crypto::CryptoError;

use crate::Mismatch;

/// Why a file couldn't be run, or vectors not be made. Failed cases are no errors: they are in the outcome.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No format goes by this name.
    #[error("no kind of vectors is called `{0}`")]
    UnknownKind(String),
    /// No file of this name is expected in this directory.
    #[error("`{0}` is not one of the files expected here")]
    UnknownFile(String),
    /// The file isn't the one that the manifest lists.
    #[error("{0} is not the file that the manifest lists")]
    Changed(String),
    /// A file or directory couldn't be read.
    #[error("{path}: {source}")]
    File {
        /// Which one.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// The file isn't JSON of this format.
    #[error("malformed vectors: {0}")]
    Json(#[from] serde_json::Error),
    /// The file holds other cases than it should; it may be truncated.
    #[error("{file} holds {found} cases of suites {suites:?}, not {expected}")]
    Cases {
        /// Its name.
        file: String,
        /// How many cases it has.
        found: usize,
        /// Of which suites.
        suites: Vec<u16>,
        /// What it should have.
        expected: String,
    },
    /// The manifest isn't made of lines `file sha256 cases`.
    #[error("malformed manifest in line {0}")]
    Manifest(usize),
    /// The backend failed.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// Vectors couldn't be made.
    #[error("can't generate vectors: {0}")]
    Generate(Mismatch),
}
