//! Consumed secrets and those of dropped epochs are gone: from the memory store, and from the database and its files.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use copath::{Client, Group, GroupSettings, MemoryStore, NewGroup, Secret, Store};
use copath_records::{RecordKey, RecordKind, unwrap_payload};
use copath_store_encrypted::{EncryptedStore, StoreSecret};
use copath_store_sqlite::SqliteStore;

use crate::people::{NOW, People, assert_delivered, deliver_commit};

/// Kinds of which every record is secret, or begins with or holds secrets.
const SECRET: [RecordKind; 9] = [
    RecordKind::EPOCH_SECRETS,
    RecordKind::RATCHET,
    RecordKind::SKIPPED_KEY,
    RecordKind::NODE_KEY,
    RecordKind::RESUMPTION_PSK,
    RecordKind::KEY_PACKAGE,
    RecordKind::SECRET_TREE_NODE,
    RecordKind::WELCOME,
    RecordKind::EXTERNAL_PSK,
];

/// Each run of 16 octets in the secret records as they are now: any secret of 32 octets leaves 17 of them.
fn secrets(store: &dyn Store) -> BTreeSet<Vec<u8>> {
    let records = SECRET.iter().flat_map(|kind| store.scan(&RecordKey::new(*kind)).unwrap());
    let mut runs = BTreeSet::new();
    for (_, record) in records {
        let (_, payload) = unwrap_payload(&record).unwrap();
        runs.extend(payload.windows(16).map(<[u8]>::to_vec));
    }
    runs
}

fn contains(haystack: &[u8], runs: &BTreeSet<Vec<u8>>) -> usize {
    haystack.windows(16).filter(|window| runs.contains(*window)).count()
}

/// What isn't secret in such records may stay: public keys and key packages stand in the tree.
fn without_public(secrets: BTreeSet<Vec<u8>>, public: &[Vec<u8>]) -> BTreeSet<Vec<u8>> {
    let public: BTreeSet<&[u8]> = public.iter().flat_map(|octets| octets.windows(16)).collect();
    secrets.into_iter().filter(|run| !public.contains(&run[..])).collect()
}

struct Story {
    alice: Group,
    bob: Group,
    public: Vec<Vec<u8>>,
    /// All secrets that the store ever had.
    seen: BTreeSet<Vec<u8>>,
}

/// Alice on `store` with Bob, past epochs and skipped messages on her side.
fn story(people: &People, client: &Client) -> Story {
    let mut seen = BTreeSet::new();
    let mut look = || seen.extend(secrets(&**client.store()));
    let bobs = people.client(1);
    for client in [client, &bobs] {
        client.store_psk(b"used up", &Secret::copy_of(b"sixteen octets and some more...!")).unwrap();
    }
    let own_package = client.key_package(NOW).unwrap();
    look();
    let mut bob = bobs.create_group(NewGroup::new(), NOW).unwrap();
    let commit = bob.commit().add(&own_package).prepare(NOW).unwrap();
    bob.accept_commit().unwrap();
    let welcome = bob.welcome().unwrap();
    let mut alice = client.join(&welcome, None, NOW).unwrap();
    let mut public = vec![own_package, commit, welcome];
    for round in 0..3 {
        let messages: Vec<_> = (0..4).map(|_| bob.encrypt(b"read in another order").unwrap()).collect();
        for at in [3, 0, 2, 1] {
            assert_delivered(&messages[at], b"read in another order", &mut [&mut alice]);
            look();
        }
        public.push(alice.encrypt(b"hello").unwrap());
        look();
        let builder = if round == 0 { bob.commit().psk(b"used up") } else { bob.commit().update() };
        let commit = builder.prepare(NOW).unwrap();
        public.push(bob.export_tree().unwrap());
        bob.accept_commit().unwrap();
        deliver_commit(&commit, &mut [&mut alice]);
        look();
        let commit = alice.commit().update().prepare(NOW).unwrap();
        alice.accept_commit().unwrap();
        deliver_commit(&commit, &mut [&mut bob]);
        look();
        public.push(alice.export_tree().unwrap());
        public.push(commit);
    }
    Story { alice, bob, public, seen }
}

/// Two epochs that nothing of before outlives, with a policy that keeps one past epoch.
fn move_on(story: &mut Story, client: &Client) {
    client.delete_psk(b"used up").unwrap();
    for _ in 0..3 {
        for swap in [false, true] {
            let (by, other) =
                if swap { (&mut story.bob, &mut story.alice) } else { (&mut story.alice, &mut story.bob) };
            let commit = by.commit().update().prepare(NOW).unwrap();
            by.accept_commit().unwrap();
            deliver_commit(&commit, &mut [other]);
        }
        story.public.push(story.alice.export_tree().unwrap());
    }
}

fn client(people: &People, store: Arc<dyn Store>) -> Client {
    let mut settings = GroupSettings::default();
    settings.policy.past_epochs = 1;
    settings.policy.resumption_epochs = 1;
    people.builder(0).store(store).settings(settings).build().unwrap()
}

/// The secrets that were there and are in no record any more.
fn dropped(store: &Arc<dyn Store>) -> (BTreeSet<Vec<u8>>, Story) {
    let people = People::new(&["alice", "bob"]);
    let client = client(&people, store.clone());
    let mut story = story(&people, &client);
    move_on(&mut story, &client);
    let now = secrets(&**store);
    let gone: BTreeSet<_> = story.seen.difference(&now).cloned().collect();
    let gone = without_public(gone, &story.public);
    assert!(gone.len() > 1000, "only {} runs of octets to look for", gone.len());
    (gone, story)
}

// covers: 9.2-01, 9.2-02
#[test]
fn nothing_dropped_is_in_the_memory_store() {
    let memory = Arc::new(MemoryStore::new());
    let store: Arc<dyn Store> = memory.clone();
    let (gone, _story) = dropped(&store);
    for kind in RecordKind::ALL {
        for (key, record) in memory.scan(&RecordKey::new(*kind)).unwrap() {
            assert_eq!(contains(record.expose(), &gone), 0, "{key:?}");
        }
    }
}

/// The octets of all files of the directory: the database, -wal, -shm and -journal.
fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect()
}

// covers: 9.2-01, 9.2-02
#[test]
fn nothing_dropped_is_in_the_database_or_beside_it() {
    let directory = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(directory.path().join("alice.db")).unwrap());
    let (gone, story) = dropped(&store);
    let held = secrets(&*store);
    let all = files(directory.path());
    // The search finds what is there: the secrets of the present are in the plain file.
    assert!(all.iter().map(|(_, octets)| contains(octets, &held)).sum::<usize>() > 100);
    for (name, octets) in &all {
        assert_eq!(contains(octets, &gone), 0, "{name}, while it is open");
    }
    drop((story, store));
    for (name, octets) in files(directory.path()) {
        assert_eq!(contains(&octets, &gone), 0, "{name}, closed");
    }
}

// covers: 9.2-01, 9.2-02
#[test]
fn an_encrypted_database_shows_no_secret_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let sqlite = SqliteStore::open(directory.path().join("alice.db")).unwrap();
    let encrypted = EncryptedStore::open_or_create(sqlite, &StoreSecret::key([3; 32])).unwrap();
    let store: Arc<dyn Store> = Arc::new(encrypted);
    let (gone, story) = dropped(&store);
    let held = secrets(&*store);
    drop((story, store));
    for (name, octets) in files(directory.path()) {
        assert_eq!((contains(&octets, &gone), contains(&octets, &held)), (0, 0), "{name}");
    }
}
