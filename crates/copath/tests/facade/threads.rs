//! However many threads there are, the same comes out.

use std::sync::Arc;

use copath::{Client, Credential, CryptoProvider, FixedDirectory, Group, Identity, MemoryStore, NewGroup};
use copath_provider_rustcrypto::RustCrypto;

use crate::people::{NOW, SUITE};

/// More than are worked on in turn.
const NEWCOMERS: u32 = 70;

fn client(provider: Arc<dyn CryptoProvider>, identity: Identity, directory: &Arc<FixedDirectory>) -> Client {
    let builder = Client::builder().provider(provider).store(Arc::new(MemoryStore::new()));
    builder.validator(directory.clone()).suite(SUITE).identity(identity).build().unwrap()
}

fn identity(provider: &Arc<dyn CryptoProvider>, name: &[u8]) -> Identity {
    Identity::generate(provider, SUITE, Credential::basic(name)).unwrap()
}

fn seeded() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([3; 32]))
}

/// What a seeded client sends that adds everybody and then encrypts to everybody, and the tree at the end.
fn history(packages: &[Vec<u8>], directory: &Arc<FixedDirectory>) -> [Vec<u8>; 4] {
    let provider = seeded();
    let creator = identity(&provider, b"creator");
    let client = client(provider, creator, directory);
    let mut group: Group = client.create_group(NewGroup::new(), NOW).unwrap();
    let builder = packages.iter().fold(group.commit(), |commit, package| commit.add(package));
    let adds = builder.prepare(NOW).unwrap();
    group.accept_commit().unwrap();
    let welcome = group.welcome().unwrap();
    group.welcome_sent().unwrap();
    let update = group.commit().update().prepare(NOW).unwrap();
    group.accept_commit().unwrap();
    [adds, welcome, update, group.export_tree().unwrap()]
}

#[test]
fn the_same_comes_out_with_one_thread_and_with_many() {
    let provider = copath_provider_rustcrypto::provider();
    let names: Vec<String> = (0..NEWCOMERS).map(|number| format!("member {number}")).collect();
    let identities: Vec<Identity> = names.iter().map(|name| identity(&provider, name.as_bytes())).collect();
    let known = names.iter().zip(&identities);
    let directory = known.fold(FixedDirectory::new(), |directory, (name, identity)| {
        directory.with(name.as_bytes(), identity.signature_key())
    });
    let creator = identity(&seeded(), b"creator");
    let directory = Arc::new(directory.with(b"creator", creator.signature_key()));
    let clients = identities.into_iter().map(|identity| client(provider.clone(), identity, &directory));
    let clients: Vec<Client> = clients.collect();
    let packages: Vec<Vec<u8>> = clients.iter().map(|client| client.key_package(NOW).unwrap()).collect();

    let with = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let alone = with(1).install(|| history(&packages, &directory));
    assert!(alone == with(4).install(|| history(&packages, &directory)), "four threads");
    assert!(alone == history(&packages, &directory), "the global pool");
    let [_, welcome, update, _] = &alone;
    for threads in [1, 4] {
        let client = &clients[threads];
        let mut joined = with(threads).install(|| client.join(welcome, None, NOW).unwrap());
        joined.receive_and_merge(update, NOW).unwrap();
        assert_eq!(joined.member_count(), NEWCOMERS + 1);
    }
}
