//! A group from its creation on.

use copath::{Credential, Event, Merged, Secret, TreeTransfer, WelcomeOptions, WelcomeSplit};

use crate::people::{NOW, People, assert_agree, assert_delivered, deliver_commit, group_of, handle_of};

// covers: 12.4-01, 12.4.2-13
#[test]
fn three_members_talk_update_and_part() {
    let people = People::new(&["alice", "bob", "carol"]);
    let clients: Vec<_> = (0..3).map(|person| people.client(person)).collect();
    let mut groups = group_of(&clients);
    let [alice, bob, carol] = &mut groups[..] else { panic!("three groups") };

    let first = alice.encrypt(b"first").unwrap();
    let second = alice.encrypt_with(b"second", b"visible").unwrap();
    assert_delivered(&second, b"second", &mut [bob, carol]);
    assert_delivered(&first, b"first", &mut [bob, carol]);

    assert!(matches!(alice.receive(&first, NOW), Ok(Event::Known)));
    let proposal = bob.propose_update(NOW).unwrap();
    assert!(matches!(bob.receive(&proposal, NOW), Ok(Event::Known)));
    for group in [&mut *alice, &mut *carol] {
        assert!(matches!(group.receive(&proposal, NOW), Ok(Event::ProposalQueued(_))));
    }
    let error = alice.encrypt(b"too early").unwrap_err();
    assert_eq!(error.rule(), Some(copath::rules::rule!("12.4-01")));
    let commit = carol.commit().prepare(NOW).unwrap();
    deliver_commit(&commit, &mut [alice, bob]);
    assert!(matches!(carol.receive(&commit, NOW), Ok(Event::OwnCommitAccepted(Merged::Epoch(2)))));
    assert_agree(&[alice, bob, carol]);

    let leaver = handle_of(alice, &clients[2]);
    let commit = alice.commit().remove(leaver).prepare(NOW).unwrap();
    alice.accept_commit().unwrap();
    deliver_commit(&commit, &mut [bob]);
    match carol.receive_and_merge(&commit, NOW).unwrap() {
        Event::CommitMerged { summary, outcome: Merged::Removed } => {
            assert_eq!(summary.removed[0].credential, Credential::basic(b"carol"));
            assert_eq!(summary.committer.credential, Credential::basic(b"alice"));
        }
        other => panic!("not a removal: {other:?}"),
    }
    assert!(carol.is_removed() && carol.encrypt(b"still here?").is_err());
    assert_agree(&[alice, bob]);
    let message = bob.encrypt(b"just us").unwrap();
    assert_delivered(&message, b"just us", &mut [alice]);
}

// covers: 8.4-01
#[test]
fn a_staged_commit_can_be_refused_and_psks_are_mixed_in() {
    let people = People::new(&["alice", "bob"]);
    let clients: Vec<_> = (0..2).map(|person| people.client(person)).collect();
    let mut groups = group_of(&clients);
    let [alice, bob] = &mut groups[..] else { panic!("two groups") };

    clients[0].store_psk(b"shared", &Secret::copy_of(b"a secret that both know")).unwrap();
    let commit = alice.commit().psk(b"shared").without_path().prepare(NOW).unwrap();
    let error = bob.receive(&commit, NOW).unwrap_err();
    assert_eq!(error.rule(), Some(copath::rules::rule!("12.4.2-03")));
    assert_eq!(bob.epoch(), 1);
    clients[1].store_psk(b"shared", &Secret::copy_of(b"a secret that both know")).unwrap();
    let Ok(Event::CommitStaged(staged)) = bob.receive(&commit, NOW) else { panic!("not a commit") };
    assert_eq!(staged.summary().psks.len(), 1);
    drop(staged);
    assert_eq!(bob.epoch(), 1);
    deliver_commit(&commit, &mut [bob]);
    alice.accept_commit().unwrap();
    assert_agree(&[alice, bob]);
}

// covers: 14-04
#[test]
fn of_two_commits_the_first_one_wins() {
    let people = People::new(&["alice", "bob"]);
    let clients: Vec<_> = (0..2).map(|person| people.client(person)).collect();
    let mut groups = group_of(&clients);
    let [alice, bob] = &mut groups[..] else { panic!("two groups") };
    let first = alice.commit().update().prepare(NOW).unwrap();
    let second = bob.commit().update().prepare(NOW).unwrap();
    assert_eq!(bob.commit().update().prepare(NOW).unwrap(), second, "the same again");
    assert!(bob.commit().without_path().psk(b"id").prepare(NOW).is_err());
    deliver_commit(&first, &mut [bob]);
    assert!(bob.pending_commit().is_none() && bob.accept_commit().is_err());
    alice.accept_commit().unwrap();
    assert_agree(&[alice, bob]);
    alice.commit().update().prepare(NOW).unwrap();
    alice.drop_commit().unwrap();
    let message = alice.encrypt(b"still here").unwrap();
    assert_delivered(&message, b"still here", &mut [bob]);
}

// covers: 12.4.3.1-01
#[test]
fn welcomes_with_the_tree_beside_them() {
    let people = People::new(&["alice", "bob", "carol"]);
    let clients: Vec<_> = (0..3).map(|person| people.client(person)).collect();
    let mut alice = clients[0].create_group(copath::NewGroup::new().group_id(&b"ours"[..]), NOW).unwrap();
    let packages = [clients[1].key_package(NOW).unwrap(), clients[2].key_package(NOW).unwrap()];
    alice.commit().add(&packages[0]).add(&packages[1]).prepare(NOW).unwrap();
    assert!(alice.welcome().is_err());
    alice.accept_commit().unwrap();
    let options = WelcomeOptions::default().tree(TreeTransfer::Outside).split(WelcomeSplit::Each);
    let welcomes = alice.welcomes(options).unwrap();
    assert_eq!(welcomes.len(), 2);
    let error = clients[1].join(&welcomes[0], None, NOW).unwrap_err();
    assert_eq!(error.rule(), Some(copath::rules::rule!("12.4.3.1-01")));
    let tree = alice.export_tree().unwrap();
    let bob = clients[1].join(&welcomes[0], Some(&tree), NOW).unwrap();
    let carol = clients[2].join(&welcomes[1], Some(&tree), NOW).unwrap();
    assert_agree(&[&alice, &bob, &carol]);
    assert!(alice.owes_welcome());
    alice.welcome_sent().unwrap();
    assert!(!alice.owes_welcome() && alice.welcome().is_err());
}

#[test]
fn a_resumption_psk_of_another_group_comes_from_the_store() {
    let people = People::new(&["alice", "bob"]);
    let clients: Vec<_> = (0..2).map(|person| people.client(person)).collect();
    let old = group_of(&clients);
    let mut groups = group_of(&clients);
    let [alice, bob] = &mut groups[..] else { panic!("two groups") };
    let commit = alice.commit().resumption_psk(old[0].group_id(), 1).prepare(NOW).unwrap();
    deliver_commit(&commit, &mut [bob]);
    alice.accept_commit().unwrap();
    assert_agree(&[alice, bob]);
}

#[test]
fn a_member_changes_its_signature_key() {
    let names = ["alice", "bob"];
    let people = People::new(&names);
    let clients: Vec<_> = (0..2).map(|person| people.client(person)).collect();
    let mut groups = group_of(&clients);
    let [alice, _] = &mut groups[..] else { panic!("two groups") };
    let other = People::new(&names).client(0).identities()[0].clone();
    let error = alice.commit().identity(&other).prepare(NOW).unwrap_err();
    assert_eq!(error, copath::Error::Misuse(copath::Misuse::NoSigner));
}
