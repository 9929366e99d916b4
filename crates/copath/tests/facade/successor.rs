//! Successors and branches.

use copath::{BranchParameters, Error, Event, Merged, NewGroup, Unavailable};

use crate::people::{NOW, People, assert_agree, deliver_commit, group_of};

// covers: 11.2-05
#[test]
fn a_group_goes_on_in_its_successor() {
    let people = People::new(&["alice", "bob", "carol"]);
    let clients: Vec<_> = (0..3).map(|person| people.client(person)).collect();
    let mut groups = group_of(&clients);
    let [alice, bob, carol] = &mut groups[..] else { panic!("three groups") };
    let packages = || [&clients[0], &clients[2]].map(|client| client.key_package(NOW).unwrap());
    let error = bob.successor(&packages(), NOW).unwrap_err();
    assert_eq!(error.rule(), Some(copath::rules::rule!("11.2-05")));

    let next = NewGroup::new().group_id(&b"the next one"[..]);
    let commit = alice.commit().reinit(&next).prepare(NOW).unwrap();
    for group in [&mut *bob, &mut *carol] {
        let event = group.receive_and_merge(&commit, NOW).unwrap();
        assert!(matches!(event, Event::CommitMerged { outcome: Merged::Reinitialized(2), .. }), "{event:?}");
    }
    assert_eq!(alice.accept_commit().unwrap(), Merged::Reinitialized(2));
    assert!(alice.encrypt(b"too late").is_err());

    let mut at_bob = bob.successor(&packages(), NOW).unwrap();
    let welcome = at_bob.welcome().unwrap();
    let at_alice = clients[0].join(&welcome, None, NOW).unwrap();
    let at_carol = clients[2].join(&welcome, None, NOW).unwrap();
    assert_agree(&[&at_alice, &at_bob, &at_carol]);
    assert_eq!(at_alice.group_id().as_slice(), b"the next one");

    // Whoever has a successor makes no other.
    let error = alice.successor(&packages(), NOW).unwrap_err();
    assert_eq!(error.rule(), Some(copath::rules::rule!("12.4.3-04")));
}

#[test]
fn a_second_successor_is_not_joined() {
    let people = People::new(&["alice", "bob"]);
    let clients: Vec<_> = (0..2).map(|person| people.client(person)).collect();
    let mut groups = group_of(&clients);
    let [alice, bob] = &mut groups[..] else { panic!("two groups") };
    let commit = alice.commit().reinit(&NewGroup::new()).prepare(NOW).unwrap();
    bob.receive_and_merge(&commit, NOW).unwrap();
    alice.accept_commit().unwrap();
    // both make one before they hear of the other's
    let package = |person: usize| clients[person].key_package(NOW).unwrap();
    let mut first = alice.successor(&[package(1)], NOW).unwrap();
    let second = bob.successor(&[package(0)], NOW).unwrap();
    let welcome = first.welcome().unwrap();
    drop(second);
    let error = clients[1].join(&welcome, None, NOW).unwrap_err();
    assert_eq!(error.rule(), Some(copath::rules::rule!("12.4.3-04")));
    // the delivery service chose alice's: bob gives his up
    clients[1].delete_group(first.group_id()).unwrap();
    let at_bob = clients[1].join(&welcome, None, NOW).unwrap();
    assert_agree(&[&first, &at_bob]);
}

#[test]
fn a_successor_is_joined_with_the_old_group_at_hand() {
    let people = People::new(&["alice", "bob"]);
    let clients: Vec<_> = (0..2).map(|person| people.client(person)).collect();
    let mut groups = group_of(&clients);
    let bob = groups.pop().unwrap();
    let alice = &mut groups[0];
    alice.commit().reinit(&NewGroup::new()).prepare(NOW).unwrap();
    alice.accept_commit().unwrap();
    let mut next = alice.successor(&[clients[1].key_package(NOW).unwrap()], NOW).unwrap();
    bob.delete().unwrap();
    let error = clients[1].join(&next.welcome().unwrap(), None, NOW).unwrap_err();
    assert!(matches!(error, Error::Unavailable(Unavailable::Parent(_))), "{error:?}");
    assert_eq!(error.rule(), Some(copath::rules::rule!("11.2-05")));
}

// covers: 11.3-05
#[test]
fn some_members_branch_off() {
    let people = People::new(&["alice", "bob", "carol"]);
    let clients: Vec<_> = (0..3).map(|person| people.client(person)).collect();
    let mut groups = group_of(&clients);
    let carol = groups.pop().unwrap();
    let [alice, bob] = &mut groups[..] else { panic!("two groups") };
    let package = clients[2].key_package(NOW).unwrap();
    let mut at_alice = alice.branch(&BranchParameters::default(), &[package], NOW).unwrap();
    let at_carol = clients[2].join(&at_alice.welcome().unwrap(), None, NOW).unwrap();
    assert_agree(&[&at_alice, &at_carol]);
    assert_eq!((at_alice.member_count(), at_alice.epoch()), (2, 1));
    let commit = alice.commit().update().prepare(NOW).unwrap();
    alice.accept_commit().unwrap();
    deliver_commit(&commit, &mut [bob]);
    assert_agree(&[alice, bob]);
    drop(carol);
}
