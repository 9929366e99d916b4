//! States that each version of the formats wrote are read and go on; `examples/write_stored_states.rs` tells what is
//! in them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use copath::{
    Client, Credential, DangerousSnapshot, Error, FixedDirectory, GroupId, Identity, MemoryStore,
    NeverImported, NewGroup, OutgoingKind, Secret, SnapshotKey, Store, StoreError, Unavailable,
};
use copath_records::{FORMAT_VERSION, Record, RecordKey, RecordKind, StateDelta, unwrap_payload};
use copath_store_sqlite::SqliteStore;

use crate::people::{NOW, SUITE, assert_agree, assert_delivered, deliver_commit};

/// Where the states of each version of the formats are.
const VERSIONS: [u8; 2] = [1, 2];

fn directory(version: u8) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(version.to_string())
}

struct Stored {
    alice: Client,
    bob: Client,
    store: Arc<SqliteStore>,
    elsewhere: Client,
}

impl Stored {
    /// Copies of the states, which going on changes.
    fn of(version: u8, to: &Path) -> Self {
        let names = ["alice", "bob"];
        let stores = names.map(|name| {
            let file = format!("{name}.sqlite");
            std::fs::copy(directory(version).join(&file), to.join(&file)).unwrap();
            Arc::new(SqliteStore::open(to.join(&file)).unwrap())
        });
        let provider = copath_provider_rustcrypto::provider();
        let identity = |at: usize| {
            let name = Credential::basic(names[at].as_bytes());
            Identity::load_or_generate(&stores[at], &provider, SUITE, name).unwrap()
        };
        let identities = [identity(0), identity(1)];
        let directory = FixedDirectory::new()
            .with(b"alice", identities[0].signature_key())
            .with(b"bob", identities[1].signature_key());
        let directory = Arc::new(directory);
        let client = |at: usize, store: Arc<dyn Store>| {
            let builder = Client::builder().provider(provider.clone()).validator(directory.clone());
            builder.suite(SUITE).identity(identities[at].clone()).store(store).build().unwrap()
        };
        let (alice, bob) = (client(0, stores[0].clone()), client(1, stores[1].clone()));
        let elsewhere = client(0, Arc::new(MemoryStore::new()));
        let [store, _] = stores;
        Self { alice, bob, store, elsewhere }
    }

    fn mark_version(&self, group: &str) -> u8 {
        let key = RecordKey::new(RecordKind::GROUP_MARK).push_bytes(group.as_bytes());
        let record = self.store.load(&key).unwrap().unwrap();
        unwrap_payload(&record).unwrap().0
    }

    /// A message goes from Alice to Bob.
    fn assert_talk(&self, group: &str) {
        let mut at_alice = self.alice.load_group(&id(group)).unwrap();
        let mut at_bob = self.bob.load_group(&id(group)).unwrap();
        let message = at_alice.encrypt(group.as_bytes()).unwrap();
        assert_delivered(&message, group.as_bytes(), &mut [&mut at_bob]);
        assert_agree(&[&at_alice, &at_bob]);
        drop(at_alice);
        assert_eq!(self.mark_version(group), FORMAT_VERSION, "what is written anew is of this version");
    }
}

fn id(group: &str) -> GroupId {
    group.as_bytes().to_vec().into()
}

fn key() -> SnapshotKey {
    SnapshotKey::from_secret(Secret::copy_of(&[7; 32])).unwrap()
}

#[test]
fn states_of_each_version_go_on_and_are_upgraded() {
    for version in VERSIONS {
        let copies = tempfile::tempdir().unwrap();
        let stored = Stored::of(version, copies.path());
        let Stored { alice, bob, .. } = &stored;
        for group in ["friends", "lost", "come"] {
            assert_eq!(stored.mark_version(group), version);
        }
        let unfinished = alice.unfinished().unwrap();
        assert_eq!(
            unfinished.groups.iter().map(|group| &group.group_id).collect::<Vec<_>>(),
            [&id("lost"), &id("friends")]
        );
        assert_eq!((unfinished.unsent, unfinished.moved), (vec![id("friends")], vec![id("moved")]));
        assert_eq!(unfinished.external_joins, [id("rejoined")]);
        assert_friends_and_lost(&stored);
        assert_moved(&stored, version);
        assert_joined(&stored, version);
        let psk = RecordKey::new(RecordKind::EXTERNAL_PSK).push_bytes(b"psk");
        let psk = stored.store.load(&psk).unwrap().unwrap();
        assert_eq!(
            unwrap_payload(&psk),
            Ok((version, &b"a pre-shared key"[..])),
            "nobody has written it anew"
        );
        bob.unfinished().unwrap();
        stored.store.verify().unwrap();
    }
}

