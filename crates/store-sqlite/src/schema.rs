//! Tables, and how to tell that they are ours.

use copath_records::StoreError;
use rusqlite::Connection;

use crate::error::store_error;

/// SQLite's `application_id` of our files: "Copa".
pub(crate) const APPLICATION_ID: i32 = 0x436f_7061;

/// The version of the tables that this library writes, kept as SQLite's `user_version`.
pub const SCHEMA_VERSION: u8 = 2;

/// Names lead to slots. Slots only ever grow in number and never change their size, so that SQLite has no reason to
/// move one to another page and leave a copy behind. A slot that holds nothing is all zeros and listed as free.
pub(crate) const TABLES: &str = "
    CREATE TABLE names (name BLOB NOT NULL PRIMARY KEY, slot INTEGER NOT NULL, size INTEGER NOT NULL)
        STRICT, WITHOUT ROWID;
    CREATE TABLE slots (slot INTEGER NOT NULL PRIMARY KEY, content BLOB NOT NULL) STRICT;
    CREATE TABLE free (size INTEGER NOT NULL, slot INTEGER NOT NULL, PRIMARY KEY (size, slot))
        STRICT, WITHOUT ROWID;
";

/// Writes the tables of the present version into an empty database.
pub(crate) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; {TABLES} PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={SCHEMA_VERSION}; COMMIT;"
    ))
}

/// The version of the tables.
///
/// # Errors
/// [`StoreError::Foreign`] for another program's file, [`StoreError::NewerFormat`] for a version not known yet.
pub(crate) fn version(connection: &Connection) -> Result<u8, StoreError> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let application = number("application_id").map_err(store_error)?;
    let version = number("user_version").map_err(store_error)?;
    if application != APPLICATION_ID || version <= 0 {
        return Err(StoreError::Foreign);
    }
    let found = u8::try_from(version).unwrap_or(u8::MAX);
    if found > SCHEMA_VERSION {
        return Err(StoreError::NewerFormat { found, known: SCHEMA_VERSION });
    }
    Ok(found)
}
