//! The SQLite store as an adopter sees it.
#![expect(clippy::unwrap_used, reason = "a failure in here is a failed test")]

mod bad_input;
mod conformance;
mod leftovers;
mod opening;
mod upgrade;

use std::fs;
use std::path::Path;

/// The files of a directory, with what is in them.
fn files(directory: &Path) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file());
    let mut files: Vec<_> =
        entries.map(|entry| (entry.file_name(), fs::read(entry.path()).unwrap())).collect();
    files.sort();
    files
}
