//! A store that fails leaves the group as it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use copath::engine::StagedCommit;
use copath::{
    Error, Event, Group, MemoryStore, NewGroup, Secret, StateDelta, Store, StoreError, Unavailable,
};
use copath_store_sqlite::{SqliteOptions, SqliteStore};

use crate::people::{NOW, People, assert_agree, assert_delivered, deliver_commit, group_of};

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

/// A real database without room: the operation fails, nothing is released, and the group goes on when there is room.
#[test]
fn a_full_database_takes_nothing_and_the_group_goes_on_when_there_is_room() {
    let people = People::new(&["alice", "bob"]);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state");
    let limited = SqliteOptions::new().max_pages(60).open(&path).unwrap();
    let client = people.client_on(0, Arc::new(limited));
    let mut groups = group_of(&[client.clone(), people.client(1)]);
    let (mut bob, mut alice) = (groups.pop().unwrap(), groups.pop().unwrap());
    let full = Error::Unavailable(Unavailable::Store(StoreError::Full));
    let ballast = |octets: usize| {
        let store =
            |n: usize| client.store_psk(format!("{octets} {n}").as_bytes(), &Secret::from(vec![7; octets]));
        (0..10_000).map_while(|n| store(n).ok()).count()
    };
    assert!(ballast(3000) > 10);
    ballast(20);
    let before = look(&alice);
    assert_eq!(alice.commit().update().prepare(NOW).unwrap_err(), full);
    assert_eq!(alice.propose_update(NOW).unwrap_err(), full);
    assert_eq!(client.create_group(NewGroup::new(), NOW).unwrap_err(), full);
    assert_eq!(look(&alice), before);

    let id = alice.group_id().clone();
    drop((alice, client));
    let client = people.client_on(0, Arc::new(SqliteStore::open(&path).unwrap()));
    let mut alice = client.load_group(&id).unwrap();
    assert_eq!(look(&alice), before);
    let commit = alice.commit().update().prepare(NOW).unwrap();
    alice.accept_commit().unwrap();
    deliver_commit(&commit, &mut [&mut bob]);
    let message = alice.encrypt(b"there is room").unwrap();
    assert_delivered(&message, b"there is room", &mut [&mut bob]);
    assert_agree(&[&alice, &bob]);
}
