//! Another secret, and other data keys.

use std::sync::Arc;

use copath_records::{MemoryStore, RecordKey, RecordKind, Store, StoreError};
use copath_store_encrypted::{EncryptedStore, PassphraseCost, Reencryption, StoreSecret};

use super::{content, delete, key, passphrase, put, records, secret, store_of};

fn filled() -> (Arc<MemoryStore>, EncryptedStore<Arc<MemoryStore>>) {
    let inner = Arc::new(MemoryStore::new());
    let store = EncryptedStore::create(Arc::clone(&inner), &secret()).unwrap();
    for n in 0..30 {
        store.commit(&put(key(if n % 3 == 0 { "a" } else { "b" }, n), &n.to_be_bytes())).unwrap();
    }
    (inner, store)
}

#[test]
fn another_secret_costs_two_records_and_the_old_one_is_refused() {
    let (inner, store) = filled();
    let before = records(&inner);
    assert_eq!(store.rekey(&StoreSecret::key([9; 32]), &passphrase("new")), Err(StoreError::WrongKey));
    store.rekey(&secret(), &passphrase("new")).unwrap();
    let after = records(&inner);
    assert_eq!(before.iter().filter(|record| !after.contains(record)).count(), 2);
    store.commit(&put(key("a", 1), b"goes on")).unwrap();
    assert_eq!(EncryptedStore::open(Arc::clone(&inner), &secret()).unwrap_err(), StoreError::WrongKey);
    let store = EncryptedStore::open(Arc::clone(&inner), &passphrase("new")).unwrap();
    assert_eq!(content(&store, &key("a", 1)).as_deref(), Some(&b"goes on"[..]));
    // The old envelope, put back, doesn't bring the old secret back.
    let envelope = RecordKey::new(RecordKind(0xe0)).push_u32(0);
    let mut below = records(&inner);
    let old = before.iter().find(|(name, _)| *name == envelope).unwrap();
    below.iter_mut().find(|(name, _)| *name == envelope).unwrap().1.clone_from(&old.1);
    assert_eq!(EncryptedStore::open(store_of(&below), &secret()).unwrap_err(), StoreError::Corrupt);
}

#[test]
fn all_records_are_sealed_anew_across_crashes_and_the_store_works_meanwhile() {
    let (inner, store) = filled();
    let before = records(&inner);
    let plain = records(&store);
    store.begin_reencryption(&secret()).unwrap();
    store.begin_reencryption(&secret()).unwrap();
    drop(store);
    let (mut steps, mut expected) = (0, plain);
    loop {
        // Each step in a store that was opened anew.
        let store = EncryptedStore::open(Arc::clone(&inner), &secret()).unwrap();
        assert_eq!(records(&store), expected);
        if steps == 2 {
            store.commit(&put(key("a", 27), b"changed meanwhile")).unwrap();
            store.commit(&delete(key("b", 28))).unwrap();
            store.commit(&put(key("c", 1), b"added meanwhile")).unwrap();
            expected = records(&store);
        }
        steps += 1;
        match store.continue_reencryption(&secret(), 4).unwrap() {
            Reencryption::UnderWay => assert_eq!(store.reencryption(), Ok(Reencryption::UnderWay)),
            Reencryption::Finished => break,
        }
    }
    assert!(steps > 6, "{steps}");
    let store = EncryptedStore::open(Arc::clone(&inner), &secret()).unwrap();
    assert_eq!(store.reencryption(), Ok(Reencryption::Finished));
    assert_eq!(records(&store), expected);
    assert_eq!(content(&store, &key("a", 27)).as_deref(), Some(&b"changed meanwhile"[..]));
    let after = records(&inner);
    assert!(before.iter().all(|record| !after.contains(record)), "nothing is sealed as it was");
    assert_eq!(after.len(), expected.len() + 5, "envelope, root and three heads");
    // Prefixes of both realms are deleted.
    store.begin_reencryption(&secret()).unwrap();
    store.continue_reencryption(&secret(), 4).unwrap();
    let mut delta = copath_records::StateDelta::new();
    delta.delete_prefix(RecordKey::new(RecordKind::RATCHET));
    store.commit(&delta).unwrap();
    assert_eq!(records(&store), []);
}

#[test]
fn realm_is_not_rolled_back_by_itself() {
    let (inner, store) = filled();
    store.begin_reencryption(&secret()).unwrap();
    store.continue_reencryption(&secret(), 4).unwrap();
    let middle = records(&inner);
    store.commit(&delete(key("b", 28))).unwrap();
    let after = records(&inner);
    // Everything of the retiring realm as it was, the rest as it is.
    let realm = |name: &RecordKey| {
        name.segments().encoded().is_some_and(|part| part[4] >= 2) && {
            let mut segments = name.segments();
            segments.u32();
            segments.u32() == Some(0)
        }
    };
    let old = middle.iter().filter(|(name, _)| realm(name));
    let mixed: Vec<_> = old.chain(after.iter().filter(|(name, _)| !realm(name))).cloned().collect();
    assert_ne!(mixed.len(), after.len());
    assert_eq!(EncryptedStore::open(store_of(&mixed), &secret()).unwrap_err(), StoreError::Corrupt);
}

#[test]
fn cost_of_a_passphrase_is_raised() {
    let (_, store) = filled();
    assert_eq!(store.passphrase_cost(), Ok(None));
    store.rekey(&secret(), &passphrase("same")).unwrap();
    assert_eq!(store.passphrase_cost().unwrap().map(|cost| cost.memory_kib), Some(8));
    let cost = PassphraseCost { memory_kib: 64, passes: 2, lanes: 1 };
    store.rekey(&passphrase("same"), &StoreSecret::passphrase_with_cost(b"same", cost)).unwrap();
    assert_eq!(store.passphrase_cost(), Ok(Some(cost)));
    let dear = PassphraseCost { memory_kib: u32::MAX, ..cost };
    let refused = store.rekey(&passphrase("same"), &StoreSecret::passphrase_with_cost(b"same", dear));
    assert_eq!(refused, Err(StoreError::Unavailable));
    assert_eq!(store.passphrase_cost(), Ok(Some(cost)));
}
