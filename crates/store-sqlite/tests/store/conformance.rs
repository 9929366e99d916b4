//! The kit for stores, and thousands of groups' worth of records.

use copath_records::{Record, RecordKey, RecordKind, StateDelta, Store, conformance};
use copath_store_sqlite::{Erasure, SqliteOptions, SqliteStore};

#[test]
fn store_conforms() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(conformance::check(|name| SqliteStore::open(directory.path().join(name))), Ok(()));
}

#[test]
fn store_that_erases_later_conforms() {
    let directory = tempfile::tempdir().unwrap();
    let options = SqliteOptions::new().erasure(Erasure::Deferred { log_octets: 100_000 });
    assert_eq!(conformance::check(|name| options.open(directory.path().join(name))), Ok(()));
}

fn key(n: u32) -> RecordKey {
    RecordKey::new(RecordKind::RATCHET).push_bytes(b"group").push_u32(n)
}

fn record(n: u32, length: usize) -> Record {
    Record::from(vec![u8::try_from(n % 251).unwrap(); length])
}

/// Batches that each replace a window of records: what goes makes room for what comes, of the same size or not.
#[test]
fn batches_that_move_on_leave_a_store_in_order_that_does_not_grow() {
    const LENGTHS: [usize; 4] = [20, 200, 201, 9000];
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state");
    let store = SqliteStore::open(&path).unwrap();
    let mut octets = 0;
    for batch in 0..60_u32 {
        let mut delta = StateDelta::new();
        for n in batch..batch + 8 {
            let length = LENGTHS.get(usize::try_from((n + batch / 4) % 4).unwrap()).copied().unwrap();
            delta.put(key(n), record(n + batch, length));
        }
        for gone in batch.saturating_sub(4)..batch {
            match gone % 2 {
                0 => delta.delete(key(gone)),
                _ => delta.delete_prefix(key(gone)),
            };
        }
        store.commit(&delta).unwrap();
        store.verify().unwrap();
        let found = store.scan(&RecordKey::new(RecordKind::RATCHET)).unwrap();
        assert_eq!(found.len(), 8);
        for ((at, found), n) in found.iter().zip(batch..) {
            let length = LENGTHS.get(usize::try_from((n + batch / 4) % 4).unwrap()).copied().unwrap();
            assert_eq!((at, found.expose()), (&key(n), record(n + batch, length).expose()));
        }
        let now = std::fs::metadata(&path).unwrap().len();
        if batch == 20 {
            octets = now;
        }
        assert!(batch <= 20 || now == octets, "after batch {batch}");
    }
}
