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

#[test]
fn drafts_of_a_crash_are_removed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state");
    SqliteStore::open(&path).unwrap().close().unwrap();
    std::fs::hard_link(&path, directory.path().join("state-new-77")).unwrap();
    SqliteStore::open(&path).unwrap().close().unwrap();
    assert_eq!(files(directory.path()).len(), if cfg!(unix) { 1 } else { 2 });
}

#[test]
fn names_that_mean_something_to_sqlite_are_names_here() {
    let directory = tempfile::tempdir().unwrap();
    for name in [":memory:", "file:x?mode=memory"] {
        let path = directory.path().join(name);
        let store = SqliteStore::open(&path).unwrap();
        store.commit(&put(1, b"one")).unwrap();
        store.close().unwrap();
        assert_eq!(content(&SqliteStore::open(&path).unwrap(), 1).as_deref(), Some(&b"one"[..]));
    }
}

/// Many open the store that isn't there yet, each waiting for the others; each batch of each is there at the end.
#[test]
fn openers_take_turns() {
    const OPENERS: u32 = 6;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state");
    let waiting = SqliteOptions::new().wait(Duration::from_secs(120));
    std::thread::scope(|scope| {
        for opener in 0..OPENERS {
            let (waiting, path) = (&waiting, &path);
            scope.spawn(move || {
                for turn in 0..3 {
                    let store = waiting.open(path).unwrap();
                    store.commit(&put(opener * 10 + turn, b"turn")).unwrap();
                }
            });
        }
    });
    let store = SqliteStore::open(&path).unwrap();
    store.verify().unwrap();
    assert_eq!(store.count(), Ok(18));
}

/// The name of the variable by which this test tells the process that it starts what to open.
const HELD: &str = "COPATH_TEST_HELD_STORE";

#[test]
#[expect(clippy::disallowed_methods, reason = "the variable is this test's own")]
fn another_process_is_refused() {
    if let Ok(path) = std::env::var(HELD) {
        // In the other process: what it finds is its exit code.
        let found = SqliteStore::open(path).map(|store| store.count());
        std::process::exit(match found {
            Err(StoreError::Locked) => 41,
            Ok(Ok(1)) => 42,
            _ => 43,
        });
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state");
    let other = || {
        let mut other = std::process::Command::new(std::env::current_exe().unwrap());
        other.args(["--exact", "opening::another_process_is_refused"]).env(HELD, &path);
        other.stdout(std::process::Stdio::null()).status().unwrap().code()
    };
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(other(), Some(41));
    store.commit(&put(1, b"one")).unwrap();
    // Looking at the file from this process gives no lock away.
    assert_eq!(SqliteStore::open(&path).unwrap_err(), StoreError::Locked);
    assert_eq!(other(), Some(41));
    drop(store);
    assert_eq!(other(), Some(42));
}
