//! Writes the stored states that `tests/stored_states.rs` reads: one group, in SQLite and sealed in SQLite, and
//! messages for it.
//!
//! `cargo run -p copath-store-encrypted --example write_stored_states -- DIRECTORY`, in a directory that is new with
//! each version of a format; those of released versions are never written again.
#![expect(clippy::unwrap_used, reason = "a tool that stops where it fails")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use copath_codec::Encode as _;
use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{CommitOptions, TreeTransfer, WelcomeOptions};
use copath_messages::{Extensions, MlsMessage};
use copath_provider_rustcrypto::RustCrypto;
use copath_records::{Operation, RecordKey, RecordKind, StateDelta, Store};
use copath_store_encrypted::{EncryptedStore, PassphraseCost, StoreSecret};
use copath_store_sqlite::SqliteStore;
use copath_testing::{Member, add};

fn main() {
    let directory = PathBuf::from(std::env::args_os().nth(1).unwrap());
    std::fs::create_dir_all(&directory).unwrap();
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([1; 32]));
    let [mut alice, mut bob, mut carol] =
        ["alice", "bob", "carol"].map(|name| Member::new(&provider, CipherSuite(1), name));
    alice.create(Extensions::default());
    let options = CommitOptions::new().propose(add(bob.key_package())).propose(add(carol.key_package()));
    alice.commit(options).unwrap();
    let welcome = alice.accept(WelcomeOptions::default().tree(TreeTransfer::Inside)).remove(0);
    bob.join(&welcome, None).unwrap();
    carol.join(&welcome, None).unwrap();
    // Alice leaves an epoch behind from which a message is late, skips one of bob's, knows carol's Update, and has a
    // commit of her own that isn't accepted.
    let late = carol.encrypt(b"late").unwrap();
    let commit = bob.commit(CommitOptions::new()).unwrap();
    bob.accept(WelcomeOptions::default());
    alice.receive(&commit).unwrap();
    carol.receive(&commit).unwrap();
    let skipped = bob.encrypt(b"skipped").unwrap();
    let read = bob.encrypt(b"read").unwrap();
    alice.receive(&read).unwrap();
    let update = carol.propose_update().unwrap();
    alice.receive(&update).unwrap();
    alice.commit(CommitOptions::new()).unwrap();
    bob.receive(&update).unwrap();
    let winner = bob.commit(CommitOptions::new()).unwrap();
    write(&directory, &*alice.store);
    for (name, message) in [("late", &late), ("skipped", &skipped), ("read", &read), ("winner", &winner)] {
        write_message(&directory, name, message);
    }
}

fn write(directory: &Path, store: &dyn Store) {
    let mut all = StateDelta::new();
    for kind in RecordKind::ALL {
        let records = store.scan(&RecordKey::new(*kind)).unwrap();
        all.extend(records.into_iter().map(|(key, record)| Operation::Put(key, record)));
    }
    let sqlite = |name: &str| {
        let path = directory.join(name);
        drop(std::fs::remove_file(&path));
        SqliteStore::open(path).unwrap()
    };
    let open = sqlite("open.sqlite");
    open.commit(&all).unwrap();
    open.close().unwrap();
    let cost = PassphraseCost { memory_kib: 64, passes: 1, lanes: 1 };
    for (name, secret) in [
        ("key.sqlite", StoreSecret::key([7; 32])),
        ("passphrase.sqlite", StoreSecret::passphrase_with_cost(b"correct horse", cost)),
    ] {
        let sealed = EncryptedStore::create(sqlite(name), &secret).unwrap();
        sealed.commit(&all).unwrap();
    }
}

fn write_message(directory: &Path, name: &str, message: &MlsMessage) {
    std::fs::write(directory.join(name).with_extension("mls"), message.to_bytes().unwrap()).unwrap();
}
