//! A new store's file.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use copath_records::StoreError;
use rusqlite::{Connection, OpenFlags};

use crate::error::{file_error, store_error};
use crate::schema;

/// What a draft's name has after the store's, before the number of the process.
const DRAFT: &str = "-new-";

/// Creates an empty store at `path`, complete from the first moment that it has this name: it is written under
/// another name first. If somebody else creates one meanwhile, theirs stays.
pub(crate) fn create(path: &Path) -> Result<(), StoreError> {
    let draft = beside(path, &format!("{DRAFT}{}", std::process::id()));
    remove(&draft)?;
    let written = write(&draft).and_then(|()| publish(&draft, path));
    remove(&draft)?;
    written
}

/// Removes drafts of `path` that a crash left behind as second names of the same file. Whoever makes one at this moment
/// finds that there is a store already.
pub(crate) fn remove_drafts(path: &Path) {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else { return };
    if !has_second_name(path) {
        return;
    }
    let draft = [name.as_encoded_bytes(), DRAFT.as_bytes()].concat();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(&draft) {
            // What can't be removed now is removed another time.
            let _removed = remove(&entry.path()).is_ok();
        }
    }
}

#[cfg(unix)]
fn has_second_name(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).is_ok_and(|file| file.nlink() > 1)
}

#[cfg(not(unix))]
fn has_second_name(_path: &Path) -> bool {
    false
}

/// `path` with something added to its last part.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn write(draft: &Path) -> Result<(), StoreError> {
    create_private(draft).map_err(file_error)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(draft, flags).map_err(store_error)?;
    let pragmas =
        "PRAGMA page_size=4096; PRAGMA synchronous=EXTRA; PRAGMA fullfsync=ON; PRAGMA auto_vacuum=NONE;";
    connection.execute_batch(pragmas).map_err(store_error)?;
    schema::create(&connection).map_err(store_error)?;
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(store_error)?;
    connection.close().map_err(|(_, error)| store_error(error))?;
    if mode == "wal" { Ok(()) } else { Err(StoreError::Unavailable) }
}

/// An empty file that only its owner can read; SQLite gives its log the same permissions.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Gives the finished draft its name, unless there is such a file already.
fn publish(draft: &Path, path: &Path) -> Result<(), StoreError> {
    match fs::hard_link(draft, path) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        // Not every file system has links.
        Err(_) if !path.exists() => fs::rename(draft, path).map_err(file_error)?,
        Err(_) => {}
    }
    flush_directory(path)
}

/// Makes the name itself durable, where directories can be flushed.
fn flush_directory(path: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        let directory = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(file_error)?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(file_error(error)),
        _ => Ok(()),
    }
}
