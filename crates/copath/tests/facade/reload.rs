//! A group from the store is the group in memory.

use std::sync::Arc;

use copath::{Credential, Event, Group, MemoryStore};

use crate::people::{NOW, People, assert_agree, assert_delivered, deliver_commit, group_of, handle_of};

/// Two members, one of whom is loaded from the store again and again.
struct Pair {
    people: People,
    store: Arc<MemoryStore>,
    alice: Group,
    bob: Group,
}

impl Pair {
    fn new() -> Self {
        let people = People::new(&["alice", "bob"]);
        let store = Arc::new(MemoryStore::new());
        let clients = [people.client_on(0, store.clone()), people.client(1)];
        let mut groups = group_of(&clients);
        let (bob, alice) = (groups.pop().unwrap(), groups.pop().unwrap());
        Self { people, store, alice, bob }
    }

    /// Alice as she would be after a crash at this moment.
    fn crashed(&self) -> Group {
        let client = self.people.client_on(0, Arc::new(self.store.snapshot().unwrap()));
        assert_eq!(client.groups().unwrap(), [self.alice.group_id().clone()]);
        let crashed = client.load_group(self.alice.group_id()).unwrap();
        assert_agree(&[&self.alice, &crashed]);
        assert_eq!(self.alice.pending_commit(), crashed.pending_commit());
        assert_eq!(self.alice.owes_welcome(), crashed.owes_welcome());
        assert!(self.alice.pending_proposals().eq(crashed.pending_proposals()));
        assert_eq!(self.alice.engine().past_epochs(), crashed.engine().past_epochs());
        crashed
    }
}

#[test]
fn messages_go_on_after_a_reload() {
    let mut pair = Pair::new();
    let late = pair.bob.encrypt(b"late").unwrap();
    let second = pair.bob.encrypt(b"second").unwrap();
    assert_delivered(&second, b"second", &mut [&mut pair.alice]);
    let mut crashed = pair.crashed();
    assert!(crashed.receive(&second, NOW).is_err(), "a message opens once");
    assert_delivered(&late, b"late", &mut [&mut crashed]);
    let message = crashed.encrypt(b"from the store").unwrap();
    assert_delivered(&message, b"from the store", &mut [&mut pair.bob]);
}

#[test]
fn a_late_message_of_a_past_epoch_opens_after_a_reload() {
    let mut pair = Pair::new();
    let late = pair.bob.encrypt(b"late").unwrap();
    let commit = pair.bob.commit().update().prepare(NOW).unwrap();
    pair.bob.accept_commit().unwrap();
    deliver_commit(&commit, &mut [&mut pair.alice]);
    assert_delivered(&late, b"late", &mut [&mut pair.crashed()]);
    assert_delivered(&late, b"late", &mut [&mut pair.alice]);
    assert!(pair.crashed().receive(&late, NOW).is_err(), "a message opens once");
}

#[test]
fn a_pending_commit_is_accepted_after_a_reload() {
    let mut pair = Pair::new();
    let newcomers = People::new(&["carol"]);
    assert!(pair.alice.commit().add(&newcomers.client(0).key_package(NOW).unwrap()).prepare(NOW).is_err());
    let commit = pair.alice.commit().update().prepare(NOW).unwrap();
    let mut crashed = pair.crashed();
    assert_eq!(crashed.pending_commit(), Some(&commit[..]));
    crashed.accept_commit().unwrap();
    deliver_commit(&commit, &mut [&mut pair.bob]);
    assert_agree(&[&crashed, &pair.bob]);
    let message = pair.bob.encrypt(b"welcome back").unwrap();
    assert_delivered(&message, b"welcome back", &mut [&mut crashed]);
    let commit = crashed.commit().update().prepare(NOW).unwrap();
    deliver_commit(&commit, &mut [&mut pair.bob]);
    crashed.accept_commit().unwrap();
    assert_agree(&[&crashed, &pair.bob]);
}

