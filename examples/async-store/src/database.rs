//! Records in an asynchronous database: what `copath_records::Store` is for synchronous ones.

use std::path::Path;

use copath_messages::GroupId;
use copath_records::{
    MemoryStore, Operation, Record, RecordKey, RecordKind, StateDelta, Store as _, StoreError,
};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous};
use sqlx::{Row as _, SqliteConnection};

use crate::Fallible;

/// A table of records. Any database will do that has transactions and keys in order.
pub struct Database {
    pool: SqlitePool,
}

impl Database {
    /// Opens the database; batches are durable when they have returned, and deleted secrets are overwritten.
    pub async fn open(path: &Path) -> Fallible<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("secure_delete", "ON");
        let pool = SqlitePool::connect_with(options).await?;
        let table =
            "CREATE TABLE IF NOT EXISTS records (name BLOB PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID";
        sqlx::query(table).execute(&pool).await?;
        Ok(Self { pool })
    }

    /// Carries out all operations in their order, or none of them.
    pub async fn commit(&self, delta: &StateDelta) -> Fallible<()> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for operation in delta {
            if let Operation::Expect(key, expected) = operation {
                let found = load(&mut transaction, key).await?;
                if found.as_ref().map(Record::expose) != expected.as_ref().map(Record::expose) {
                    return Err(StoreError::Conflict.into());
                }
            }
        }
        for operation in delta {
            carry_out(&mut transaction, operation).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// The record under `key`.
    pub async fn load(&self, key: &RecordKey) -> Fallible<Option<Record>> {
        load(&mut *self.pool.acquire().await?, key).await
    }

    /// All records of a group, in memory: what the engine loads it from.
    pub async fn group_records(&self, id: &GroupId) -> Fallible<MemoryStore> {
        let mut all = StateDelta::new();
        for kind in RecordKind::ALL {
            let prefix = RecordKey::new(*kind).push_bytes(id.as_slice());
            let query = sqlx::query("SELECT name, content FROM records WHERE name >= ?1 AND name < ?2");
            let rows = query.bind(prefix.as_octets()).bind(prefix.prefix_end()).fetch_all(&self.pool).await?;
            for row in rows {
                let key = RecordKey::from_octets(row.try_get(0)?).ok_or(StoreError::Corrupt)?;
                all.put(key, Record::from(row.try_get::<Vec<u8>, _>(1)?));
            }
        }
        let records = MemoryStore::new();
        records.commit(&all)?;
        Ok(records)
    }
}

async fn load(connection: &mut SqliteConnection, key: &RecordKey) -> Fallible<Option<Record>> {
    let query = sqlx::query("SELECT content FROM records WHERE name = ?1").bind(key.as_octets());
    let row = query.fetch_optional(connection).await?;
    Ok(row.map(|row| row.try_get::<Vec<u8>, _>(0).map(Record::from)).transpose()?)
}

async fn carry_out(connection: &mut SqliteConnection, operation: &Operation) -> Fallible<()> {
    let query = match operation {
        Operation::Expect(..) => return Ok(()),
        Operation::Put(key, record) => sqlx::query("INSERT OR REPLACE INTO records VALUES (?1, ?2)")
            .bind(key.as_octets().to_vec())
            .bind(record.expose()),
        Operation::Delete(key) => {
            sqlx::query("DELETE FROM records WHERE name = ?1").bind(key.as_octets().to_vec())
        }
        Operation::DeletePrefix(prefix) => sqlx::query("DELETE FROM records WHERE name >= ?1 AND name < ?2")
            .bind(prefix.as_octets().to_vec())
            .bind(prefix.prefix_end()),
    };
    query.execute(connection).await?;
    Ok(())
}
