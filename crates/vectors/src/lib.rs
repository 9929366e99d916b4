//! Runners of the MLS working group's test vectors, and a generator of our own in the same formats.
//!
//! The formats are those of `test-vectors.md` in the working group's repository mls-implementations. A [`Kind`] is one
//! format; [`Kind::run`] runs a file of it on a backend and returns an [`Outcome`]: what passed, what the backend can't
//! run, what failed and why. How many cases a file has to hold is asserted: [`Official`] knows the working group's
//! files, [`Manifest`] our own, so that a truncated file fails. This crate names no backend.

mod error;
mod follower;
mod framing;
mod generate;
mod hex_bytes;
mod keys;
mod kind;
mod kinds;
mod manifest;
mod mismatch;
mod official;
mod outcome;
mod trees;

pub use error::Error;
pub use generate::Seeded;
pub use kind::Kind;
pub use manifest::{Manifest, ManifestEntry, sha256};
pub use mismatch::Mismatch;
pub use official::{OFFICIAL, Official};
pub use outcome::{Failure, Outcome, Skipped};

/// Reads a file of vectors.
///
/// # Errors
/// [`Error::File`].
pub fn read(path: &std::path::Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::File { path: path.display().to_string(), source })
}