fn assert_friends_and_lost(stored: &Stored) {
    let mut at_bob = stored.bob.load_group(&id("friends")).unwrap();
    let mut at_alice = stored.alice.load_group(&id("friends")).unwrap();
    let outgoing: Vec<_> = at_alice.outgoing().collect();
    assert_eq!(outgoing.len(), 2);
    for outgoing in outgoing {
        match outgoing.kind {
            OutgoingKind::Message => assert_delivered(&outgoing.message, b"unsent", &mut [&mut at_bob]),
            _ => deliver_commit(&outgoing.message, &mut [&mut at_bob]),
        }
        at_alice.sent(&outgoing.message).unwrap();
    }
    at_alice.accept_commit().unwrap();
    drop((at_alice, at_bob));
    stored.assert_talk("friends");

    let mut at_bob = stored.bob.load_group(&id("lost")).unwrap();
    let mut at_alice = stored.alice.load_group(&id("lost")).unwrap();
    assert!(at_alice.lost_intents().is_some());
    at_alice.redo(NOW).unwrap();
    let commit = at_alice.pending_commit().unwrap().to_vec();
    at_alice.accept_commit().unwrap();
    deliver_commit(&commit, &mut [&mut at_bob]);
    drop((at_alice, at_bob));
    stored.assert_talk("lost");
}

/// What was moved then is found, goes back, and goes on to elsewhere.
fn assert_moved(stored: &Stored, version: u8) {
    let Stored { alice, elsewhere, .. } = stored;
    drop(alice.take_back(&id("moved"), &key(), NeverImported::i_am_certain()).unwrap());
    stored.assert_talk("moved");
    stored.assert_talk("come");
    let snapshot = std::fs::read(directory(version).join("come.snapshot")).unwrap();
    let snapshot = DangerousSnapshot::from_octets(snapshot);
    let at_alice = alice.import_group(&snapshot, &key()).unwrap();
    let on = at_alice.export_for_moving(&key()).unwrap().snapshot;
    assert!(alice.import_group(&snapshot, &key()).is_err() && alice.import_group(&on, &key()).is_err());
    let mut at_elsewhere = elsewhere.import_group(&on, &key()).unwrap();
    let mut at_bob = stored.bob.load_group(&id("come")).unwrap();
    let message = at_elsewhere.encrypt(b"elsewhere").unwrap();
    assert_delivered(&message, b"elsewhere", &mut [&mut at_bob]);
}

/// A join that was under way, and a key package that was published.
fn assert_joined(stored: &Stored, version: u8) {
    let Stored { alice, bob, .. } = stored;
    let join = alice.external_join(&id("rejoined")).unwrap();
    deliver_commit(join.message(), &mut [&mut bob.load_group(&id("rejoined")).unwrap()]);
    drop(join.confirm().unwrap());
    stored.assert_talk("rejoined");
    let package = std::fs::read(directory(version).join("alice.keypackage")).unwrap();
    let mut new = bob.create_group(NewGroup::new().group_id(&b"new"[..]), NOW).unwrap();
    new.commit().add(&package).prepare(NOW).unwrap();
    new.accept_commit().unwrap();
    drop(alice.join(&new.welcome().unwrap(), None, NOW).unwrap());
    drop(new);
    stored.assert_talk("new");
}

/// Each record, one by one, as a later version of this library may write it: an error that says so, and all records
/// are as they were.
#[test]
fn a_newer_record_is_left_alone() {
    let copies = tempfile::tempdir().unwrap();
    let Stored { alice, store, .. } = Stored::of(FORMAT_VERSION, copies.path());
    let newer = StoreError::NewerFormat { found: FORMAT_VERSION + 1, known: FORMAT_VERSION };
    let mut refused = 0;
    for kind in RecordKind::ALL {
        for (record_key, record) in store.scan(&RecordKey::new(*kind)).unwrap() {
            let mut octets = record.expose().to_vec();
            octets[0] = FORMAT_VERSION + 1;
            put(&store, &record_key, &octets);
            let before = all(&store);
            for group in ["friends", "lost", "come"].map(id) {
                match alice.load_group(&group) {
                    Ok(_) => {}
                    Err(Error::Unavailable(Unavailable::Store(error))) => {
                        assert_eq!(error, newer);
                        refused += 1;
                    }
                    Err(Error::Unavailable(Unavailable::StoredState(error))) => {
                        assert_eq!(error, copath::engine::StoredStateError::Version);
                        refused += 1;
                    }
                    Err(error) => panic!("{record_key:?}: {error}"),
                }
            }
            let other = SnapshotKey::from_secret(Secret::copy_of(&[8; 32])).unwrap();
            let moved = alice.take_back(&id("moved"), &other, NeverImported::i_am_certain());
            assert!(moved.is_err(), "with another key");
            assert!(all(&store) == before, "{record_key:?}: the store has changed");
            put(&store, &record_key, record.expose());
        }
    }
    assert!(refused > 30, "{refused}");
}

fn put(store: &SqliteStore, key: &RecordKey, octets: &[u8]) {
    let mut delta = StateDelta::new();
    delta.put(key.clone(), Record::copy_of(octets));
    store.commit(&delta).unwrap();
}

fn all(store: &SqliteStore) -> Vec<(RecordKey, Vec<u8>)> {
    let kinds = RecordKind::ALL.iter().flat_map(|kind| store.scan(&RecordKey::new(*kind)).unwrap());
    kinds.map(|(key, record)| (key, record.expose().to_vec())).collect()
}
