//! Messages that may not have been sent.

use std::sync::Arc;

use copath::{Client, MemoryStore, NewGroup, Outbox, OutgoingKind};

use crate::people::{NOW, People, assert_delivered, deliver_commit};

fn keeping(people: &People, store: Arc<MemoryStore>) -> Client {
    people.builder(0).store(store).outbox(Outbox::Kept).build().unwrap()
}

#[test]
fn messages_and_welcomes_are_kept_until_they_are_sent() {
    let people = People::new(&["alice", "bob", "carol"]);
    let store = Arc::new(MemoryStore::new());
    let client = keeping(&people, store.clone());
    let (bob, carol) = (people.client(1), people.client(2));
    let mut alice = client.create_group(NewGroup::new(), NOW).unwrap();
    let id = alice.group_id().clone();
    alice.commit().add(&bob.key_package(NOW).unwrap()).prepare(NOW).unwrap();
    alice.accept_commit().unwrap();
    let mut at_bob = bob.join(&alice.welcome().unwrap(), None, NOW).unwrap();
    alice.welcome_sent().unwrap();

    let message = alice.encrypt(b"one").unwrap();
    let commit = alice.commit().add(&carol.key_package(NOW).unwrap()).prepare(NOW).unwrap();
    alice.accept_commit().unwrap();
    // The process ends before message, commit and Welcome are sent, and Bob's commit comes first when it is back.
    drop((alice, client));
    let client = keeping(&people, Arc::new(store.snapshot().unwrap()));
    assert_eq!(client.unfinished().unwrap().unsent, std::slice::from_ref(&id));
    let mut alice = client.load_group(&id).unwrap();
    assert_delivered(&message, b"one", &mut [&mut at_bob]);
    deliver_commit(&commit, &mut [&mut at_bob]);
    let next = at_bob.commit().update().prepare(NOW).unwrap();
    at_bob.accept_commit().unwrap();
    deliver_commit(&next, &mut [&mut alice]);
    assert!(!alice.owes_welcome());
    let outgoing: Vec<_> = alice.outgoing().collect();
    let kinds: Vec<_> = outgoing.iter().map(|outgoing| outgoing.kind).collect();
    assert_eq!(kinds, [OutgoingKind::Message, OutgoingKind::Welcome]);
    assert_eq!(outgoing[0].message, message);
    let mut at_carol = carol.join(&outgoing[1].message, None, NOW).unwrap();
    deliver_commit(&next, &mut [&mut at_carol]);
    for sent in outgoing {
        alice.sent(&sent.message).unwrap();
        alice.sent(&sent.message).unwrap();
    }
    assert_eq!(alice.outgoing().count(), 0);
    assert!(client.unfinished().unwrap().is_empty());
}

#[test]
fn a_welcome_that_was_built_is_kept_without_its_signer() {
    let people = People::new(&["alice", "bob", "carol"]);
    let store = Arc::new(MemoryStore::new());
    let (client, bob, carol) = (keeping(&people, store.clone()), people.client(1), people.client(2));
    let mut groups = crate::people::group_of(&[client.clone(), bob]);
    let [alice, at_bob] = &mut groups[..] else { panic!("two groups") };
    let id = alice.group_id().clone();
    let commit = alice.commit().add(&carol.key_package(NOW).unwrap()).prepare(NOW).unwrap();
    alice.accept_commit().unwrap();
    deliver_commit(&commit, &mut [at_bob]);
    let store_before = Arc::new(store.snapshot().unwrap());
    let welcome = alice.welcome().unwrap();
    let next = at_bob.commit().update().prepare(NOW).unwrap();
    // The client starts again without the identity of its leaf, and reads on.
    let without = |store: Arc<MemoryStore>| {
        let client = people.builder(2).store(store).outbox(Outbox::Kept).build().unwrap();
        client.load_group(&id).unwrap()
    };
    let mut alice = without(Arc::new(store.snapshot().unwrap()));
    deliver_commit(&next, &mut [&mut alice]);
    let kept: Vec<_> = alice.outgoing().collect();
    assert_eq!((kept.len(), kept[0].kind), (1, OutgoingKind::Welcome));
    carol.join(&kept[0].message, None, NOW).unwrap();
    assert_ne!(kept[0].message, welcome, "sealed anew, for the same joiner");
    // One that was never signed needs the signer.
    let mut alice = without(store_before);
    let error = alice.receive_and_merge(&next, NOW).unwrap_err();
    assert_eq!(error, copath::Error::Misuse(copath::Misuse::NoSigner));
}

// covers: 12.2-02
#[test]
fn a_proposal_that_was_not_sent_is_sent_before_a_commit_covers_it() {
    let people = People::new(&["alice", "bob"]);
    let store = Arc::new(MemoryStore::new());
    let clients = [people.client_on(0, store.clone()), people.client(1)];
    let mut groups = crate::people::group_of(&clients);
    let [alice, bob] = &mut groups[..] else { panic!("two groups") };
    alice.propose_update(NOW).unwrap();
    let restarted = people.client_on(0, Arc::new(store.snapshot().unwrap()));
    let mut alice = restarted.load_group(alice.group_id()).unwrap();
    let unsent: Vec<_> = alice.outgoing().collect();
    assert_eq!(unsent[0].kind, OutgoingKind::Proposal);
    let error = bob.commit().update().prepare(NOW).and_then(|_| bob.drop_commit());
    assert_eq!(error, Ok(()));
    bob.receive(&unsent[0].message, NOW).unwrap();
    let commit = bob.commit().prepare(NOW).unwrap();
    bob.accept_commit().unwrap();
    deliver_commit(&commit, &mut [&mut alice]);
    assert_eq!(alice.outgoing().count(), 0, "its epoch is over");
    assert!(restarted.unfinished().unwrap().is_empty());
}
