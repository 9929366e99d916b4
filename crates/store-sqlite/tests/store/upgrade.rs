//! Stores of earlier versions.

use std::fs;
use std::path::Path;

use copath_records::{RecordKey, RecordKind, Store, StoreError};
use copath_store_sqlite::{Access, SCHEMA_VERSION, SqliteOptions, SqliteStore};
use rusqlite::{Connection, params};

use crate::files;

/// A store as version 1 wrote it.
fn version_one(path: &Path) -> Vec<(RecordKey, Vec<u8>)> {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode=WAL;
             BEGIN;
             CREATE TABLE records (name BLOB NOT NULL PRIMARY KEY, content BLOB NOT NULL) STRICT, WITHOUT ROWID;
             PRAGMA application_id=1131376737;
             PRAGMA user_version=1;
             COMMIT;",
        )
        .unwrap();
    let mut records = Vec::new();
    for n in 0..200_u32 {
        let key = RecordKey::new(RecordKind::RATCHET).push_bytes(b"group").push_u32(n);
        let content = vec![u8::try_from(n).unwrap(); usize::try_from(n * 13).unwrap()];
        let sql = "INSERT INTO records VALUES (?1, ?2)";
        connection.execute(sql, params![key.as_octets(), content]).unwrap();
        records.push((key, content));
    }
    connection.close().unwrap();
    records
}

fn content(store: &SqliteStore) -> Vec<(RecordKey, Vec<u8>)> {
    let found = store.scan(&RecordKey::new(RecordKind::RATCHET)).unwrap();
    found.into_iter().map(|(key, record)| (key, record.expose().to_vec())).collect()
}

#[test]
fn version_one_is_upgraded_with_all_records() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state");
    let records = version_one(&path);
    let before = files(directory.path());
    let reading = SqliteOptions::new().access(Access::ReadOnly).open(&path);
    assert_eq!(reading.map(drop), Err(StoreError::ReadOnly));
    assert!(files(directory.path())[0] == before[0]);
    for _ in 0..2 {
        let store = SqliteStore::open(&path).unwrap();
        assert_eq!(content(&store), records);
        store.verify().unwrap();
    }
    let connection = Connection::open(&path).unwrap();
    let version: u8 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, SCHEMA_VERSION);
}

/// There is room for half of the upgrade.
#[test]
fn upgrade_that_fails_leaves_version_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state");
    let records = version_one(&path);
    let before = fs::read(&path).unwrap();
    let pages = u32::try_from(before.len() / 4096).unwrap();
    let refused = SqliteOptions::new().max_pages(pages + 20).open(&path);
    assert_eq!(refused.map(drop), Err(StoreError::Full));
    assert!(fs::read(&path).unwrap() == before);
    assert_eq!(content(&SqliteStore::open(&path).unwrap()), records);
}
