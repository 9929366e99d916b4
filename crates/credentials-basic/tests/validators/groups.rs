//! Groups under each validator.

use std::sync::Arc;

use copath::{
    CipherSuite, Client, Credential, CredentialValidator, Error, Event, Group, Identity, NewGroup,
    RejectionReason,
};
use copath_codec::Opaque;
use copath_credentials_basic::{
    Decision, DirectoryContents, DirectoryKey, DirectoryPolicy, FirstUsePolicy, KeyStatus, SignedDirectory,
    TrustOnFirstUse,
};
use copath_records::MemoryStore;

use crate::questions::NOW;

const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;

fn identity(name: &str) -> Identity {
    let provider = copath_provider_rustcrypto::provider();
    Identity::generate(&provider, SUITE, Credential::basic(name.as_bytes())).unwrap()
}

struct Person {
    store: Arc<MemoryStore>,
    validator: Arc<TrustOnFirstUse>,
}

impl Person {
    fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let validator = TrustOnFirstUse::open(store.clone(), FirstUsePolicy::default()).unwrap();
        Self { store, validator: Arc::new(validator) }
    }

    fn client(&self, identities: &[&Identity]) -> Client {
        client(self.store.clone(), self.validator.clone(), identities)
    }
}

fn client(
    store: Arc<MemoryStore>,
    validator: Arc<dyn CredentialValidator>,
    identities: &[&Identity],
) -> Client {
    let builder = Client::builder()
        .provider(copath_provider_rustcrypto::provider())
        .store(store)
        .validator(validator)
        .suite(SUITE);
    identities
        .iter()
        .fold(builder, |builder, identity| builder.identity((*identity).clone()))
        .build()
        .unwrap()
}

fn group_of(clients: &[&Client]) -> Vec<Group> {
    let mut creator = clients[0].create_group(NewGroup::new(), NOW).unwrap();
    let mut commit = creator.commit();
    for client in &clients[1..] {
        commit = commit.add(&client.key_package(NOW).unwrap());
    }
    commit.prepare(NOW).unwrap();
    creator.accept_commit().unwrap();
    let welcome = creator.welcome().unwrap();
    let joined = clients[1..].iter().map(|client| client.join(&welcome, None, NOW).unwrap());
    let joined: Vec<Group> = joined.collect();
    std::iter::once(creator).chain(joined).collect()
}

#[test]
fn first_use_lets_members_rotate_and_stops_who_takes_a_name() {
    let (alice, bob) = (Person::new(), Person::new());
    let (old, new) = (identity("alice"), identity("alice"));
    let clients = [alice.client(&[&new, &old]), bob.client(&[&identity("bob")])];
    // The first identity is used for new leaves: begin with the old one.
    let first = alice.client(&[&old]);
    let mut groups = group_of(&[&first, &clients[1]]);
    let id = groups[0].group_id().clone();
    let mut at_bob = groups.pop().unwrap();
    drop(groups);
    let mut at_alice = clients[0].load_group(&id).unwrap();
    let commit = at_alice.commit().identity(&new).prepare(NOW).unwrap();
    at_bob.receive_and_merge(&commit, NOW).unwrap();
    at_alice.accept_commit().unwrap();
    let news = bob.validator.news();
    assert_eq!((news.len(), news[0].status), (1, KeyStatus::Trusted));
    assert_eq!(news[0].signature_key.as_slice(), new.signature_key());

    // Somebody else who says to be Alice isn't added, until Bob decides.
    let mallory = Person::new().client(&[&identity("alice")]);
    let key_package = mallory.key_package(NOW).unwrap();
    let refused = at_bob.commit().add(&key_package).prepare(NOW).unwrap_err();
    let Error::CredentialRejected(rejection) = refused else { panic!("{refused}") };
    assert_eq!(rejection.reason, RejectionReason::WrongKey);
    let waiting = bob.validator.news().into_iter().find(|news| news.status == KeyStatus::Waiting).unwrap();
    let decision = Decision::Trust;
    bob.validator.decide(&waiting.identity, &waiting.signature_key, decision, NOW).unwrap();
    at_bob.commit().add(&key_package).prepare(NOW).unwrap();
}

#[test]
fn a_group_lives_by_a_signed_directory() {
    let provider = copath_provider_rustcrypto::provider();
    let signer = identity("directory");
    let people = ["alice", "bob", "carol"].map(|name| (name, identity(name)));
    let key = DirectoryKey {
        scheme: signer.signer().scheme(),
        public_key: signer.signature_key().to_vec(),
        directory_id: b"example.com".to_vec(),
    };
    let entries = |listed: &[(&str, Identity)]| {
        let entry = |(name, identity): &(&str, Identity)| {
            (Opaque::from(name.as_bytes()), Opaque::from(identity.signature_key()))
        };
        listed.iter().map(entry).collect::<Vec<_>>()
    };
    let sign = |version, listed: &[(&str, Identity)]| {
        let contents = DirectoryContents::new(b"example.com", version, 0..=NOW.0 + 1000, entries(listed));
        contents.sign(&**signer.signer()).unwrap()
    };
    let store = Arc::new(MemoryStore::new());
    let directory = SignedDirectory::open(store, provider, key, DirectoryPolicy::default()).unwrap();
    let directory = Arc::new(directory);
    directory.install(&sign(1, &people[..2]), NOW).unwrap();
    let clients = people
        .each_ref()
        .map(|(_, identity)| client(Arc::new(MemoryStore::new()), directory.clone(), &[identity]));
    let mut groups = group_of(&[&clients[0], &clients[1]]);
    let carol = clients[2].key_package(NOW).unwrap();
    let refused = groups[0].commit().add(&carol).prepare(NOW).unwrap_err();
    let Error::CredentialRejected(rejection) = refused else { panic!("{refused}") };
    assert_eq!(rejection.reason, RejectionReason::Unknown);
    directory.install(&sign(2, &people), NOW).unwrap();
    let commit = groups[0].commit().add(&carol).prepare(NOW).unwrap();
    let Event::CommitMerged { summary, .. } = groups[1].receive_and_merge(&commit, NOW).unwrap() else {
        panic!("not a commit")
    };
    assert_eq!(summary.added.len(), 1);
}
