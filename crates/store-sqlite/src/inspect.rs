//! What a file is, found out without a write, a lock or a file beside it.

use std::fmt::Write as _;
use std::path::Path;

use copath_records::StoreError;
use rusqlite::{Connection, OpenFlags};

use crate::create::beside;
use crate::error::{file_error, store_error};
use crate::schema;

/// Octets of a page.
const PAGE: u64 = 4096;

/// Looks at the file alone, as if nobody could change it; what its log holds isn't seen yet.
///
/// # Errors
/// [`StoreError::Missing`], [`StoreError::Truncated`], [`StoreError::Foreign`], [`StoreError::NewerFormat`],
/// [`StoreError::Corrupt`] and those of the file system.
pub(crate) fn inspect(path: &Path, vfs: Option<&str>) -> Result<(), StoreError> {
    // Through a VFS the file isn't where std would look.
    let (log, length) = if vfs.is_none() { files(path)? } else { (Log::Present, Length::Whole) };
    match read_tables(path, vfs, log) {
        Err(StoreError::Foreign) if vfs.is_none() && is_beginning(path) => Err(StoreError::Truncated),
        // The file may be in the middle of taking over its log; whoever reads both can tell.
        Err(StoreError::Truncated) if log == Log::Present => Ok(()),
        // SQLite takes a page that is cut off for one with zeros at its end.
        Ok(()) if log == Log::Empty && length == Length::CutOff => Err(StoreError::Truncated),
        other => other,
    }
}

/// Whether there is a write-ahead log that holds something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Log {
    Present,
    Empty,
}

/// Whether the file ends where a page ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    Whole,
    CutOff,
}

fn files(path: &Path) -> Result<(Log, Length), StoreError> {
    let file = std::fs::metadata(path).map_err(file_error)?;
    if !file.is_file() {
        return Err(StoreError::Foreign);
    }
    // A store is complete before it has its name, so an empty file has lost what it held, or never was one.
    if file.len() == 0 {
        return Err(StoreError::Truncated);
    }
    let log = std::fs::metadata(beside(path, "-wal")).map_or(0, |log| log.len());
    let length = if file.len().is_multiple_of(PAGE) { Length::Whole } else { Length::CutOff };
    Ok((if log == 0 { Log::Empty } else { Log::Present }, length))
}

fn read_tables(path: &Path, vfs: Option<&str>, log: Log) -> Result<(), StoreError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let uri = immutable_uri(path)?;
    let connection = match vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(uri, flags, vfs),
        None => Connection::open_with_flags(uri, flags),
    };
    let connection = connection.map_err(store_error)?;
    let version = schema::version(&connection).map_err(|error| match error {
        // All that SQLite compares so far is the file's length with the length in its header.
        StoreError::Corrupt => StoreError::Truncated,
        other => other,
    })?;
    match log {
        Log::Present => Ok(()),
        Log::Empty => schema::check(&connection, version),
    }
}

/// Whether the file is the beginning of a store's header, too short for SQLite to say so.
///
/// Nobody has a file of this length open as a store, so opening it here gives back no lock.
fn is_beginning(path: &Path) -> bool {
    const SHORTEST: usize = 512;
    let short = std::fs::metadata(path).is_ok_and(|file| file.len() < SHORTEST as u64);
    short
        && std::fs::read(path).is_ok_and(|octets| {
            octets.starts_with(b"SQLite format 3\0")
                && octets.get(68..72) == Some(&schema::APPLICATION_ID.to_be_bytes())
        })
}

/// The file as a URI that tells SQLite to leave everything as it is.
fn immutable_uri(path: &Path) -> Result<String, StoreError> {
    let path = path.as_os_str().as_encoded_bytes();
    let mut uri = String::from("file:");
    if path.starts_with(b"/") {
        // An empty authority, so that no part of the path is taken for one.
        uri.push_str("//");
    } else if cfg!(windows) && path.contains(&b':') {
        uri.push_str("///");
    }
    for octet in path {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                uri.push(char::from(*octet))
            }
            b'\\' if cfg!(windows) => uri.push('/'),
            b':' if cfg!(windows) => uri.push(':'),
            // Writing to a string doesn't fail.
            _ => write!(uri, "%{octet:02x}").map_err(|_| StoreError::Unavailable)?,
        }
    }
    uri.push_str("?immutable=1");
    Ok(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uri_quotes_what_has_a_meaning() {
        assert_eq!(
            immutable_uri(Path::new("/a b/c?d#e%.db")).unwrap(),
            "file:///a%20b/c%3fd%23e%25.db?immutable=1"
        );
        assert_eq!(immutable_uri(Path::new("a//b")).unwrap(), "file:a//b?immutable=1");
    }
}
