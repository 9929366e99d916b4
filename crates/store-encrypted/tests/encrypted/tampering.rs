//! Whatever is done to single records below is found.

use std::sync::{Arc, Mutex};

use copath_records::{MemoryStore, Operation, Record, RecordKey, RecordKind, StateDelta, Store, StoreError};
use copath_store_encrypted::EncryptedStore;

use super::{content, delete, key, put, records, secret, store_of};

type Records = Vec<(RecordKey, Vec<u8>)>;

/// Below a store with some groups, before and after some more batches.
fn history() -> (Records, Records) {
    let inner = Arc::new(MemoryStore::new());
    let store = EncryptedStore::create(Arc::clone(&inner), &secret()).unwrap();
    for group in ["a", "b"] {
        for n in 0..4 {
            store.commit(&put(key(group, n), format!("{group} {n} before").as_bytes())).unwrap();
        }
        let head = RecordKey::new(RecordKind::GROUP).push_bytes(group.as_bytes());
        store.commit(&put(head, b"head")).unwrap();
    }
    store.commit(&put(RecordKey::new(RecordKind::IDENTITY), b"no segment")).unwrap();
    let before = records(&inner);
    store.commit(&put(key("a", 1), b"a 1 after")).unwrap();
    store.commit(&delete(key("a", 2))).unwrap();
    store.commit(&put(key("a", 9), b"a 9 after")).unwrap();
    (before, records(&inner))
}

/// What becomes of a store with these records below when all of it is read.
fn read_all(below: &Records) -> Result<Records, StoreError> {
    let store = EncryptedStore::open(store_of(below), &secret())?;
    let mut found = Vec::new();
    for kind in RecordKind::ALL {
        found.extend(store.scan(&RecordKey::new(*kind))?);
    }
    Ok(found.into_iter().map(|(key, record)| (key, record.expose().to_vec())).collect())
}

/// What becomes of it when each record that there is or was is loaded by itself.
fn load_each(below: &Records) -> Result<(), StoreError> {
    let store = EncryptedStore::open(store_of(below), &secret())?;
    for group in ["a", "b"] {
        for n in 0..10 {
            store.load(&key(group, n))?;
        }
        store.load(&RecordKey::new(RecordKind::GROUP).push_bytes(group.as_bytes()))?;
    }
    store.load(&RecordKey::new(RecordKind::IDENTITY)).map(drop)
}

fn assert_found(below: &Records, what: &str, error: StoreError) {
    assert_eq!(read_all(below), Err(error), "{what}");
    assert_eq!(load_each(below), Err(error), "{what}");
}

#[test]
fn untouched_store_is_fine() {
    let (before, after) = history();
    assert_eq!(read_all(&before).unwrap().len(), 11);
    assert_eq!(read_all(&after).unwrap().len(), 11);
    assert_eq!(load_each(&after), Ok(()));
}

#[test]
fn single_record_put_back_is_found() {
    let (before, after) = history();
    let mut tried = 0;
    for (name, old) in &before {
        let mut below = after.clone();
        match below.iter_mut().find(|(other, _)| other == name) {
            Some((_, new)) if new == old => continue,
            Some((_, new)) => new.clone_from(old),
            None => below.push((name.clone(), old.clone())),
        }
        assert_found(&below, "an older record", StoreError::Corrupt);
        tried += 1;
    }
    // The record that was replaced, the one that was deleted, the head of their group, and the root.
    assert_eq!(tried, 4);
}

#[test]
fn each_record_taken_away_is_found() {
    let (_, after) = history();
    for at in 0..after.len() {
        let mut below = after.clone();
        let (name, _) = below.remove(at);
        let envelope = name == RecordKey::new(RecordKind(0xe0)).push_u32(0);
        let error = if envelope { StoreError::Missing } else { StoreError::Corrupt };
        assert_found(&below, "one taken away", error);
    }
}

#[test]
fn records_that_change_places_are_found() {
    let (_, after) = history();
    for a in 0..after.len() {
        for b in 0..a {
            let mut below = after.clone();
            let content = below[a].1.clone();
            below[a].1 = std::mem::replace(&mut below[b].1, content);
            assert_found(&below, "two swapped", StoreError::Corrupt);
        }
    }
}

#[test]
fn record_under_another_name_is_found() {
    let (_, after) = history();
    for (name, content) in &after {
        let mut below = after.clone();
        below.push((RecordKey::from_octets([name.as_octets(), &[0]].concat()).unwrap(), content.clone()));
        let found = read_all(&below);
        // Names that no record of ours has are nobody's.
        assert!(found == read_all(&after) || found == Err(StoreError::Corrupt), "{name:?}");
    }
}

