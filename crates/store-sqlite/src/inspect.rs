//! What a file is, found out without a write, a lock or a file beside it.

use std::fmt::Write as _;
use std::path::Path;

use copath_records::StoreError;
use rusqlite::{Connection, OpenFlags};

use crate::create::beside;
use crate::error::{file_error, store_error};
use crate::schema;

/// Looks at the file alone, as if nobody could change it; what its log holds isn't seen yet.
///
/// # Errors
/// [`StoreError::Missing`], [`StoreError::Truncated`], [`StoreError::Foreign`], [`StoreError::NewerFormat`],
/// [`StoreError::Corrupt`] and those of the file system.
pub(crate) fn inspect(path: &Path, vfs: Option<&str>) -> Result<(), StoreError> {
    // Through a VFS the file isn't where std would look.
    let log = if vfs.is_none() { files(path)? } else { Log::Present };
    match read_header(path, vfs) {
        // The file may be in the middle of taking over its log; whoever reads both can tell.
        Err(StoreError::Corrupt | StoreError::Truncated) if log == Log::Present => Ok(()),
        other => other,
    }
}

/// Whether there is a write-ahead log that holds something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Log {
    Present,
    Empty,
}

fn files(path: &Path) -> Result<Log, StoreError> {
    let file = std::fs::metadata(path).map_err(file_error)?;
    if !file.is_file() {
        return Err(StoreError::Foreign);
    }
    // A store is complete before it has its name, so an empty file has lost what it held, or never was one.
    if file.len() == 0 {
        return Err(StoreError::Truncated);
    }
    let log = std::fs::metadata(beside(path, "-wal")).map_or(0, |log| log.len());
    Ok(if log == 0 { Log::Empty } else { Log::Present })
}

fn read_header(path: &Path, vfs: Option<&str>) -> Result<(), StoreError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let uri = immutable_uri(path)?;
    let connection = match vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(uri, flags, vfs),
        None => Connection::open_with_flags(uri, flags),
    };
    let connection = connection.map_err(store_error)?;
    schema::version(&connection).map(|_| ())
}

/// The file as a URI that tells SQLite to leave everything as it is.
fn immutable_uri(path: &Path) -> Result<String, StoreError> {
    let mut uri = String::from("file:");
    let path = path.to_str().ok_or(StoreError::Unavailable)?;
    if cfg!(windows) && path.contains(':') {
        uri.push('/');
    }
    for octet in path.bytes() {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                uri.push(char::from(octet))
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
            "file:/a%20b/c%3fd%23e%25.db?immutable=1"
        );
    }
}
