//! Writes the stored states that `tests/facade/stored_states.rs` reads: what two clients keep, with something under
//! way of every kind.
//!
//! `cargo run -p copath --example write_stored_states -- DIRECTORY`, in a directory that is new with each version of
//! a format; those of released versions are never written again.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a tool that stops where it fails")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use copath::{
    CipherSuite, Client, Credential, CryptoProvider, FixedDirectory, Group, Identity, MemoryStore, NewGroup,
    Outbox, Secret, SnapshotKey, Store, Timestamp,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_store_sqlite::SqliteStore;

const NOW: Timestamp = Timestamp(1_700_000_000);
const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;

fn main() {
    let directory = PathBuf::from(std::env::args_os().nth(1).unwrap());
    std::fs::create_dir_all(&directory).unwrap();
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([1; 32]));
    let stores: [Arc<SqliteStore>; 2] = ["alice", "bob"].map(|name| Arc::new(store(&directory, name)));
    let names = ["alice", "bob"].map(|name| Credential::basic(name.as_bytes()));
    let identities: Vec<Identity> = stores
        .iter()
        .zip(names)
        .map(|(store, name)| Identity::load_or_generate(store, &provider, SUITE, name).unwrap())
        .collect();
    let people = FixedDirectory::new()
        .with(b"alice", identities[0].signature_key())
        .with(b"bob", identities[1].signature_key());
    let people = Arc::new(people);
    let client = |identity: usize, store: Arc<dyn Store>| {
        Client::builder()
            .provider(provider.clone())
            .store(store)
            .validator(people.clone())
            .suite(SUITE)
            .identity(identities[identity].clone())
            .outbox(Outbox::Kept)
            .build()
            .unwrap()
    };
    let (alice, bob) = (client(0, stores[0].clone()), client(1, stores[1].clone()));

    // Alice has a message that may not have been sent, and a commit that waits.
    let (mut at_alice, _at_bob) = pair(&alice, &bob, b"friends");
    at_alice.encrypt(b"unsent").unwrap();
    at_alice.commit().update().prepare(NOW).unwrap();
    // A commit of hers has lost.
    let (mut at_alice, mut at_bob) = pair(&alice, &bob, b"lost");
    at_alice.commit().update().prepare(NOW).unwrap();
    let winner = at_bob.commit().update().prepare(NOW).unwrap();
    at_bob.accept_commit().unwrap();
    at_alice.receive_and_merge(&winner, NOW).unwrap();
    // One of her groups is on its way to somewhere else, another has come from there.
    let key = || SnapshotKey::from_secret(Secret::copy_of(&[7; 32])).unwrap();
    let (at_alice, _at_bob) = pair(&alice, &bob, b"moved");
    drop(at_alice.export_for_moving(&key()).unwrap().snapshot);
    let elsewhere = client(0, Arc::new(MemoryStore::new()));
    let (at_elsewhere, _at_bob) = pair(&elsewhere, &bob, b"come");
    let come = at_elsewhere.export_for_moving(&key()).unwrap().snapshot;
    drop(alice.import_group(&come, &key()).unwrap());
    std::fs::write(directory.join("come.snapshot"), come.as_octets()).unwrap();
    // She is about to come back to a group that another store of hers has lost.
    let (_at_elsewhere, at_bob) = pair(&elsewhere, &bob, b"rejoined");
    drop(alice.rejoin(&at_bob.group_info().unwrap(), None, NOW).unwrap());
    alice.store_psk(b"psk", &Secret::copy_of(b"a pre-shared key")).unwrap();
    std::fs::write(directory.join("alice.keypackage"), alice.key_package(NOW).unwrap()).unwrap();
}

fn store(directory: &Path, name: &str) -> SqliteStore {
    let path = directory.join(name).with_extension("sqlite");
    drop(std::fs::remove_file(&path));
    SqliteStore::open(path).unwrap()
}

/// A group of two.
fn pair(creator: &Client, joiner: &Client, id: &[u8]) -> (Group, Group) {
    let mut group = creator.create_group(NewGroup::new().group_id(id), NOW).unwrap();
    group.commit().add(&joiner.key_package(NOW).unwrap()).prepare(NOW).unwrap();
    group.accept_commit().unwrap();
    let welcome = group.welcome().unwrap();
    group.welcome_sent().unwrap();
    let joined = joiner.join(&welcome, None, NOW).unwrap();
    (group, joined)
}
