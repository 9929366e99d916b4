//! The kit for stores, over both of ours.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use copath_records::{MemoryStore, conformance};
use copath_store_encrypted::EncryptedStore;
use copath_store_sqlite::SqliteStore;

use super::secret;

#[test]
fn store_over_memory_conforms() {
    let stores = Mutex::new(BTreeMap::<String, Arc<MemoryStore>>::new());
    let open = |name: &str| {
        let inner = stores.lock().unwrap().entry(name.into()).or_default().clone();
        EncryptedStore::open_or_create(inner, &secret())
    };
    assert_eq!(conformance::check(open), Ok(()));
}

#[test]
fn store_over_sqlite_conforms() {
    let directory = tempfile::tempdir().unwrap();
    let open = |name: &str| {
        EncryptedStore::open_or_create(SqliteStore::open(directory.path().join(name))?, &secret())
    };
    assert_eq!(conformance::check(open), Ok(()));
}

#[test]
fn store_within_a_store_conforms() {
    let stores = Mutex::new(BTreeMap::<String, Arc<MemoryStore>>::new());
    let open = |name: &str| {
        let inner = stores.lock().unwrap().entry(name.into()).or_default().clone();
        EncryptedStore::open_or_create(EncryptedStore::open_or_create(inner, &secret())?, &secret())
    };
    assert_eq!(conformance::check(open), Ok(()));
}
