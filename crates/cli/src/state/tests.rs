//! What `copath state` says of stores that were just written.

use std::path::Path;
use std::sync::Arc;

use copath::{
    CipherSuite, Client, CountedStore, Credential, FixedDirectory, Identity, NewGroup, Secret, SnapshotKey,
    Store, Timestamp,
};
use copath_store_encrypted::{EncryptedStore, StoreSecret};
use copath_store_sqlite::SqliteStore;

use super::{Format, StateArguments, show};
use crate::failure::Failure;
use crate::store::StoreArguments;

const NOW: Timestamp = Timestamp(1_700_000_000);
const PSK: &[u8] = b"a pre-shared key that nobody may see";

/// A client with a group of two, a pending commit and a pre-shared key.
fn fill(store: Arc<dyn Store>) {
    let provider = copath_provider_rustcrypto::provider();
    let suite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
    let identity = |name: &[u8]| Identity::generate(&provider, suite, Credential::basic(name)).unwrap();
    let (alice, bob) = (identity(b"alice"), identity(b"bob"));
    let directory = Arc::new(
        FixedDirectory::new().with(b"alice", alice.signature_key()).with(b"bob", bob.signature_key()),
    );
    let client = |identity: Identity, store: Arc<dyn Store>| {
        let builder = Client::builder().provider(provider.clone()).store(store).validator(directory.clone());
        builder.suite(suite).identity(identity).build().unwrap()
    };
    let bob = client(bob, Arc::new(copath::MemoryStore::new()));
    let alice = client(alice, store);
    alice.store_psk(b"id", &Secret::copy_of(PSK)).unwrap();
    let mut group = alice.create_group(NewGroup::new().group_id(&b"friends"[..]), NOW).unwrap();
    group.commit().add(&bob.key_package(NOW).unwrap()).prepare(NOW).unwrap();
    group.accept_commit().unwrap();
    group.commit().update().prepare(NOW).unwrap();
}

fn arguments(file: &Path, format: Format) -> StateArguments {
    let store = StoreArguments { file: file.to_owned(), key_file: None, passphrase: None };
    StateArguments { store, format, members: true }
}

fn shown(arguments: &StateArguments) -> Result<String, Failure> {
    let mut out = Vec::new();
    show(&mut out, arguments)?;
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn a_plain_store_is_described_and_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("alice.db");
    fill(Arc::new(SqliteStore::open(&file).unwrap()));
    let before = std::fs::read(&file).unwrap();
    let text = shown(&arguments(&file, Format::Text)).unwrap();
    for expected in [
        "not encrypted",
        "group 667269656e6473",
        "epoch 1",
        "2 members",
        "waits to be accepted",
        "1 pre-shared",
    ] {
        assert!(text.contains(expected), "{expected}:\n{text}");
    }
    let json = shown(&arguments(&file, Format::Json)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let group = &json["groups"][0];
    assert_eq!((&group["epoch"], &group["member_count"]), (&1.into(), &2.into()));
    assert_eq!(group["members"].as_array().map(Vec::len), Some(2));
    assert!(group["pending_commit_octets"].as_u64().is_some_and(|octets| octets > 100));
    for output in [text, json.to_string()] {
        let secret = hex::encode(PSK);
        assert!(!output.contains(&secret) && !output.contains("nobody may see"));
    }
    assert_eq!(std::fs::read(&file).unwrap(), before, "the file is as it was");
}

/// A group on its way to another store, one that came from there, and one that is older than it was.
#[test]
fn groups_that_moved_and_that_are_too_old_are_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("carol.db");
    let provider = copath_provider_rustcrypto::provider();
    let suite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
    let carol = Identity::generate(&provider, suite, Credential::basic(b"carol")).unwrap();
    let client = |store: Arc<dyn Store>, reached: u64| {
        let builder = Client::builder().provider(provider.clone()).store(store).reached(reached);
        let builder = builder.validator(Arc::new(FixedDirectory::new())).suite(suite);
        builder.identity(carol.clone()).build().unwrap()
    };
    let new =
        |client: &Client, id: &'static [u8]| client.create_group(NewGroup::new().group_id(id), NOW).unwrap();
    let key = SnapshotKey::from_secret(Secret::copy_of(&[9; 32])).unwrap();
    let sqlite = Arc::new(CountedStore::new(SqliteStore::open(&file).unwrap()).unwrap());
    let old = client(sqlite.clone(), 0);
    drop(new(&old, b"old"));
    let here = client(sqlite, 100);
    drop(new(&here, b"going").export_for_moving(&key).unwrap().snapshot);
    let elsewhere = client(Arc::new(CountedStore::new(copath::MemoryStore::new()).unwrap()), 0);
    let coming = new(&elsewhere, b"coming").export_for_moving(&key).unwrap().snapshot;
    drop(here.import_group(&coming, &key).unwrap());
    drop((old, here));
    let text = shown(&arguments(&file, Format::Text)).unwrap();
    let going = format!("group {}: exported, and its snapshot may not have arrived", hex::encode("going"));
    let too_old = format!("group {}: older than a state that was used", hex::encode("old"));
    assert!(text.contains(&going) && text.contains(&too_old), "{text}");
    let json = shown(&arguments(&file, Format::Json)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["moved_groups"], serde_json::json!([hex::encode("going")]));
    assert_eq!(json["rolled_back_groups"], serde_json::json!([hex::encode("old")]));
    assert_eq!(json["groups"].as_array().map(Vec::len), Some(2));
}

#[test]
fn an_encrypted_store_needs_its_key() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("alice.db");
    let key_file = directory.path().join("key");
    let sqlite = SqliteStore::open(&file).unwrap();
    fill(Arc::new(EncryptedStore::create(sqlite, &StoreSecret::key([5; 32])).unwrap()));
    let mut arguments = arguments(&file, Format::Text);
    assert!(matches!(shown(&arguments), Err(Failure::NeedsKey { .. })));
    arguments.store.key_file = Some(key_file.clone());
    assert!(matches!(shown(&arguments), Err(Failure::Input { .. })));
    std::fs::write(&key_file, "05").unwrap();
    assert!(matches!(shown(&arguments), Err(Failure::BadKeyFile { .. })));
    std::fs::write(&key_file, "06".repeat(32)).unwrap();
    assert!(matches!(shown(&arguments), Err(Failure::Store { .. })));
    for key in [hex::encode([5; 32]).into_bytes(), [5; 32].to_vec()] {
        std::fs::write(&key_file, key).unwrap();
        let text = shown(&arguments).unwrap();
        assert!(text.starts_with("encrypted, generation ") && text.contains("2 members"), "{text}");
    }
}

#[test]
fn other_files_are_refused_by_what_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let missing = arguments(&directory.path().join("missing"), Format::Text);
    assert!(matches!(shown(&missing), Err(Failure::Store { error: copath::StoreError::Missing, .. })));
    assert!(!missing.store.file.exists());
    let text = directory.path().join("text");
    std::fs::write(&text, "no database at all, but long enough to look like a file").unwrap();
    assert!(matches!(
        shown(&arguments(&text, Format::Text)),
        Err(Failure::Store { error: copath::StoreError::Foreign, .. })
    ));
    let plain = directory.path().join("plain.db");
    drop(SqliteStore::open(&plain).unwrap());
    let mut with_key = arguments(&plain, Format::Text);
    let key_file = directory.path().join("key");
    std::fs::write(&key_file, [1; 32]).unwrap();
    with_key.store.key_file = Some(key_file);
    assert!(matches!(shown(&with_key), Err(Failure::NotEncrypted { .. })));
}
