//! A store that fails leaves the group as it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use copath::engine::StagedCommit;
use copath::{Error, Event, Group, MemoryStore, Secret, StateDelta, Store, StoreError, Unavailable};

use crate::people::{NOW, People, assert_agree, assert_delivered, group_of};

/// A store whose next commits fail while `broken`.
#[derive(Debug, Default)]
struct FailingStore {
    inner: MemoryStore,
    broken: AtomicBool,
}

impl Store for FailingStore {
    fn load(&self, key: &copath_records::RecordKey) -> Result<Option<copath_records::Record>, StoreError> {
        self.inner.load(key)
    }

    fn scan(
        &self,
        prefix: &copath_records::RecordKey,
    ) -> Result<Vec<(copath_records::RecordKey, copath_records::Record)>, StoreError> {
        self.inner.scan(prefix)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        if self.broken.load(Ordering::Relaxed) { Err(StoreError::Full) } else { self.inner.commit(delta) }
    }
}

/// What a group looks like from outside.
fn look(group: &Group) -> (u64, Vec<u8>, u32, usize, Option<Vec<u8>>, bool) {
    (
        group.epoch(),
        group.epoch_authenticator().to_vec(),
        group.member_count(),
        group.pending_proposals().count(),
        group.pending_commit().map(<[u8]>::to_vec),
        group.owes_welcome(),
    )
}

/// Runs `operation` on a broken store, then on the whole one, and returns what it then returns.
fn twice<T: std::fmt::Debug>(
    store: &FailingStore,
    group: &mut Group,
    operation: impl Fn(&mut Group) -> Result<T, Error>,
) -> T {
    let before = look(group);
    store.broken.store(true, Ordering::Relaxed);
    let error = operation(group).unwrap_err();
    assert_eq!(error, Error::Unavailable(Unavailable::Store(StoreError::Full)));
    assert_eq!(look(group), before);
    store.broken.store(false, Ordering::Relaxed);
    operation(group).unwrap()
}

fn staged(group: &mut Group, commit: &[u8]) -> StagedCommit {
    match group.receive(commit, NOW).unwrap() {
        Event::CommitStaged(staged) => *staged,
        other => panic!("not a commit: {other:?}"),
    }
}

// covers: 14-01
#[test]
fn every_operation_survives_a_store_that_fails() {
    let people = People::new(&["alice", "bob", "carol"]);
    let store = Arc::new(FailingStore::default());
    let alice_client = people.client_on(0, store.clone());
    let bob_client = people.client(1);
    let carol_client = people.client(2);
    let mut groups = group_of(&[alice_client.clone(), bob_client.clone()]);
    let [alice, bob] = &mut groups[..] else { panic!("two groups") };

    let message = twice(&store, alice, |group| group.encrypt(b"from alice"));
    assert_delivered(&message, b"from alice", &mut [bob]);
    let message = bob.encrypt(b"from bob").unwrap();
    assert!(matches!(twice(&store, alice, |group| group.receive(&message, NOW)), Event::Application(_)));

    let proposal = twice(&store, alice, |group| group.propose_update(NOW));
    bob.receive(&proposal, NOW).unwrap();
    let package = carol_client.key_package(NOW).unwrap();
    let proposal = bob.propose_add(&package, NOW).unwrap();
    assert!(matches!(twice(&store, alice, |group| group.receive(&proposal, NOW)), Event::ProposalQueued(_)));

    let lost = twice(&store, alice, |group| group.commit().prepare(NOW));
    twice(&store, alice, Group::drop_commit);
    assert!(!lost.is_empty());
    let commit = twice(&store, alice, |group| group.commit().prepare(NOW));
    twice(&store, alice, Group::accept_commit);
    let commit_of_bob = staged(bob, &commit);
    bob.merge(commit_of_bob).unwrap();
    let mut carol = carol_client.join(&alice.welcome().unwrap(), None, NOW).unwrap();
    twice(&store, alice, Group::welcome_sent);
    assert_agree(&[alice, bob, &carol]);

    let commit = carol.commit().update().prepare(NOW).unwrap();
    carol.accept_commit().unwrap();
    twice(&store, alice, |group| group.receive_and_merge(&commit, NOW));
    bob.receive_and_merge(&commit, NOW).unwrap();
    assert_agree(&[alice, bob, &carol]);
}

#[test]
fn clients_survive_a_store_that_fails() {
    let people = People::new(&["alice", "bob"]);
    let store = Arc::new(FailingStore::default());
    let (alice_client, bob) = (people.client(0), people.client_on(1, store.clone()));
    let full = Error::Unavailable(Unavailable::Store(StoreError::Full));
    let broken = |broken| store.broken.store(broken, Ordering::Relaxed);

    broken(true);
    assert_eq!(bob.key_package(NOW).unwrap_err(), full);
    assert_eq!(bob.create_group(copath::NewGroup::new(), NOW).unwrap_err(), full);
    assert_eq!(bob.store_psk(b"id", &Secret::copy_of(b"psk")).unwrap_err(), full);
    assert_eq!(store.inner.count().unwrap(), 0);
    broken(false);
    let package = bob.key_package(NOW).unwrap();
    let mut alice = alice_client.create_group(copath::NewGroup::new(), NOW).unwrap();
    alice.commit().add(&package).prepare(NOW).unwrap();
    alice.accept_commit().unwrap();
    let welcome = alice.welcome().unwrap();
    broken(true);
    assert_eq!(bob.join(&welcome, None, NOW).unwrap_err(), full);
    broken(false);
    let at_bob = bob.join(&welcome, None, NOW).unwrap();
    assert_agree(&[&alice, &at_bob]);
}