#[test]
fn own_and_foreign_proposals_survive_a_reload() {
    let mut pair = Pair::new();
    let update = pair.alice.propose_update(NOW).unwrap();
    pair.bob.receive(&update, NOW).unwrap();
    let removal = pair.bob.propose_psk(b"shared", NOW).unwrap();
    pair.alice.receive(&removal, NOW).unwrap();
    for client in [pair.alice.client(), pair.bob.client()] {
        client.store_psk(b"shared", &copath::Secret::copy_of(b"both know this")).unwrap();
    }
    let mut crashed = pair.crashed();
    let commit = pair.bob.commit().prepare(NOW).unwrap();
    deliver_commit(&commit, &mut [&mut crashed]);
    pair.bob.accept_commit().unwrap();
    assert_agree(&[&crashed, &pair.bob]);
    let message = pair.bob.encrypt(b"with the new key").unwrap();
    assert_delivered(&message, b"with the new key", &mut [&mut crashed]);
    let commit = pair.bob.commit().update().prepare(NOW).unwrap();
    deliver_commit(&commit, &mut [&mut crashed]);
}

#[test]
fn a_welcome_can_be_made_after_a_reload() {
    let people = People::new(&["alice", "bob"]);
    let store = Arc::new(MemoryStore::new());
    let (alice, bob) = (people.client_on(0, store.clone()), people.client(1));
    let mut group = alice.create_group(copath::NewGroup::new(), NOW).unwrap();
    group.commit().add(&bob.key_package(NOW).unwrap()).prepare(NOW).unwrap();
    let id = group.group_id().clone();
    drop(group);
    let mut group = alice.load_group(&id).unwrap();
    group.accept_commit().unwrap();
    drop(group);
    let mut group = alice.load_group(&id).unwrap();
    let mut at_bob = bob.join(&group.welcome().unwrap(), None, NOW).unwrap();
    assert_agree(&[&group, &at_bob]);
    let message = group.encrypt(b"hello").unwrap();
    assert_delivered(&message, b"hello", &mut [&mut at_bob]);
    assert!(alice.delete_group(&id).is_err(), "it is open");
    group.delete().unwrap();
    assert!(alice.groups().unwrap().is_empty() && alice.load_group(&id).is_err());
}

// covers: 6.1-02
#[test]
fn a_late_sender_is_who_stood_at_the_leaf_then() {
    let people = People::new(&["alice", "bob", "carol", "dave"]);
    let store = Arc::new(MemoryStore::new());
    let clients = [people.client_on(0, store.clone()), people.client(1), people.client(2)];
    let mut groups = group_of(&clients);
    let [alice, bob, carol] = &mut groups[..] else { panic!("three groups") };
    let from_carol = carol.encrypt(b"from carol").unwrap();
    let carols = handle_of(alice, &clients[2]);
    let dave = people.client(3);
    let commit = alice.commit().remove(carols).add(&dave.key_package(NOW).unwrap()).prepare(NOW).unwrap();
    alice.accept_commit().unwrap();
    deliver_commit(&commit, &mut [bob]);
    let mut at_dave = dave.join(&alice.welcome().unwrap(), None, NOW).unwrap();
    assert_eq!(handle_of(alice, &dave).leaf(), carols.leaf(), "Dave stands where Carol stood");
    let from_dave = at_dave.encrypt(b"from dave").unwrap();
    let commit = bob.commit().update().prepare(NOW).unwrap();
    deliver_commit(&commit, &mut [alice]);

    let restarted = people.client_on(0, Arc::new(store.snapshot().unwrap()));
    let mut crashed = restarted.load_group(alice.group_id()).unwrap();
    for (message, name) in [(&from_dave, "dave"), (&from_carol, "carol")] {
        match crashed.receive(message, NOW).unwrap() {
            Event::Application(received) => {
                assert_eq!(received.sender.credential, Credential::basic(name.as_bytes()));
                assert_eq!(received.sender.leaf, carols.leaf());
            }
            other => panic!("not application data: {other:?}"),
        }
    }
}
