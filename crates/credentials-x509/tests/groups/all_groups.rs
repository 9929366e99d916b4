//! A new certificate for all groups of a client.

use std::sync::Arc;

use copath::{
    CertificateDefect, Client, Error, Identity, MemoryStore, RejectionReason, RotateBy, Rotation, Store,
    Timestamp,
};
use copath_rules::rule;
use rcgen::date_time_ymd;

use crate::SUITES;
use crate::people::{NOW, Organisation, group_of, mailbox};

/// The client of a store again, with a new identity before its old one.
fn renewed(organisation: &Organisation, store: &Arc<MemoryStore>, old: &Identity, new: &Identity) -> Client {
    let store: Arc<dyn Store> = store.clone();
    organisation.builder(new.clone()).identity(old.clone()).store(store).build().unwrap()
}

/// What a call to rotate has made, for each group in the order of their ids.
fn rotations(client: &Client, by: RotateBy) -> Vec<Rotation> {
    let rotations = client.rotate_identity(&mut [], by, NOW).unwrap();
    rotations.into_iter().map(|rotation| rotation.outcome.unwrap()).collect()
}

// covers: 5.3.1-04, 5.3.1-05
#[test]
fn a_new_certificate_reaches_all_groups_by_commit_or_update() {
    for by in [RotateBy::Commit, RotateBy::Update] {
        let organisation = Organisation::new(SUITES[1]);
        let store = Arc::new(MemoryStore::new());
        let (old, new) = (organisation.identity("alice"), organisation.identity("alice"));
        let alice = organisation.builder(old.clone()).store(store.clone()).build().unwrap();
        let bob = organisation.client(organisation.identity("bob"));
        let mut at_bob: Vec<_> =
            (0..2).map(|_| group_of(&[alice.clone(), bob.clone()]).pop().unwrap()).collect();
        at_bob.sort_by(|a, b| a.group_id().cmp(b.group_id()));
        let alice = renewed(&organisation, &store, &old, &new);
        for (group, rotation) in at_bob.iter_mut().zip(rotations(&alice, by)) {
            let Rotation::Send(message) = rotation else { panic!("{rotation:?}") };
            let mut at_alice = alice.load_group(group.group_id()).unwrap();
            match by {
                RotateBy::Update => {
                    group.receive(&message, NOW).unwrap();
                    let commit = group.commit().prepare(NOW).unwrap();
                    group.accept_commit().unwrap();
                    at_alice.receive_and_merge(&commit, NOW).unwrap();
                }
                _ => {
                    group.receive_and_merge(&message, NOW).unwrap();
                    at_alice.accept_commit().unwrap();
                }
            }
            assert_eq!(&group.find_member(new.signature_key()).unwrap().credential, new.credential());
        }
        assert_eq!(rotations(&alice, by), [Rotation::Done, Rotation::Done]);
        assert!(alice.former_identities().unwrap()[0].is_unused());
    }
}

// covers: 5.3.1-04, 5.3.1-08
#[test]
fn a_certificate_for_somebody_else_is_refused_in_an_update_too() {
    let organisation = Organisation::new(SUITES[0]);
    let store = Arc::new(MemoryStore::new());
    let old = organisation.identity("alice");
    let eve = organisation.identity_with("alice", mailbox("eve@example.com"));
    let alice = organisation.builder(old.clone()).store(store.clone()).build().unwrap();
    let bob = organisation.client(organisation.identity("bob"));
    let mut at_bob = group_of(&[alice, bob]).pop().unwrap();
    let alice = renewed(&organisation, &store, &old, &eve);
    let [Rotation::Send(update)] = &rotations(&alice, RotateBy::Update)[..] else {
        panic!("nothing to send")
    };
    let Error::CredentialRejected(refused) = at_bob.receive(update, NOW).unwrap_err() else {
        panic!("another reason")
    };
    assert_eq!((refused.rule, refused.reason), (rule!("5.3.1-08"), RejectionReason::NotASuccessor));
    assert_eq!(at_bob.pending_proposals().count(), 0);
}

// covers: 5.3.2-01
#[test]
fn who_has_expired_comes_back_with_a_fresh_certificate() {
    let organisation = Organisation::new(SUITES[1]);
    let store = Arc::new(MemoryStore::new());
    let old = organisation.identity_with("alice", |leaf| leaf.not_after = date_time_ymd(2025, 7, 2));
    let new = organisation.identity("alice");
    let alice = organisation.builder(old.clone()).store(store.clone()).build().unwrap();
    let bob = organisation.client(organisation.identity("bob"));
    let mut at_bob = group_of(&[alice, bob]).pop().unwrap();
    let alice = renewed(&organisation, &store, &old, &new);
    let later = Timestamp(NOW.0 + 30 * 24 * 3600);
    // Bob takes the old certificate for nobody new any more, but the new one counts.
    let mut at_alice = alice.load_group(at_bob.group_id()).unwrap();
    let Rotation::Send(commit) = at_alice.rotate_identity(RotateBy::Commit, later).unwrap() else {
        panic!("nothing to send")
    };
    at_bob.receive_and_merge(&commit, later).unwrap();
    at_alice.accept_commit().unwrap();
    assert!(at_bob.find_member(new.signature_key()).is_some());
    let late = organisation.client(old).key_package(later).unwrap();
    let Error::CredentialRejected(refused) = at_bob.propose_add(&late, later).unwrap_err() else {
        panic!("another reason")
    };
    let expired = RejectionReason::Certificate { position: 0, defect: CertificateDefect::Expired };
    assert_eq!(refused.reason, expired);
}
