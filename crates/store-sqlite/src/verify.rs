//! Looking at every octet of a store.

use copath_records::{RecordKey, StoreError};
use rusqlite::Connection;

use crate::batch::read;
use crate::error::store_error;

/// Claims about the tables, each a query for what contradicts it.
const CLAIMS: [&str; 4] = [
    // Each name has a slot of its size.
    "SELECT count(*) FROM names LEFT JOIN slots USING (slot) WHERE length(content) IS NOT size",
    // Each free slot has its size and is all zeros.
    "SELECT count(*) FROM free LEFT JOIN slots USING (slot) WHERE content IS NOT zeroblob(size)",
    // No slot is used twice.
    "SELECT count(*) - count(DISTINCT slot) FROM (SELECT slot FROM names UNION ALL SELECT slot FROM free)",
    // Each slot is named or free.
    "SELECT count(*) FROM slots
     WHERE slot NOT IN (SELECT slot FROM names) AND slot NOT IN (SELECT slot FROM free)",
];

/// Checks SQLite's structures, our own, and the checksum of each record.
pub(crate) fn verify(connection: &Connection) -> Result<(), StoreError> {
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(store_error);
    let verdict: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(store_error)?;
    if verdict != "ok" {
        return Err(StoreError::Corrupt);
    }
    for contradictions in CLAIMS {
        if number(contradictions)? != 0 {
            return Err(StoreError::Corrupt);
        }
    }
    let sql = "SELECT name, content FROM names LEFT JOIN slots USING (slot)";
    let mut statement = connection.prepare(sql).map_err(store_error)?;
    let mut rows = statement.query([]).map_err(store_error)?;
    while let Some(row) = rows.next().map_err(store_error)? {
        let name = row.get(0).map_err(store_error)?;
        read(&RecordKey::from_octets(name).ok_or(StoreError::Corrupt)?, row, 1)?;
    }
    Ok(())
}
