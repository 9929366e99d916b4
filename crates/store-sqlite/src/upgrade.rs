//! Stores of earlier versions.

use copath_records::{Operation, Record, RecordKey, StateDelta, StoreError};
use rusqlite::{Connection, TransactionBehavior};

use crate::error::store_error;
use crate::{SCHEMA_VERSION, batch, schema};

/// Brings a store of an earlier version to the present one, in one transaction: a crash leaves the one or the other.
pub(crate) fn upgrade(connection: &mut Connection, version: u8) -> Result<(), StoreError> {
    if version >= SCHEMA_VERSION {
        return Ok(());
    }
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(store_error)?;
    if version < 2 {
        one_to_two(&transaction)?;
    }
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION).map_err(store_error)?;
    transaction.commit().map_err(store_error)
}

/// Version 1 had all records in one table, in which SQLite moves them about and leaves copies of deleted ones behind.
/// It was written during development only.
fn one_to_two(connection: &Connection) -> Result<(), StoreError> {
    schema::create_tables(connection).map_err(store_error)?;
    let mut delta = StateDelta::new();
    {
        let mut statement = connection.prepare("SELECT name, content FROM records").map_err(store_error)?;
        let mut rows = statement.query([]).map_err(store_error)?;
        while let Some(row) = rows.next().map_err(store_error)? {
            let name = row.get(0).map_err(store_error)?;
            let key = RecordKey::from_octets(name).ok_or(StoreError::Corrupt)?;
            let content = row.get_ref(1).map_err(store_error)?;
            let record = Record::copy_of(content.as_blob().map_err(|_| StoreError::Corrupt)?);
            delta.extend([Operation::Put(key, record)]);
        }
    }
    batch::run(connection, &delta)?;
    connection.execute_batch("DROP TABLE records").map_err(store_error)
}
