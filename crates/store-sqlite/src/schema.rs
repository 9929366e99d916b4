//! Tables, and how to tell that they are ours.

use copath_records::StoreError;
use rusqlite::Connection;

use crate::error::store_error;

/// SQLite's `application_id` of our files: "Copa".
pub(crate) const APPLICATION_ID: i32 = 0x436f_7061;

/// The version of the tables that this library writes, kept as SQLite's `user_version`.
pub const SCHEMA_VERSION: u8 = 2;

/// A table: its name, and the statement that makes it, which SQLite keeps as it is.
type Table = (&'static str, &'static str);

/// The tables, by name.
///
/// Names lead to slots. Slots only ever grow in number and never change their size, so that SQLite has no reason to
/// move one to another page and leave a copy behind. A slot that holds nothing is all zeros and listed as free.
const TABLES: [Table; 3] = [
    (
        "free",
        "CREATE TABLE free (size INTEGER NOT NULL, slot INTEGER NOT NULL, PRIMARY KEY (size, slot)) \
         STRICT, WITHOUT ROWID",
    ),
    (
        "names",
        "CREATE TABLE names (name BLOB NOT NULL PRIMARY KEY, slot INTEGER NOT NULL, size INTEGER NOT NULL) \
         STRICT, WITHOUT ROWID",
    ),
    ("slots", "CREATE TABLE slots (slot INTEGER NOT NULL PRIMARY KEY, content BLOB NOT NULL) STRICT"),
];

/// The table of version 1.
const TABLES_1: [Table; 1] = [(
    "records",
    "CREATE TABLE records (name BLOB NOT NULL PRIMARY KEY, content BLOB NOT NULL) STRICT, WITHOUT ROWID",
)];

/// Writes the tables of the present version into an empty database.
pub(crate) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    create_tables(connection)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    connection.execute_batch("COMMIT")
}

/// Makes the tables of the present version; the caller holds a transaction.
pub(crate) fn create_tables(connection: &Connection) -> rusqlite::Result<()> {
    TABLES.iter().try_for_each(|(_, sql)| connection.execute_batch(sql))
}

/// Checks that the tables are those of this version, and that there is nothing else: no view or trigger in their place
/// is ever run.
///
/// # Errors
/// [`StoreError::Corrupt`] if they aren't.
pub(crate) fn check(connection: &Connection, version: u8) -> Result<(), StoreError> {
    let expected: &[Table] = if version == 1 { &TABLES_1 } else { &TABLES };
    let sql = "SELECT name, sql FROM sqlite_schema ORDER BY name";
    let mut statement = connection.prepare(sql).map_err(store_error)?;
    let mut rows = statement.query([]).map_err(store_error)?;
    let mut expected = expected.iter();
    while let Some(row) = rows.next().map_err(store_error)? {
        let found: (String, String) = (row.get(0).map_err(store_error)?, row.get(1).map_err(store_error)?);
        if expected.next().is_none_or(|(name, sql)| (*name, *sql) != (&*found.0, &*found.1)) {
            return Err(StoreError::Corrupt);
        }
    }
    if expected.next().is_none() { Ok(()) } else { Err(StoreError::Corrupt) }
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
