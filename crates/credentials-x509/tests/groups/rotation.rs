//! New keys and certificates for present members.

use std::sync::Arc;

use copath::{Error, Group, Identity, MemoryStore, RejectionReason};

use crate::SUITES;
use crate::people::{NOW, Organisation, deliver, group_of, mailbox, talk};

/// A group of two whose creator, Alice, joined with her old identity and has the new one, too.
fn alice_and_bob(organisation: &Organisation, old: &Identity, new: &Identity) -> Vec<Group> {
    let store = Arc::new(MemoryStore::new());
    let alice = organisation.builder(old.clone()).store(store.clone()).build().unwrap();
    let bob = organisation.client(organisation.identity("bob"));
    let mut groups = group_of(&[alice, bob]);
    let id = groups[0].group_id().clone();
    let bobs = groups.pop().unwrap();
    drop(groups);
    let builder = organisation.builder(new.clone()).identity(old.clone());
    let alice = builder.store(store).build().unwrap();
    vec![alice.load_group(&id).unwrap(), bobs]
}

// covers: 5.3.1-05
#[test]
fn a_member_rotates_key_and_certificate_in_every_suite() {
    for suite in SUITES {
        let organisation = Organisation::new(suite);
        let (old, new) = (organisation.identity("alice"), organisation.identity("alice"));
        let mut groups = alice_and_bob(&organisation, &old, &new);
        let commit = groups[0].commit().identity(&new).prepare(NOW).unwrap();
        deliver(&mut groups, &commit);
        assert!(groups[1].find_member(new.signature_key()).is_some());
        assert!(groups[1].find_member(old.signature_key()).is_none());
    }
}

// covers: 5.3.1-08
#[test]
fn a_member_can_not_become_somebody_else() {
    let organisation = Organisation::new(SUITES[0]);
    let old = organisation.identity("alice");
    let eve = organisation.identity_with("alice", mailbox("eve@example.com"));
    let mut groups = alice_and_bob(&organisation, &old, &eve);
    let before = groups[0].epoch_authenticator().to_vec();
    // The own validator isn't asked about the own leaf: a cheater's would be another one anyway.
    let commit = groups[0].commit().identity(&eve).prepare(NOW).unwrap();
    let refused = groups[1].receive_and_merge(&commit, NOW).unwrap_err();
    let Error::CredentialRejected(rejection) = refused else { panic!("{refused}") };
    assert_eq!(rejection.reason, RejectionReason::NotASuccessor);
    groups[0].drop_commit().unwrap();
    assert_eq!(groups[1].epoch_authenticator(), before);
    talk(&mut groups);
}
