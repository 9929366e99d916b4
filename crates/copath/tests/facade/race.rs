//! Commits that lose the race, and what becomes of what they were to do.

use std::sync::Arc;

use copath::{
    Client, Error, Event, Extension, ExtensionType, Extensions, ForgoneReason, Group, Intent, Life,
    MemoryStore, Misuse, Secret,
};

use crate::people::{NOW, People, assert_agree, assert_delivered, deliver_commit, group_of, handle_of};

fn trio() -> (People, Vec<Client>, Vec<Group>) {
    let people = People::new(&["alice", "bob", "carol", "dave", "erin"]);
    let clients: Vec<_> = (0..5).map(|person| people.client(person)).collect();
    let groups = group_of(&clients[..3]);
    (people, clients, groups)
}

/// Alice's commit wins against Bob's pending one.
fn win(alice: &mut Group, others: &mut [&mut Group], commit: Vec<u8>) {
    alice.accept_commit().unwrap();
    deliver_commit(&commit, others);
}

// covers: 14-02
#[test]
fn what_was_lost_is_done_again_in_one_call() {
    let (_, clients, mut groups) = trio();
    let [alice, bob, carol] = &mut groups[..] else { panic!("three groups") };
    clients.iter().take(4).for_each(|c| c.store_psk(b"shared", &Secret::copy_of(b"known to all")).unwrap());
    let commit = alice.commit().update().prepare(NOW).unwrap();
    let package = clients[3].key_package(NOW).unwrap();
    let carols = handle_of(bob, &clients[2]);
    let lost = bob.commit().add(&package).remove(carols).psk(b"shared").prepare(NOW).unwrap();
    assert_eq!(bob.redo(NOW).unwrap_err(), nothing_lost());
    win(alice, &mut [bob, carol], commit);
    assert!(bob.pending_commit().is_none());
    assert_eq!(bob.lost_intents().unwrap().intents.len(), 3);
    assert!(matches!(bob.receive(&lost, NOW), Ok(Event::Known)), "its own late commit");

    let redone = bob.redo(NOW).unwrap();
    assert_eq!(redone.forgone, []);
    assert!(bob.lost_intents().is_none(), "they are pending now");
    assert_eq!(bob.redo(NOW).unwrap_err(), nothing_lost());
    let commit = redone.message.unwrap();
    deliver_commit(&commit, &mut [alice]);
    bob.accept_commit().unwrap();
    carol.receive_and_merge(&commit, NOW).unwrap();
    assert!(carol.is_removed());
    let dave = clients[3].join(&bob.welcome().unwrap(), None, NOW).unwrap();
    assert_agree(&[alice, bob, &dave]);
}

fn nothing_lost() -> Error {
    Error::Misuse(Misuse::Group(copath::engine::Misuse::NothingLost))
}

#[test]
fn what_makes_no_sense_any_more_is_reported() {
    let (_, clients, mut groups) = trio();
    let [alice, bob, carol] = &mut groups[..] else { panic!("three groups") };
    let carols = handle_of(alice, &clients[2]);
    let package = clients[3].key_package(NOW).unwrap();
    let others = clients[3].key_package(NOW).unwrap();
    let commit = alice.commit().remove(carols).add(&package).prepare(NOW).unwrap();
    let late = clients[4].key_package(NOW).unwrap();
    bob.commit().remove(carols).add(&others).add(&late).prepare(NOW).unwrap();
    alice.accept_commit().unwrap();
    deliver_commit(&commit, &mut [bob]);
    carol.receive_and_merge(&commit, NOW).unwrap();

    // By the time that Bob tries again, the third intent has become impossible too: the key package has expired.
    let later = copath::Timestamp(NOW.0 + 200 * 24 * 3600);
    let before = bob.epoch();
    let redone = bob.redo(later).unwrap();
    assert_eq!(redone.message, None);
    assert!(bob.lost_intents().is_none() && bob.pending_commit().is_none());
    assert_eq!(bob.epoch(), before);
    let [gone, there, expired] = &redone.forgone[..] else { panic!("three intents") };
    assert_eq!(gone.reason, ForgoneReason::NotAMember);
    assert!(
        matches!(&gone.intent, Intent::Remove(member) if member.credential == copath::Credential::basic(b"carol"))
    );
    assert_eq!(there.reason, ForgoneReason::AlreadyAMember);
    assert!(matches!(expired.reason, ForgoneReason::Refused(_)), "{:?}", expired.reason);
    let message = bob.encrypt(b"all the same").unwrap();
    assert_delivered(&message, b"all the same", &mut [alice]);
}

