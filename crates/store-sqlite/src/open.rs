//! Opening: look first, take the file, then write.

use core::time::Duration;
use std::path::{Path, absolute};
use std::sync::Mutex;

use copath_records::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::create::{create, remove_drafts};
use crate::erasure::empty_log;
use crate::error::{file_error, store_error};
use crate::inspect::inspect;
use crate::upgrade::upgrade;
use crate::waiting::{Patience, Waiting};
use crate::{Access, SCHEMA_VERSION, SqliteOptions, SqliteStore, schema};

/// Statements kept prepared: all that there are.
const STATEMENTS: usize = 32;

/// One opening at a time in this process: closing a file gives back the locks that the process holds on it, so
/// nobody may look at a file while another thread takes it.
static OPENING: Mutex<()> = Mutex::new(());

pub(crate) fn open(path: &Path, options: &SqliteOptions) -> Result<SqliteStore, StoreError> {
    // SQLite gives a meaning to some relative names.
    let path = if options.vfs.is_none() { &absolute(path).map_err(file_error)? } else { path };
    let mut waiting = Waiting::new(options.wait);
    loop {
        match attempt(path, options) {
            Err(error) if waiting.goes_on_after(error) == Patience::Kept => {}
            result => return result,
        }
    }
}

fn attempt(path: &Path, options: &SqliteOptions) -> Result<SqliteStore, StoreError> {
    let guard = OPENING.lock().map_err(|_| StoreError::Unavailable)?;
    match inspect(path, options.vfs.as_deref()) {
        Err(StoreError::Missing) if options.access == Access::ReadWriteCreate && options.vfs.is_none() => {
            create(path)?;
        }
        other => other?,
    }
    let mut connection = connect(path, options)?;
    drop(guard);
    let unerased = take(&mut connection, options)?;
    if options.access != Access::ReadOnly && options.vfs.is_none() {
        remove_drafts(path);
    }
    Ok(SqliteStore::new(connection, unerased, options))
}

fn connect(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match &options.vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs.as_str()),
        None => Connection::open_with_flags(path, flags),
    };
    let connection = connection.map_err(store_error)?;
    let writable = !connection.is_readonly("main").map_err(store_error)?;
    if writable { Ok(connection) } else { Err(StoreError::ReadOnly) }
}

/// Takes the file for this connection alone, reads its log, and checks it again; until then nothing is written,
/// not even when the connection is closed. Returns why the log couldn't be emptied, if so.
fn take(connection: &mut Connection, options: &SqliteOptions) -> Result<Option<StoreError>, StoreError> {
    connection.busy_timeout(Duration::ZERO).map_err(store_error)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    configure(connection).map_err(store_error)?;
    let version = schema::version(connection)?;
    schema::check(connection, version)?;
    let mode: String =
        connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).map_err(store_error)?;
    if mode != "wal" {
        return Err(StoreError::Foreign);
    }
    if options.access == Access::ReadOnly {
        if version < SCHEMA_VERSION {
            return Err(StoreError::ReadOnly);
        }
        connection.pragma_update(None, "query_only", true).map_err(store_error)?;
        return Ok(None);
    }
    if let Some(pages) = options.max_pages {
        connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).map_err(store_error)?;
    }
    upgrade(connection, version)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map_err(store_error)?;
    // What a killed process left in the log is erased from it; if there is no room for that now, a later batch does.
    match empty_log(connection) {
        Err(StoreError::Full) => Ok(Some(StoreError::Full)),
        other => other.map(|()| None),
    }
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.execute_batch(
        "PRAGMA locking_mode=EXCLUSIVE;
         PRAGMA synchronous=FULL;
         PRAGMA fullfsync=ON;
         PRAGMA checkpoint_fullfsync=ON;
         PRAGMA secure_delete=ON;
         PRAGMA temp_store=MEMORY;
         PRAGMA cache_spill=OFF;
         PRAGMA mmap_size=0;
         PRAGMA cell_size_check=ON;
         PRAGMA wal_autocheckpoint=0;",
    )
}
