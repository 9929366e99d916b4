//! Proposals from outside of the group.

use super::Scenario;
use crate::peer::{CommitHow, Format, Implementation, Octets, Operation, Peer, Setup, Tree};
use crate::world::{Outcome, World};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::new("new member proposes itself", 3, self_add),
    Scenario::new("observer follows a public group", 3, observer),
    Scenario::new("external sender adds and removes", 3, external_sender),
];

pub(super) fn self_add(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, &cast[..2])?;
    world.assemble()?;
    for committer in [0, 1] {
        let joiner = world.enlist(cast[2], setup)?;
        let info = world.ask(1, "exports a GroupInfo", |peer| peer.group_info(Tree::Inside))?;
        let add = world.ask(joiner, "proposes itself", |peer| peer.propose_self_add(&info))?;
        world.deliver_proposal(joiner, &add)?;
        world.commit(committer, &[], &[joiner], CommitHow::default())?;
        world.talk_all()?;
    }
    Ok(())
}

/// Copath's observer follows what all roles do; where handshakes are encrypted there is nothing to follow.
fn observer(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(Setup { format: Format::Public, ..setup }, cast)?;
    world.create(0)?;
    world.add(0, &[1], CommitHow::default())?;
    world.watch(1)?;
    world.add(1, &[2], CommitHow::default())?;
    world.propose(2, &Operation::Update)?;
    world.commit(0, &[], &[], CommitHow::default())?;
    let joiner = world.enlist(cast[1], Setup { format: Format::Public, ..setup })?;
    world.join_externally(joiner, 2, Tree::Outside)?;
    let leaf = world.leaf(1)?;
    world.commit(2, &[Operation::Remove(leaf)], &[], CommitHow::default())?;
    world.join_externally(2, 0, Tree::Inside)?;
    world.talk_all()
}

/// RFC 9420 §12.1.8.1: role 2 stays outside, and is in external_senders.
pub(super) fn external_sender(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, &cast[..2])?;
    let outsider = world.enlist(cast[2], setup)?;
    let sender = world.ask(outsider, "says who it is", Peer::external_sender)?;
    world.create_with(0, &[(5, vector(&sender))])?;
    world.add(0, &[1], CommitHow::default())?;
    let joiner = world.enlist(cast[1], setup)?;
    let add = world.add_of(joiner)?;
    propose(&mut world, outsider, &add)?;
    world.commit(1, &[], &[joiner], CommitHow::default())?;
    world.talk_all()?;
    let leaf = world.leaf(1)?;
    propose(&mut world, outsider, &Operation::Remove(leaf))?;
    world.commit(0, &[], &[], CommitHow::default())?;
    world.expect(world.members() == [0, joiner], "the proposal from outside had no effect")?;
    world.talk_all()
}

fn propose(world: &mut World, outsider: usize, operation: &Operation) -> Outcome {
    let info = world.ask(0, "exports a GroupInfo", |peer| peer.group_info(Tree::Inside))?;
    let message =
        world.ask(outsider, "proposes from outside", |peer| peer.propose_from_outside(&info, operation))?;
    world.deliver_proposal(outsider, &message)
}

/// RFC 9420 §2.1.2, for lengths below 2^14.
fn vector(octets: &[u8]) -> Octets {
    let length = octets.len();
    let header =
        if length < 64 { vec![length as u8] } else { vec![0x40 | (length >> 8) as u8, length as u8] };
    [header.as_slice(), octets].concat()
}
