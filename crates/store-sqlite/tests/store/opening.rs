//! Opening, closing, and files that can't be opened.

use std::time::Duration;

use copath_records::{Record, RecordKey, RecordKind, StateDelta, Store, StoreError};
use copath_store_sqlite::{Access, SqliteOptions, SqliteStore};

use crate::files;

fn key(n: u32) -> RecordKey {
    RecordKey::new(RecordKind::GROUP).push_u32(n)
}

fn put(n: u32, content: &[u8]) -> StateDelta {
    let mut delta = StateDelta::new();
    delta.put(key(n), Record::copy_of(content));
    delta
}

fn content(store: &SqliteStore, n: u32) -> Option<Vec<u8>> {
    store.load(&key(n)).unwrap().map(|record| record.expose().to_vec())
}

#[test]
fn what_was_committed_is_there_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state ü#?%.copath");
    let store = SqliteStore::open(&path).unwrap();
    store.commit(&put(1, b"one")).unwrap();
    store.close().unwrap();
    assert_eq!(files(directory.path()).len(), 1, "the log is gone, and so is the draft");
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(content(&store, 1).as_deref(), Some(&b"one"[..]));
    assert_eq!(store.count(), Ok(1));
}

#[test]
fn second_store_is_refused_or_waits() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state");
    let first = SqliteStore::open(&path).unwrap();
    first.commit(&put(1, b"one")).unwrap();
    assert_eq!(SqliteStore::open(&path).unwrap_err(), StoreError::Locked);
    let reading = SqliteOptions::new().access(Access::ReadOnly).open(&path);
    assert_eq!(reading.unwrap_err(), StoreError::Locked);
    first.commit(&put(2, b"two")).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| SqliteOptions::new().wait(Duration::from_secs(60)).open(&path).unwrap());
        std::thread::sleep(Duration::from_millis(100));
        drop(first);
        assert_eq!(waiting.join().unwrap().count(), Ok(2));
    });
}

#[test]
fn reading_changes_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state");
    drop(SqliteStore::open(&path).unwrap());
    let before = files(directory.path());
    let reader = SqliteOptions::new().access(Access::ReadOnly).open(&path).unwrap();
    assert_eq!(reader.commit(&put(1, b"one")), Err(StoreError::ReadOnly));
    assert_eq!(content(&reader, 1), None);
    reader.close().unwrap();
    assert_eq!(files(directory.path())[0], before[0]);
}
