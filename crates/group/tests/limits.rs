//! The limits of the policy on what others send: each holds at its value, and what it refuses changes nothing.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use copath_codec::Encode;
use copath_group::{CommitOptions, GroupError, Misuse, Policy, PolicyRefusal};
use copath_messages::{Extensions, MlsMessage, Proposal};
use copath_testing::{
    Insecure, Member, Outcome, World, assert_agreement, assert_fails, external_psk, remove,
};
use copath_tree_math::LeafIndex;

fn world(policy: impl Fn(&mut Policy)) -> World {
    let provider = Arc::new(Insecure::new(1)) as Arc<_>;
    World::with(&provider, Extensions::default(), |member| policy(&mut member.settings.policy))
}

fn refusal(refusal: PolicyRefusal) -> GroupError {
    GroupError::Misuse(Misuse::Policy(refusal))
}

/// A PSK proposal of Mallory's.
fn proposal(world: &World) -> Proposal {
    external_psk(&world.mallory.suite, b"psk")
}

fn assert_refused(member: &mut Member, message: &MlsMessage, expected: PolicyRefusal) {
    assert_eq!(assert_fails(member, |member| member.receive(message)), refusal(expected));
}

/// Everybody commits and follows, whatever is queued.
fn assert_goes_on(world: &mut World) {
    for member in [&mut world.bob, &mut world.alice] {
        member.psks.insert(b"psk".to_vec(), b"secret".to_vec());
    }
    let commit = world.bob.commit(CommitOptions::new()).unwrap();
    world.bob.accept(copath_group::WelcomeOptions::default());
    world.alice.receive(&commit).unwrap();
    assert_agreement(&[&world.alice, &world.bob]);
}

#[test]
fn octets_of_a_message() {
    let message = world(|_| ()).mallory.send_data(&[0; 500], 0).to_bytes().unwrap();
    let limit = message.len();
    let small = world(|policy| policy.max_message_size = limit - 1);
    let refused = small.bob.group().decode(&message).unwrap_err();
    assert_eq!(refused, refusal(PolicyRefusal::MessageSize { octets: limit, limit: limit - 1 }));
    let enough = world(|policy| policy.max_message_size = limit);
    let decoded = enough.bob.group().decode(&message).unwrap();
    let mut bob = enough.bob;
    assert_eq!(bob.receive(&decoded), Ok(Outcome::Data(vec![0; 500])));
}

#[test]
fn proposals_of_an_epoch() {
    let mut world = world(|policy| policy.max_queued_proposals = 2);
    for _ in 0..2 {
        let message = world.mallory.propose(proposal(&world));
        assert_eq!(world.bob.receive(&message), Ok(Outcome::Queued));
        assert_eq!(world.alice.receive(&message), Ok(Outcome::Queued));
    }
    let third = world.mallory.propose(proposal(&world));
    assert_refused(&mut world.bob, &third, PolicyRefusal::QueuedProposals { limit: 2 });
    let own = remove(LeafIndex::new(3).unwrap());
    let error = assert_fails(&mut world.bob, |bob| bob.propose(own));
    assert_eq!(error, refusal(PolicyRefusal::QueuedProposals { limit: 2 }));
    assert_goes_on(&mut world);
}

#[test]
fn octets_of_the_proposals_of_an_epoch() {
    let octets = proposal(&world(|_| ())).to_bytes().unwrap().len();
    let mut world = world(|policy| policy.max_queued_octets = 2 * octets);
    for _ in 0..2 {
        let message = world.mallory.propose(proposal(&world));
        assert_eq!(world.bob.receive(&message), Ok(Outcome::Queued));
        assert_eq!(world.alice.receive(&message), Ok(Outcome::Queued));
    }
    let third = world.mallory.propose(proposal(&world));
    assert_refused(&mut world.bob, &third, PolicyRefusal::QueuedOctets { limit: 2 * octets });
    assert_goes_on(&mut world);
}
