//! Keys and passphrases, and what is to be seen without them.

use std::sync::Arc;

use copath_records::{MemoryStore, RecordKey, RecordKind, Store, StoreError};
use copath_store_encrypted::{EncryptedStore, StoreSecret};
use copath_store_sqlite::SqliteStore;

use super::{content, key, passphrase, put, records, secret, store_of};

#[test]
fn only_the_secret_opens_and_nothing_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state");
    for (right, wrong) in [
        (secret(), vec![StoreSecret::key([8; 32]), passphrase("7")]),
        (passphrase("right"), vec![passphrase("wrong"), passphrase(""), secret()]),
    ] {
        let store = EncryptedStore::create(SqliteStore::open(&path).unwrap(), &right).unwrap();
        store.commit(&put(key("a", 1), b"one")).unwrap();
        drop(store);
        let before = std::fs::read(&path).unwrap();
        for wrong in &wrong {
            let inner = SqliteStore::open(&path).unwrap();
            assert_eq!(EncryptedStore::open(inner, wrong).unwrap_err(), StoreError::WrongKey);
        }
        assert_eq!(std::fs::read(&path).unwrap(), before);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        let store = EncryptedStore::open(SqliteStore::open(&path).unwrap(), &right).unwrap();
        assert_eq!(content(&store, &key("a", 1)).as_deref(), Some(&b"one"[..]));
        drop(store);
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn neither_content_nor_names_are_to_be_seen() {
    let inner = Arc::new(MemoryStore::new());
    let store = EncryptedStore::create(Arc::clone(&inner), &passphrase("a passphrase to be found")).unwrap();
    for n in 0..50 {
        store.commit(&put(key("a group's own id", n), b"the content of a record")).unwrap();
    }
    for (name, content) in records(&inner) {
        for seen in [name.as_octets(), &content] {
            for word in ["group", "content", "passphrase"] {
                assert!(!seen.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
            }
        }
    }
}

#[test]
fn names_of_two_stores_have_nothing_in_common() {
    let names = || {
        let inner = Arc::new(MemoryStore::new());
        let store = EncryptedStore::create(Arc::clone(&inner), &secret()).unwrap();
        store.commit(&put(key("a", 1), b"one")).unwrap();
        records(&inner).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    let (one, two) = (names(), names());
    // Those of envelope and root are fixed.
    assert_eq!(one.iter().filter(|name| two.contains(name)).count(), 2);
    assert_eq!(one.len(), 4);
}

#[test]
fn store_in_the_open_is_not_encrypted_over() {
    let plain = MemoryStore::new();
    plain.commit(&put(key("a", 1), b"one")).unwrap();
    let plain = Arc::new(plain);
    assert_eq!(EncryptedStore::open(Arc::clone(&plain), &secret()).unwrap_err(), StoreError::Missing);
    assert_eq!(
        EncryptedStore::open_or_create(Arc::clone(&plain), &secret()).unwrap_err(),
        StoreError::Foreign
    );
    assert_eq!(plain.count(), Ok(1));
}

#[test]
fn damaged_or_newer_envelope_is_told_from_a_wrong_key() {
    let inner = Arc::new(MemoryStore::new());
    EncryptedStore::create(Arc::clone(&inner), &passphrase("right")).unwrap();
    let envelope = RecordKey::new(RecordKind(0xe0)).push_u32(0);
    let below = records(&inner);
    let at = below.iter().position(|(name, _)| *name == envelope).unwrap();
    for octet in 0..below[at].1.len() {
        let mut damaged = below.clone();
        damaged[at].1[octet] ^= 0x40;
        let error = EncryptedStore::open(store_of(&damaged), &passphrase("right")).unwrap_err();
        let expected = match octet {
            0 => StoreError::NewerFormat { found: 0x41, known: 1 },
            _ => StoreError::Corrupt,
        };
        assert_eq!(error, expected, "octet {octet}");
    }
}

#[test]
fn debug_is_silent() {
    let store = EncryptedStore::create(MemoryStore::new(), &passphrase("secret")).unwrap();
    store.commit(&put(key("group", 1), b"one")).unwrap();
    assert_eq!(format!("{store:?}"), "EncryptedStore { inner: MemoryStore(4 records), .. }");
}
