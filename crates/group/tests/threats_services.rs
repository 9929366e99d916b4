//! What a delivery service and an authentication service can do that have turned against a group.
//!
//! RFC 9750 §8.5. `docs/threat-model.md` tells it in words.

use std::sync::Arc;

use copath_codec::Encode;
use copath_credentials::{CredentialVerdict, RejectionReason, Timestamp};
use copath_crypto::CryptoProvider;
use copath_group::{Answers, CommitOptions, GroupError, Merged, Received, WelcomeOptions};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::rule;
use copath_testing::{Member, NOW, Outcome, World, add, assert_refuses, assert_rejected, assert_rule};

fn world() -> World {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([89; 32]));
    World::new(&provider)
}

/// What a refusal must not change.
fn state(member: &Member) -> (copath_group::StateVersion, usize) {
    (member.group().version(), member.group().pending_proposals().count())
}

#[test]
fn a_delivery_service_changes_nothing_unnoticed() {
    let mut world = world();
    let message = world.bob.encrypt(b"data").unwrap();
    let octets = message.to_bytes().unwrap();
    for at in 0..octets.len() {
        let mut altered = octets.clone();
        *altered.get_mut(at).unwrap() ^= 1;
        let before = state(&world.alice);
        let received = world.alice.group().decode(&altered).and_then(|m| world.alice.receive(&m));
        assert!(received.is_err(), "octet {at}");
        assert_eq!(before, state(&world.alice));
    }
    assert_eq!(world.alice.receive(&message), Ok(Outcome::Data(b"data".to_vec())));
    assert_rejected(&mut world.alice, &message, rule!("6.3.1-11")).more_follow();
}

#[test]
fn a_delivery_service_that_forks_a_group_is_found_out() {
    let mut world = world();
    let of_alice = world.alice.commit(CommitOptions::new()).unwrap();
    let of_carol = world.carol.commit(CommitOptions::new()).unwrap();
    world.bob.receive(&of_alice).unwrap();
    world.dave.receive(&of_carol).unwrap();
    // Both are in epoch 2; comparing authenticators out of band shows it, and they can't be brought together again.
    assert_eq!(world.bob.group().epoch(), world.dave.group().epoch());
    assert_ne!(world.bob.group().epoch_authenticator(), world.dave.group().epoch_authenticator());
    let message = world.bob.encrypt(b"data").unwrap();
    assert!(world.dave.receive(&message).is_err());
    assert_rejected(&mut world.dave, &of_alice, rule!("12.4.2-01")).more_follow();
}

#[test]
fn a_delivery_service_hands_out_no_expired_key_package() {
    let mut world = world();
    let mut eve = world.stranger("eve");
    let stale = eve.key_package_for(30);
    world.alice.now = Timestamp(NOW.0 + 31 * 24 * 3600);
    let options = CommitOptions::new().propose(add(stale.clone()));
    assert_refuses(&mut world.alice, |alice| alice.commit(options), rule!("7.3-09"));
    assert_refuses(&mut world.alice, |alice| alice.propose(add(stale)), rule!("7.3-09"));
}

#[test]
fn a_ghost_is_seen_by_all_members_before_it_is_there() {
    let mut world = world();
    // The authentication service vouches for a second "alice", whom nobody knows.
    let mut ghost = world.stranger("alice");
    let added = world.carol.commit(CommitOptions::new().propose(add(ghost.key_package()))).unwrap();
    let welcomes = world.carol.accept(WelcomeOptions::default());
    ghost.join(welcomes.first().unwrap(), None).unwrap();
    let group = world.bob.group();
    let Received::Commit(check) = group.receive(&added, NOW).unwrap() else { unreachable!("a commit") };
    let accepted = check.needs().credentials.iter().map(|_| CredentialVerdict::Accepted).collect();
    let mut answers = Answers::none();
    answers.credentials = accepted;
    let staged = check.finish(group, answers).unwrap();
    let names: Vec<_> = staged.summary().added.iter().map(|added| added.signature_key.to_vec()).collect();
    assert_eq!(names, [ghost.signer.public_key().to_vec()]);
    // Bob's application compares keys with those that it has verified, and refuses.
    drop(staged);
    let Received::Commit(check) = group.receive(&added, NOW).unwrap() else { unreachable!("a commit") };
    let mut answers = Answers::none();
    let refusal = CredentialVerdict::Rejected(RejectionReason::Unknown);
    answers.credentials = check.needs().credentials.iter().map(|_| refusal).collect();
    let refused: GroupError = check.finish(group, answers).map(drop).unwrap_err();
    assert_rule(&refused, rule!("5.3.1-03"));
    assert_eq!(world.bob.group().member_count(), 5);
    assert_eq!(world.dave.receive(&added), Ok(Outcome::Merged(Merged::Epoch(2))));
    assert!(world.dave.group().members().any(|member| *member.signature_key == *ghost.signer.public_key()));
}
