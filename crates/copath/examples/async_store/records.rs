//! Records in an asynchronous database, in slots that never move.

use std::path::Path;

use copath::{GroupId, MemoryStore, StateDelta, Store};
use copath_records::{Operation, Record, RecordKey, RecordKind};
use tokio_rusqlite::Connection;
use tokio_rusqlite::rusqlite::{self, OptionalExtension, TransactionBehavior, params};

use crate::Error;

/// Slots are appended, never deleted, and never change their length. What a name no longer leads to is zeros, and free.
const SCHEMA: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
    PRAGMA wal_autocheckpoint = 0;
    CREATE TABLE IF NOT EXISTS slots (slot INTEGER PRIMARY KEY, value BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS names (name BLOB PRIMARY KEY, slot INTEGER NOT NULL, size INTEGER NOT NULL,
        length INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS free (size INTEGER, slot INTEGER, PRIMARY KEY (size, slot)) WITHOUT ROWID;
    CREATE TRIGGER IF NOT EXISTS erase AFTER DELETE ON names BEGIN
        UPDATE slots SET value = zeroblob(old.size) WHERE slot = old.slot;
        INSERT INTO free VALUES (old.size, old.slot);
    END";

/// Records in an asynchronous database.
pub(crate) struct Records {
    connection: Connection,
    /// How many answers get lost on the way from the database, to show what happens then.
    pub(crate) answers_to_lose: u32,
}

impl Records {
    pub(crate) async fn open(path: &Path) -> Result<Self, Error> {
        let connection = Connection::open(path).await?;
        connection.call(|connection| connection.execute_batch(SCHEMA)).await?;
        Ok(Self { connection, answers_to_lose: 0 })
    }

    /// One batch, all or nothing, durable when it returns. If it fails, it may have taken place.
    pub(crate) async fn commit(&mut self, delta: StateDelta) -> Result<(), Error> {
        let work = move |connection: &mut rusqlite::Connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for operation in &delta {
                carry_out(&transaction, operation)?;
            }
            transaction.commit()?;
            // The batch is durable. What was overwritten leaves the log now, or with a later batch.
            let emptied =
                connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
            Ok::<_, rusqlite::Error>(matches!(emptied, Ok(0)))
        };
        let erased = self.connection.call(work).await?;
        if !erased {
            println!("the log still holds what was overwritten");
        }
        if let Some(left) = self.answers_to_lose.checked_sub(1) {
            self.answers_to_lose = left;
            return Err("the answer of the database got lost".into());
        }
        Ok(())
    }

    pub(crate) async fn load(&self, key: RecordKey) -> Result<Option<Record>, Error> {
        let work = move |connection: &mut rusqlite::Connection| load(connection, &key);
        Ok(self.connection.call(work).await?)
    }

    /// All records of one group, in memory.
    pub(crate) async fn group(&self, group_id: &GroupId) -> Result<MemoryStore, Error> {
        let prefixes: Vec<_> =
            RecordKind::ALL.iter().map(|kind| RecordKey::new(*kind).push_bytes(group_id)).collect();
        let work = move |connection: &mut rusqlite::Connection| {
            let mut found = Vec::new();
            let select = "SELECT name, substr(value, 1, length) FROM names JOIN slots USING (slot)
                WHERE name >= ?1 AND name < ?2";
            let mut select = connection.prepare(select)?;
            for prefix in prefixes {
                let range = params![prefix.as_octets(), prefix.prefix_end()];
                let rows = select.query_map(range, |row| Ok((row.get(0)?, row.get(1)?)))?;
                found.extend(rows.collect::<Result<Vec<(Vec<u8>, Vec<u8>)>, _>>()?);
            }
            Ok::<_, rusqlite::Error>(found)
        };
        let mut records = StateDelta::new();
        for (key, value) in self.connection.call(work).await? {
            records.put(RecordKey::from_octets(key).ok_or("a key that no record has")?, Record::from(value));
        }
        let memory = MemoryStore::new();
        memory.commit(&records)?;
        Ok(memory)
    }
}

fn load(connection: &rusqlite::Connection, key: &RecordKey) -> rusqlite::Result<Option<Record>> {
    let select = "SELECT substr(value, 1, length) FROM names JOIN slots USING (slot) WHERE name = ?1";
    let found = connection.query_row(select, [key.as_octets()], |row| row.get::<_, Vec<u8>>(0)).optional()?;
    Ok(found.map(Record::from))
}

fn carry_out(transaction: &rusqlite::Transaction<'_>, operation: &Operation) -> rusqlite::Result<()> {
    match operation {
        Operation::Put(key, record) => put(transaction, key, record)?,
        Operation::Delete(key) => {
            transaction.execute("DELETE FROM names WHERE name = ?1", [key.as_octets()])?;
        }
        Operation::DeletePrefix(prefix) => {
            let delete = "DELETE FROM names WHERE name >= ?1 AND name < ?2";
            transaction.execute(delete, params![prefix.as_octets(), prefix.prefix_end()])?;
        }
        // The engine and `User::commit` put these first in a batch; a store for any caller compares them before all else.
        Operation::Expect(key, expected) => {
            let found = load(transaction, key)?;
            if found.as_ref().map(Record::expose) != expected.as_ref().map(Record::expose) {
                return Err(rusqlite::Error::StatementChangedRows(0));
            }
        }
    }
    Ok(())
}

fn put(transaction: &rusqlite::Transaction<'_>, key: &RecordKey, record: &Record) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM names WHERE name = ?1", [key.as_octets()])?;
    let mut padded = Vec::with_capacity(record.len().next_power_of_two().max(64));
    padded.extend_from_slice(record.expose());
    padded.resize(padded.capacity(), 0);
    let padded = Record::from(padded); // wiped when it is dropped
    let number = |octets: &Record| u32::try_from(octets.len()).map_err(to_sql);
    let (size, length) = (number(&padded)?, number(record)?);
    let free = "SELECT slot FROM free WHERE size = ?1 LIMIT 1";
    let free: Option<i64> = transaction.query_row(free, [size], |row| row.get(0)).optional()?;
    let slot = match free {
        Some(slot) => {
            transaction.execute("DELETE FROM free WHERE size = ?1 AND slot = ?2", params![size, slot])?;
            let fill = "UPDATE slots SET value = ?2 WHERE slot = ?1";
            transaction.execute(fill, params![slot, padded.expose()])?;
            slot
        }
        None => {
            transaction.execute("INSERT INTO slots (value) VALUES (?1)", [padded.expose()])?;
            transaction.last_insert_rowid()
        }
    };
    let name = "INSERT INTO names VALUES (?1, ?2, ?3, ?4)";
    transaction.execute(name, params![key.as_octets(), slot, size, length])?;
    Ok(())
}

fn to_sql(error: std::num::TryFromIntError) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(error.into())
}

