//! Files that aren't stores, or not any more: each has its error, and stays as it was.

use std::fs;
use std::path::{Path, PathBuf};

use copath_records::{Record, RecordKey, RecordKind, StateDelta, Store, StoreError};
use copath_store_sqlite::{Access, SqliteOptions, SqliteStore};
use rusqlite::Connection;

use crate::files;

fn key(n: u32) -> RecordKey {
    RecordKey::new(RecordKind::TREE_PAGE).push_u32(n)
}

fn put(n: u32, length: usize) -> StateDelta {
    let mut delta = StateDelta::new();
    delta.put(key(n), Record::from(vec![u8::try_from(n % 256).unwrap(); length]));
    delta
}

/// A store of some pages, closed.
fn store_in(directory: &Path) -> PathBuf {
    let path = directory.join("state");
    let store = SqliteStore::open(&path).unwrap();
    for n in 0..60 {
        store.commit(&put(n, 700)).unwrap();
    }
    store.close().unwrap();
    path
}

/// Opens what can't be opened, for each kind of access.
fn assert_refused(path: &Path, expected: StoreError) {
    let directory = path.parent().unwrap();
    let before = files(directory);
    for access in [Access::ReadWriteCreate, Access::ReadWrite, Access::ReadOnly] {
        let refused = SqliteOptions::new().access(access).open(path);
        assert_eq!(refused.map(drop), Err(expected), "{access:?}");
        assert!(files(directory) == before, "the files have changed");
    }
}

#[test]
fn missing_store_is_created_only_if_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state");
    for access in [Access::ReadWrite, Access::ReadOnly] {
        let refused = SqliteOptions::new().access(access).open(&path);
        assert_eq!(refused.map(drop), Err(StoreError::Missing));
    }
    assert_eq!(files(directory.path()), []);
    let nowhere = SqliteStore::open(directory.path().join("no directory").join("state"));
    assert_eq!(nowhere.map(drop), Err(StoreError::Missing));
}

#[test]
fn foreign_files_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    for octets in [&b"x"[..], &[0; 4096], &[0xff; 10_000], b"SQLite format 3\0"] {
        fs::write(&path, octets).unwrap();
        assert_refused(&path, StoreError::Foreign);
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let refused = SqliteStore::open(&path);
    assert_eq!(refused.map(drop), Err(StoreError::Foreign));
}

#[test]
fn databases_of_others_are_refused() {
    for pragmas in ["", "PRAGMA application_id=77; PRAGMA user_version=1;", "PRAGMA journal_mode=WAL;"] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("theirs");
        let theirs = Connection::open(&path).unwrap();
        theirs.execute_batch(&format!("{pragmas} CREATE TABLE t (a); INSERT INTO t VALUES (1);")).unwrap();
        // With what they have in memory and in their log, while they have it open.
        assert_refused(&path, StoreError::Foreign);
        theirs.execute_batch("INSERT INTO t VALUES (2);").unwrap();
        drop(theirs);
        assert_refused(&path, StoreError::Foreign);
    }
}

#[test]
fn newer_store_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = store_in(directory.path());
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version=3").unwrap();
    assert_refused(&path, StoreError::NewerFormat { found: 3, known: 2 });
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version=3000").unwrap();
    assert_refused(&path, StoreError::NewerFormat { found: 255, known: 2 });
}

/// With the mark of a store, and tables that aren't.
#[test]
fn forged_tables_are_refused() {
    for forgery in [
        "DROP TABLE free",
        "CREATE TABLE more (a)",
        "CREATE TRIGGER t AFTER UPDATE ON slots BEGIN DELETE FROM names; END",
        "DROP TABLE free; CREATE VIEW free AS SELECT 0 AS size, 0 AS slot",
        "DROP TABLE free; CREATE TABLE free (size INTEGER, slot INTEGER)",
        "CREATE INDEX i ON slots (content)",
        "DROP TABLE free; DROP TABLE names; DROP TABLE slots",
        "PRAGMA user_version=1",
    ] {
        let directory = tempfile::tempdir().unwrap();
        let path = store_in(directory.path());
        Connection::open(&path).unwrap().execute_batch(forgery).unwrap();
        assert_refused(&path, StoreError::Corrupt);
    }
}

/// The newer version is in the log alone, as after a crash of the newer library.
#[test]
fn newer_store_that_was_not_closed_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = store_in(directory.path());
    let newer = Connection::open(&path).unwrap();
    newer.execute_batch("PRAGMA user_version=3").unwrap();
    let crashed = directory.path().join("crashed");
    fs::create_dir(&crashed).unwrap();
    fs::copy(&path, crashed.join("state")).unwrap();
    fs::copy(directory.path().join("state-wal"), crashed.join("state-wal")).unwrap();
    assert_refused(&crashed.join("state"), StoreError::NewerFormat { found: 3, known: 2 });
}

#[test]
fn truncated_store_is_refused_at_any_length() {
    let directory = tempfile::tempdir().unwrap();
    let path = store_in(directory.path());
    let whole = fs::read(&path).unwrap();
    assert!(whole.len() > 40_000);
    for length in [0, 100, 4095, 4096, 4097, 8192, 20_000, whole.len() - 4096, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        assert_refused(&path, StoreError::Truncated);
    }
}

