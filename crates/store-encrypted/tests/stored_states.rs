//! States that this version wrote are read by all later ones; `examples/write_stored_states.rs` tells what is in them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failure in here is a failed test")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use copath_codec::Decode as _;
use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{Group, Received};
use copath_messages::MlsMessage;
use copath_provider_rustcrypto::RustCrypto;
use copath_records::{Record, RecordKey, RecordKind, StateDelta, Store, StoreError};
use copath_store_encrypted::{EncryptedStore, StoreSecret};
use copath_store_sqlite::SqliteStore;
use copath_testing::{Member, NOW};

/// Where the states of each version of the formats are.
const VERSIONS: [&str; 2] = ["tests/data/1", "tests/data/2"];

fn message(directory: &Path, name: &str) -> MlsMessage {
    MlsMessage::from_bytes(&std::fs::read(directory.join(name).with_extension("mls")).unwrap()).unwrap()
}

/// A copy of a stored state, which opening may upgrade.
fn copy(directory: &Path, name: &str, to: &Path) -> SqliteStore {
    std::fs::copy(directory.join(name), to.join(name)).unwrap();
    SqliteStore::open(to.join(name)).unwrap()
}

/// The client that the states belong to, without its group.
fn alice() -> Member {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
    Member::new(&provider, CipherSuite(1), "alice")
}

/// Goes on where alice was when the state was written.
fn assert_goes_on(store: &dyn Store, directory: &Path) {
    let mut alice = alice();
    let (head, _) = store.scan(&RecordKey::new(RecordKind::GROUP)).unwrap().remove(0);
    let id = head.segments().bytes().unwrap().to_vec().into();
    let provider = Arc::clone(alice.suite.provider());
    let mut group = Group::load(store, &provider, &alice.settings, &id).unwrap().unwrap();
    assert_eq!((group.epoch(), group.has_pending_commit()), (2, true));
    for (name, data) in [("late", &b"late"[..]), ("skipped", b"skipped")] {
        let Received::Application(prepared) = group.receive(&message(directory, name), NOW).unwrap() else {
            panic!("{name}");
        };
        assert_eq!(prepared.output.data, data);
        store.commit(&prepared.delta).unwrap();
        group.apply(prepared.patch).unwrap();
    }
    for consumed in ["late", "skipped", "read"] {
        assert!(group.receive(&message(directory, consumed), NOW).is_err(), "{consumed}");
    }
    let Received::Commit(check) = group.receive(&message(directory, "winner"), NOW).unwrap() else {
        panic!("winner");
    };
    let answers = alice.answer(&check.needs().clone());
    let staged = check.finish(&group, answers).unwrap();
    let prepared = group.merge(staged).unwrap();
    store.commit(&prepared.delta).unwrap();
    group.apply(prepared.patch).unwrap();
    let loaded = Group::load(store, &provider, &alice.settings, &id).unwrap().unwrap();
    assert_eq!((loaded.epoch(), loaded.has_pending_commit()), (3, false));
    assert_eq!(loaded.epoch_authenticator(), group.epoch_authenticator());
}

/// Envelope, root, heads and records, one by one, as a later version may write them: an error that says so, and the
/// file is as it was.
#[test]
fn a_newer_sealed_store_is_left_alone() {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/2");
    let copies = tempfile::tempdir().unwrap();
    let path = copies.path().join("key.sqlite");
    let names =
        copy(&directory, "key.sqlite", copies.path()).scan(&RecordKey::new(RecordKind(0xe0))).unwrap();
    assert!(names.len() > 20);
    for (name, _) in names {
        let sqlite = copy(&directory, "key.sqlite", copies.path());
        let mut newer = sqlite.load(&name).unwrap().unwrap().expose().to_vec();
        newer[0] = 2;
        let mut delta = StateDelta::new();
        delta.put(name.clone(), Record::from(newer));
        sqlite.commit(&delta).unwrap();
        sqlite.close().unwrap();
        let before = std::fs::read(&path).unwrap();
        let sealed = EncryptedStore::open(SqliteStore::open(&path).unwrap(), &StoreSecret::key([7; 32]));
        let kinds = RecordKind::ALL.iter().map(|kind| RecordKey::new(*kind));
        let refused = match &sealed {
            Err(error) => *error,
            Ok(sealed) => kinds.filter_map(|kind| sealed.scan(&kind).err()).next().unwrap(),
        };
        assert_eq!(refused, StoreError::NewerFormat { found: 2, known: 1 }, "{name:?}");
        drop(sealed);
        assert!(std::fs::read(&path).unwrap() == before, "{name:?}");
    }
}

#[test]
fn states_of_each_version_are_read_and_go_on() {
    for version in VERSIONS {
        let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(version);
        let copies = tempfile::tempdir().unwrap();
        let open = copy(&directory, "open.sqlite", copies.path());
        open.verify().unwrap();
        assert_goes_on(&open, &directory);
        open.verify().unwrap();
        for (name, secret) in [
            ("key.sqlite", StoreSecret::key([7; 32])),
            ("passphrase.sqlite", StoreSecret::passphrase(b"correct horse")),
        ] {
            let sealed = EncryptedStore::open(copy(&directory, name, copies.path()), &secret).unwrap();
            assert_goes_on(&sealed, &directory);
            assert_eq!(sealed.generation(), Ok(4));
        }
    }
}