#[test]
fn a_redone_removal_follows_the_member_not_the_leaf() {
    let (_, clients, mut groups) = trio();
    let [alice, bob, carol] = &mut groups[..] else { panic!("three groups") };
    let carols = handle_of(bob, &clients[2]);
    // Alice's commit removes Carol and puts Dave in her leaf; Bob's removal of Carol must not hit Dave.
    let package = clients[3].key_package(NOW).unwrap();
    let commit = alice.commit().remove(carols).add(&package).prepare(NOW).unwrap();
    bob.commit().remove(carols).prepare(NOW).unwrap();
    alice.accept_commit().unwrap();
    deliver_commit(&commit, &mut [bob]);
    carol.receive_and_merge(&commit, NOW).unwrap();
    assert_eq!(handle_of(bob, &clients[3]).leaf(), carols.leaf());
    let redone = bob.redo(NOW).unwrap();
    assert_eq!(redone.message, None);
    assert_eq!(redone.forgone[0].reason, ForgoneReason::NotAMember);
    assert_eq!(bob.member_count(), 3);
}

#[test]
fn extensions_that_somebody_else_changed_are_not_undone() {
    let (people, _, _) = trio();
    let supporting = |person| {
        let builder = people.builder(person).store(Arc::new(MemoryStore::new()));
        builder.supporting_extension(ExtensionType(0xf001)).build().unwrap()
    };
    let clients = [supporting(0), supporting(1)];
    let mut groups = group_of(&clients);
    let [alice, bob] = &mut groups[..] else { panic!("two groups") };
    let extensions = |data: &[u8]| {
        let extension_data = data.to_vec().into();
        Extensions(vec![Extension { extension_type: ExtensionType(0xf001), extension_data }])
    };
    for (theirs, ours, reason) in [
        (b"theirs", b"ours..", ForgoneReason::ExtensionsChanged),
        (b"agreed", b"agreed", ForgoneReason::AlreadySo),
    ] {
        let commit = alice.commit().extensions(extensions(theirs)).prepare(NOW).unwrap();
        bob.commit().extensions(extensions(ours)).prepare(NOW).unwrap();
        win(alice, &mut [bob], commit);
        let redone = bob.redo(NOW).unwrap();
        assert_eq!((redone.message, &redone.forgone[0].reason), (None, &reason));
        assert_eq!(bob.context().extensions, extensions(theirs));
    }
    let commit = alice.commit().update().prepare(NOW).unwrap();
    bob.commit().extensions(extensions(b"mine")).prepare(NOW).unwrap();
    win(alice, &mut [bob], commit);
    let commit = bob.redo(NOW).unwrap().message.unwrap();
    bob.accept_commit().unwrap();
    deliver_commit(&commit, &mut [alice]);
    assert_eq!(alice.context().extensions, extensions(b"mine"));
}

#[test]
fn losing_twice_keeps_both() {
    let (_, clients, mut groups) = trio();
    let [alice, bob, carol] = &mut groups[..] else { panic!("three groups") };
    for newcomer in [3, 4] {
        let commit = alice.commit().update().prepare(NOW).unwrap();
        bob.commit().add(&clients[newcomer].key_package(NOW).unwrap()).prepare(NOW).unwrap();
        win(alice, &mut [bob, carol], commit);
    }
    assert_eq!(bob.lost_intents().unwrap().intents.len(), 2);
    let commit = bob.redo(NOW).unwrap().message.unwrap();
    bob.accept_commit().unwrap();
    deliver_commit(&commit, &mut [alice, carol]);
    assert_eq!(alice.member_count(), 5);
}