/// One octet changed, anywhere: the store says so, or shows what it held; it never shows anything else.
#[test]
fn damage_is_never_taken_for_content() {
    let directory = tempfile::tempdir().unwrap();
    let path = store_in(directory.path());
    let whole = fs::read(&path).unwrap();
    let (mut refused, mut verified) = (0, 0);
    for at in (0..whole.len()).step_by(61) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        fs::write(&path, &damaged).unwrap();
        drop(fs::remove_file(directory.path().join("state-wal")));
        match SqliteOptions::new().access(Access::ReadOnly).open(&path) {
            Err(error) => {
                refused += 1;
                assert_eq!(files(directory.path()).len(), 1, "octet {at}");
                let known = [StoreError::Foreign, StoreError::Corrupt, StoreError::Truncated];
                assert!(
                    known.contains(&error) || matches!(error, StoreError::NewerFormat { .. }),
                    "{error:?}"
                );
            }
            Ok(store) => {
                let sound = store.verify();
                verified += usize::from(sound.is_err());
                for n in 0..60 {
                    match store.load(&key(n)) {
                        Ok(Some(record)) => assert_eq!(record.expose(), [u8::try_from(n).unwrap(); 700]),
                        // A name that is damaged hides its record; looking at everything finds it.
                        Ok(None) => assert_eq!(sound, Err(StoreError::Corrupt), "octet {at}"),
                        Err(error) => assert_eq!(error, StoreError::Corrupt),
                    }
                }
            }
        }
        assert!(fs::read(&path).unwrap() == damaged, "octet {at}");
    }
    assert!(refused > 0 && verified > 700, "{refused} {verified}");
}

/// Tables of the right form whose rows don't fit each other: no batch is built on them.
#[test]
fn rows_that_are_lost_or_of_another_size_are_noticed_by_a_batch() {
    let mut delete = StateDelta::new();
    delete.delete(key(7));
    let mut delete_all = StateDelta::new();
    delete_all.delete_prefix(RecordKey::new(RecordKind::TREE_PAGE));
    let same_size = put(7, 700);
    let slot = "(SELECT slot FROM names ORDER BY name LIMIT 1 OFFSET 7)";
    for forgery in [
        format!("DELETE FROM slots WHERE slot = {slot}"),
        format!("UPDATE slots SET content = zeroblob(17) WHERE slot = {slot}"),
        format!("UPDATE names SET slot = 1000000 WHERE slot = {slot}"),
    ] {
        for batch in [&delete, &delete_all, &same_size] {
            let directory = tempfile::tempdir().unwrap();
            let path = store_in(directory.path());
            Connection::open(&path).unwrap().execute_batch(&forgery).unwrap();
            let store = SqliteStore::open(&path).unwrap();
            assert_eq!(store.commit(batch), Err(StoreError::Corrupt), "{forgery}");
            assert_eq!(store.count(), Ok(60), "nothing has changed");
            assert_eq!(store.load(&key(8)).unwrap().unwrap().expose(), [8; 700]);
        }
    }
    // A free slot that isn't one, or is of another size.
    for forgery in ["INSERT INTO free VALUES (704, 1000000)", "INSERT INTO free VALUES (32, 1)"] {
        let directory = tempfile::tempdir().unwrap();
        let path = store_in(directory.path());
        Connection::open(&path).unwrap().execute_batch(forgery).unwrap();
        let store = SqliteStore::open(&path).unwrap();
        let size = if forgery.contains("704") { 690 } else { 10 };
        assert_eq!(store.commit(&put(100, size)), Err(StoreError::Corrupt), "{forgery}");
        assert_eq!(store.count(), Ok(60));
    }
}

#[test]
fn full_store_takes_nothing_and_goes_on_when_there_is_room() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state");
    let store = SqliteOptions::new().max_pages(40).open(&path).unwrap();
    let mut held = 0;
    let error = loop {
        match store.commit(&put(held, 5000)) {
            Ok(()) => held += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error, StoreError::Full);
    assert!(held > 10);
    let mut half = StateDelta::new();
    half.put(key(0), Record::copy_of(b"changed")).put(key(100), Record::from(vec![1; 100_000]));
    assert_eq!(store.commit(&half), Err(StoreError::Full));
    assert_eq!(store.load(&key(0)).unwrap().unwrap().expose(), [0; 5000]);
    assert_eq!(store.count(), Ok(usize::try_from(held).unwrap()));
    let mut smaller = StateDelta::new();
    smaller.delete(key(0)).delete(key(1));
    store.commit(&smaller).unwrap();
    store.commit(&put(200, 5000)).unwrap();
    store.close().unwrap();
    let store = SqliteOptions::new().max_pages(400).open(&path).unwrap();
    store.commit(&half).unwrap();
    store.verify().unwrap();
}

/// Deleting needs a list of what is free, and has room for it: from what is deleted.
#[test]
fn full_store_is_emptied_again() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteOptions::new().max_pages(60).open(directory.path().join("state")).unwrap();
    let batch = |n: u32| {
        let mut delta = StateDelta::new();
        for n in n * 25..(n + 1) * 25 {
            delta.merge(put(n, 20));
        }
        delta
    };
    let fill = || (0..).take_while(|n| store.commit(&batch(*n)).is_ok()).count();
    let held = fill();
    assert!(held > 40, "{held}");
    assert_eq!(store.commit(&batch(1_000_000)), Err(StoreError::Full));
    let mut delete = StateDelta::new();
    delete.delete_prefix(RecordKey::new(RecordKind::TREE_PAGE));
    store.commit(&delete).unwrap();
    assert_eq!(store.count(), Ok(0));
    let again = fill();
    assert!(again >= held * 3 / 4, "most of it is used again: {again} of {held}");
    store.verify().unwrap();
}

#[cfg(unix)]
mod permissions {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn files_are_their_owners_alone() {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(directory.path().join("state")).unwrap();
        store.commit(&put(1, 10)).unwrap();
        let mut seen = 0;
        for entry in fs::read_dir(directory.path()).unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            seen += 1;
        }
        assert_eq!(seen, 2, "the database and its log");
    }
}