#[test]
fn each_flipped_bit_is_found() {
    let (_, after) = history();
    for at in 0..after.len() {
        for octet in 0..after[at].1.len() {
            let mut below = after.clone();
            below[at].1[octet] ^= 1 << (octet % 8);
            let error = read_all(&below).unwrap_err();
            let version = octet == 0 && matches!(error, StoreError::NewerFormat { .. });
            assert!(version || error == StoreError::Corrupt, "{error:?}");
        }
    }
}

#[test]
fn older_store_as_a_whole_is_found_from_outside_only() {
    let (before, after) = history();
    let open =
        |below: &Records| EncryptedStore::open(store_of(below), &secret()).unwrap().generation().unwrap();
    let (old, new) = (open(&before), open(&after));
    assert_eq!((old, new), (11, 14));
    let error = EncryptedStore::open_at_least(store_of(&before), &secret(), new).unwrap_err();
    assert_eq!(error, StoreError::RolledBack { found: old, expected: new });
    assert!(EncryptedStore::open_at_least(store_of(&after), &secret(), new).is_ok());
    assert!(EncryptedStore::open_at_least(store_of(&after), &secret(), old).is_ok());
}

#[test]
fn record_exchanged_while_the_store_is_open_is_found() {
    let inner = Arc::new(MemoryStore::new());
    let store = EncryptedStore::create(Arc::clone(&inner), &secret()).unwrap();
    store.commit(&put(key("a", 1), b"one")).unwrap();
    let old = records(&inner);
    store.commit(&put(key("a", 1), b"two")).unwrap();
    assert_eq!(content(&store, &key("a", 1)).as_deref(), Some(&b"two"[..]));
    let name = records(&inner).iter().map(|(name, _)| name.clone()).max().unwrap();
    let one = old.iter().find(|(other, _)| *other == name).unwrap().1.clone();
    inner.commit(&put(name.clone(), &one)).unwrap();
    assert_eq!(store.load(&key("a", 1)).unwrap_err(), StoreError::Corrupt);
    assert_eq!(store.scan(&key("a", 1)).unwrap_err(), StoreError::Corrupt);
    inner.commit(&delete(name)).unwrap();
    assert_eq!(store.load(&key("a", 1)).unwrap_err(), StoreError::Corrupt);
    assert_eq!(store.scan(&RecordKey::new(RecordKind::RATCHET)).unwrap_err(), StoreError::Corrupt);
}

/// A store that shows what is written to it, and has no room for it.
#[derive(Debug)]
struct Full {
    inner: Arc<MemoryStore>,
    shown: Mutex<Records>,
}

impl Store for Full {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        self.inner.load(key)
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        self.inner.scan(prefix)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        let mut shown = self.shown.lock().unwrap();
        for operation in delta {
            if let Operation::Put(key, record) = operation {
                shown.push((key.clone(), record.expose().to_vec()));
            }
        }
        Err(StoreError::Full)
    }
}

/// The record of a batch that failed has the name and the version of one that succeeds after it.
#[test]
fn record_of_a_failed_batch_is_not_taken_for_the_one_that_was_written() {
    let inner = Arc::new(MemoryStore::new());
    EncryptedStore::create(Arc::clone(&inner), &secret()).unwrap();
    let full = Arc::new(Full { inner: Arc::clone(&inner), shown: Mutex::default() });
    let store = EncryptedStore::open(Arc::clone(&full), &secret()).unwrap();
    assert_eq!(store.commit(&put(key("a", 1), b"failed")), Err(StoreError::Full));
    let store = EncryptedStore::open(Arc::clone(&inner), &secret()).unwrap();
    store.commit(&put(key("a", 1), b"written")).unwrap();
    let shown = full.shown.lock().unwrap().clone();
    let mut below = records(&inner);
    let name = below.iter().map(|(name, _)| name.clone()).max().unwrap();
    let failed = shown.into_iter().find(|(other, _)| *other == name).unwrap();
    below.iter_mut().find(|(other, _)| *other == name).unwrap().1 = failed.1;
    assert_found(&below, "the record of a failed batch", StoreError::Corrupt);
}

#[test]
fn second_writer_below_is_refused() {
    let inner = Arc::new(MemoryStore::new());
    let first = EncryptedStore::create(Arc::clone(&inner), &secret()).unwrap();
    let second = EncryptedStore::open(Arc::clone(&inner), &secret()).unwrap();
    first.commit(&put(key("a", 1), b"one")).unwrap();
    assert_eq!(second.commit(&put(key("a", 1), b"two")), Err(StoreError::Conflict));
    assert_eq!(content(&second, &key("a", 1)).as_deref(), Some(&b"one"[..]));
    second.commit(&put(key("a", 1), b"two")).unwrap();
    assert_eq!(first.commit(&StateDelta::new()), Ok(()));
    assert_eq!(first.commit(&put(key("a", 1), b"three")), Err(StoreError::Conflict));
    assert_eq!(content(&first, &key("a", 1)).as_deref(), Some(&b"two"[..]));
}