// covers: 14-04
#[test]
fn each_state_of_a_commit_survives_a_restart_and_is_listed() {
    let people = People::new(&["alice", "bob", "carol"]);
    let store = Arc::new(MemoryStore::new());
    let clients = [people.client_on(0, store.clone()), people.client(1), people.client(2)];
    let mut groups = group_of(&clients[..2]);
    let mut bob = groups.pop().unwrap();
    let mut alice = groups.pop().unwrap();
    let id = alice.group_id().clone();
    let [client, _, carol] = clients;
    assert!(client.unfinished().unwrap().is_empty());
    let restart = || people.client_on(0, Arc::new(store.snapshot().unwrap()));

    let package = carol.key_package(NOW).unwrap();
    let prepared = alice.commit().add(&package).prepare(NOW).unwrap();
    let restarted = restart();
    let unfinished = restarted.unfinished().unwrap();
    assert_eq!(unfinished.groups[0].pending_commit.as_ref(), Some(&prepared));
    assert_eq!((unfinished.groups[0].epoch, unfinished.groups[0].life), (1, Life::Active));
    let mut group = restarted.load_group(&id).unwrap();
    assert_eq!(
        group.outgoing().map(|outgoing| outgoing.message).collect::<Vec<_>>(),
        std::slice::from_ref(&prepared)
    );
    assert_eq!(
        group.commit().add(&package).prepare(NOW).unwrap(),
        prepared,
        "the same octets, no new commit"
    );
    assert!(group.commit().update().prepare(NOW).is_err(), "another commit has to wait");
    drop(group);

    deliver_commit(&prepared, &mut [&mut bob]);
    for _ in 0..2 {
        let mut group = restart().load_group(&id).unwrap();
        assert!(matches!(group.receive(&prepared, NOW), Ok(Event::OwnCommitAccepted(_))));
    }
    alice.accept_commit().unwrap();
    let restarted = restart();
    assert!(restarted.unfinished().unwrap().groups[0].owes_welcome);
    let mut group = restarted.load_group(&id).unwrap();
    assert!(matches!(group.receive(&prepared, NOW), Ok(Event::Known)), "the echo, after all");
    assert_agree(&[&group, &bob]);
    carol.join(&group.welcome().unwrap(), None, NOW).unwrap();
    alice.welcome_sent().unwrap();
    assert!(restart().unfinished().unwrap().is_empty());

    let winner = bob.commit().update().prepare(NOW).unwrap();
    bob.accept_commit().unwrap();
    let lost = alice.commit().without_path().psk(b"shared").prepare(NOW);
    assert!(lost.is_err(), "Alice doesn't have it");
    client.store_psk(b"shared", &Secret::copy_of(b"now she does")).unwrap();
    alice.commit().without_path().psk(b"shared").prepare(NOW).unwrap();
    deliver_commit(&winner, &mut [&mut alice]);
    let restarted = restart();
    assert_eq!(restarted.unfinished().unwrap().groups[0].lost.as_ref(), alice.lost_intents());
    let mut group = restarted.load_group(&id).unwrap();
    assert!(group.redo(NOW).unwrap().message.is_some());
    alice.forget_lost_intents().unwrap();
    alice.propose_update(NOW).unwrap();
    let listed = restart().unfinished().unwrap();
    assert_eq!((listed.groups[0].own_updates, listed.groups[0].pending_proposals), (1, 1));
    assert_eq!(listed.groups[0].lost, None);
}

#[test]
fn a_pending_commit_can_be_cleared_and_another_made() {
    let (_, _, mut groups) = trio();
    let [alice, bob, carol] = &mut groups[..] else { panic!("three groups") };
    let first = alice.commit().update().prepare(NOW).unwrap();
    alice.drop_commit().unwrap();
    assert!(alice.lost_intents().is_none(), "dropped on purpose");
    let second = alice.commit().update().prepare(NOW).unwrap();
    assert_ne!(first, second);
    alice.accept_commit().unwrap();
    deliver_commit(&second, &mut [bob, carol]);
    assert_agree(&[alice, bob, carol]);
}
