//! Joining without an invitation, and coming back.

use std::sync::Arc;

use copath::{Event, ExternalJoinOptions, ExternalJoins, MemoryStore, NewGroup, TreeTransfer};

use crate::people::{NOW, People, assert_agree, assert_delivered, deliver_commit, group_of, handle_of};

// covers: 12.4.3.2-02
#[test]
fn a_join_is_confirmed_after_a_restart() {
    let people = People::new(&["alice", "bob", "carol"]);
    let clients: Vec<_> = (0..2).map(|person| people.client(person)).collect();
    let mut groups = group_of(&clients);
    let [alice, bob] = &mut groups[..] else { panic!("two groups") };
    let store = Arc::new(MemoryStore::new());
    let carol = people.client_on(2, store.clone());

    let group_info = alice.group_info_with(TreeTransfer::Outside, ExternalJoins::Possible).unwrap();
    let options = ExternalJoinOptions::default;
    let error = carol.join_externally(&group_info, None, options(), NOW).unwrap_err();
    assert_eq!(error.rule(), Some(copath::rules::rule!("12.4.3.1-01")));
    let tree = alice.export_tree().unwrap();
    let join = carol.join_externally(&group_info, Some(&tree), options(), NOW).unwrap();
    let commit = join.message().to_vec();
    drop(join);
    assert!(carol.groups().unwrap().is_empty());

    match alice.receive_and_merge(&commit, NOW).unwrap() {
        Event::CommitMerged { summary, .. } => assert!(summary.joins_externally),
        other => panic!("not a commit: {other:?}"),
    }
    deliver_commit(&commit, &mut [bob]);

    let restarted = people.client_on(2, Arc::new(store.snapshot().unwrap()));
    assert_eq!(restarted.external_joins().unwrap(), [alice.group_id().clone()]);
    let join = restarted.external_join(alice.group_id()).unwrap();
    assert_eq!(join.message(), commit);
    let mut at_carol = join.confirm().unwrap();
    assert!(restarted.external_joins().unwrap().is_empty());
    assert_agree(&[alice, bob, &at_carol]);
    let message = at_carol.encrypt(b"hello").unwrap();
    assert_delivered(&message, b"hello", &mut [alice, bob]);

    carol.external_join(alice.group_id()).unwrap().drop_join().unwrap();
    assert!(carol.external_join(alice.group_id()).is_err());
}

// covers: 12.4.3-04
#[test]
fn a_member_that_lost_the_thread_replaces_itself() {
    let people = People::new(&["alice", "bob"]);
    let clients: Vec<_> = (0..2).map(|person| people.client(person)).collect();
    let mut groups = group_of(&clients);
    let old = groups.pop().unwrap();
    let alice = &mut groups[0];
    let info = alice.group_info().unwrap();
    let error = clients[1].join_externally(&info, None, ExternalJoinOptions::default(), NOW).unwrap_err();
    assert_eq!(error.rule(), Some(copath::rules::rule!("12.4.3-04")));
    let mut options = ExternalJoinOptions::default();
    options.replaces = Some(handle_of(alice, &clients[1]).leaf());
    let join = clients[1].join_externally(&info, None, options, NOW).unwrap();
    let commit = join.message().to_vec();
    deliver_commit(&commit, &mut [alice]);
    let id = alice.group_id().clone();
    assert_eq!(join.confirm().unwrap_err(), copath::Error::Misuse(copath::Misuse::GroupOpen));
    assert_eq!(old.epoch(), 1);
    drop(old);
    let bob = clients[1].external_join(&id).unwrap().confirm().unwrap();
    assert_agree(&[alice, &bob]);
    assert_eq!(alice.member_count(), 2);
}

// covers: 9.1-01, 6.3.1-04
#[test]
fn a_join_is_confirmed_once_and_never_after_a_newer_one() {
    let people = People::new(&["alice", "bob"]);
    let clients: Vec<_> = (0..2).map(|person| people.client(person)).collect();
    let [alice, bob] = &clients[..] else { panic!("two clients") };
    let mut groups = [alice.create_group(NewGroup::new(), NOW).unwrap()];
    let id = groups[0].group_id().clone();
    let info = groups[0].group_info().unwrap();
    let over = copath::Error::Misuse(copath::Misuse::JoinOver);
    let replaced = bob.join_externally(&info, None, ExternalJoinOptions::default(), NOW).unwrap();
    let also_replaced = bob.external_join(&id).unwrap();
    let join = bob.join_externally(&info, None, ExternalJoinOptions::default(), NOW).unwrap();
    assert_eq!(replaced.confirm().unwrap_err(), over);
    also_replaced.drop_join().unwrap();
    let again = bob.external_join(&id).unwrap();

    deliver_commit(join.message(), &mut [&mut groups[0]]);
    let mut at_bob = join.confirm().unwrap();
    let message = at_bob.encrypt(b"one").unwrap();
    assert_delivered(&message, b"one", &mut [&mut groups[0]]);
    drop(at_bob);
    // Confirming again doesn't enter again: the group is opened as it is, and no key is used twice.
    let mut at_bob = again.confirm().unwrap();
    assert_eq!(again.confirm().unwrap_err(), copath::Error::Misuse(copath::Misuse::GroupOpen));
    let message = at_bob.encrypt(b"two").unwrap();
    assert_delivered(&message, b"two", &mut [&mut groups[0]]);
}
