//! The encrypted store as an adopter sees it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failure in here is a failed test")]

use copath_records::{MemoryStore, Operation, Record, RecordKey, RecordKind, StateDelta, Store};
use copath_store_encrypted::{PassphraseCost, StoreSecret};

mod conformance;
mod faults;
mod rotation;
mod secrets;
mod tampering;

/// The key that tests use.
fn secret() -> StoreSecret {
    StoreSecret::key([7; 32])
}

/// A passphrase that costs next to nothing.
fn passphrase(passphrase: &str) -> StoreSecret {
    let cost = PassphraseCost { memory_kib: 8, passes: 1, lanes: 1 };
    StoreSecret::passphrase_with_cost(passphrase.as_bytes(), cost)
}

fn key(group: &str, n: u32) -> RecordKey {
    RecordKey::new(RecordKind::RATCHET).push_bytes(group.as_bytes()).push_u32(n)
}

fn put(key: RecordKey, content: &[u8]) -> StateDelta {
    let mut delta = StateDelta::new();
    delta.put(key, Record::copy_of(content));
    delta
}

fn delete(key: RecordKey) -> StateDelta {
    let mut delta = StateDelta::new();
    delta.delete(key);
    delta
}

fn content(store: &dyn Store, key: &RecordKey) -> Option<Vec<u8>> {
    store.load(key).unwrap().map(|record| record.expose().to_vec())
}

/// All records of a store.
fn records(store: &dyn Store) -> Vec<(RecordKey, Vec<u8>)> {
    let kinds = (0..=u8::MAX).map(|kind| RecordKey::new(RecordKind(kind)));
    let found = kinds.flat_map(|kind| store.scan(&kind).unwrap());
    found.map(|(key, record)| (key, record.expose().to_vec())).collect()
}

/// A store with just these records.
fn store_of(records: &[(RecordKey, Vec<u8>)]) -> MemoryStore {
    let (store, mut delta) = (MemoryStore::new(), StateDelta::new());
    delta.extend(records.iter().map(|(key, content)| Operation::Put(key.clone(), Record::copy_of(content))));
    store.commit(&delta).unwrap();
    store
}