/// All records that ever were, and which of them are still in a file.
#[test]
fn what_was_replaced_or_deleted_is_in_no_file() -> Result<(), Error> {
    let directory = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let mut records = Records::open(&directory.path().join("records")).await?;
        let key = |n: u32| RecordKey::new(RecordKind::RATCHET).push_u32(n % 40);
        let value = |n: u32| format!("<{n:06}>").repeat(usize::try_from(4 + n % 90).unwrap_or(4));
        for n in 0..400 {
            let mut delta = StateDelta::new();
            delta.put(key(n), Record::copy_of(value(n).as_bytes())).delete(key(n.wrapping_mul(7)));
            records.commit(delta).await?;
        }
        let mut windows = std::collections::HashSet::new();
        for entry in std::fs::read_dir(directory.path())? {
            windows.extend(std::fs::read(entry?.path())?.windows(16).map(<[u8]>::to_vec));
        }
        let mut kept = 0;
        for n in 0..400 {
            let (there, expected) = (records.load(key(n)).await?, value(n));
            let is_kept = there.is_some_and(|record| record.expose() == expected.as_bytes());
            let marker = format!("<{n:06}>").repeat(2).into_bytes();
            assert_eq!(windows.contains(&marker), is_kept, "record {n}");
            kept += u32::from(is_kept);
        }
        assert!(kept > 10 && kept < 60);
        Ok(())
    })
}
