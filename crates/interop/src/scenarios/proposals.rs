//! Proposals by reference.

use super::Scenario;
use crate::peer::{CommitHow, Implementation, Operation, Path, Setup, Tree};
use crate::world::{Outcome, World};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::new("update by proposal", 3, update),
    Scenario::new("new signature key by proposal", 3, new_key),
    Scenario::new("add by proposal", 3, add),
    Scenario::new("remove by proposal", 3, remove),
    Scenario::new("two Updates of one leaf", 3, two_updates),
    Scenario::new("Update, then Remove of one leaf", 3, update_then_remove),
    Scenario::new("Remove, then Update of one leaf", 3, remove_then_update),
    Scenario::new("proposals by reference and by value", 3, mixed),
];

pub(super) fn update(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    for (proposers, committer) in [(&[1][..], 0), (&[0, 2], 1), (&[0, 1], 2), (&[2], 1)] {
        for proposer in proposers {
            world.propose(*proposer, &Operation::Update)?;
        }
        world.commit(committer, &[], &[], CommitHow { tree: Tree::Inside, path: Path::WhenNeeded })?;
        world.talk_all()?;
    }
    Ok(())
}

pub(super) fn new_key(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    for (proposer, committer) in [(1, 0), (0, 2), (2, 1)] {
        let before = world.view(committer)?.roster;
        world.propose(proposer, &Operation::NewKey(setup.shown))?;
        world.commit(committer, &[], &[], CommitHow { tree: Tree::Inside, path: Path::WhenNeeded })?;
        let changed = world.view(committer)?.roster != before;
        world.expect(changed, "the key has not changed")?;
        world.talk_all()?;
        world.commit(proposer, &[], &[], CommitHow::default())?;
    }
    world.talk_all()
}

pub(super) fn add(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    for (proposer, committer) in [(1, 0), (1, 1), (2, 1)] {
        let joiner = world.enlist(cast[proposer], setup)?;
        let add = world.add_of(joiner)?;
        world.propose(proposer, &add)?;
        world.commit(committer, &[], &[joiner], CommitHow { tree: Tree::Inside, path: Path::WhenNeeded })?;
        world.talk_all()?;
    }
    Ok(())
}

fn remove(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    let leaf = world.leaf(2)?;
    world.propose(1, &Operation::Remove(leaf))?;
    world.commit(0, &[], &[], CommitHow::default())?;
    world.talk_all()?;
    let leaf = world.leaf(0)?;
    world.propose(0, &Operation::Remove(leaf))?;
    world.commit(1, &[], &[], CommitHow::default())?;
    world.expect(world.members() == [1], "a member that wanted to leave is still there")
}

/// RFC 9420 §12.2: the committer prefers the Remove, else the latest Update; both in one commit are invalid.
fn conflict(setup: Setup, cast: &[Implementation], remove_first: Option<bool>) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    let leaf = world.leaf(2)?;
    if remove_first == Some(true) {
        world.propose(1, &Operation::Remove(leaf))?;
    }
    world.propose(2, &Operation::Update)?;
    match remove_first {
        Some(false) => drop(world.propose(1, &Operation::Remove(leaf))?),
        None => drop(world.propose(2, &Operation::Update)?),
        Some(true) => {}
    }
    world.commit(0, &[], &[], CommitHow::default())?;
    world.expect(world.members().contains(&2) == remove_first.is_none(), "the wrong proposal was chosen")?;
    world.talk_all()
}

fn two_updates(setup: Setup, cast: &[Implementation]) -> Outcome {
    conflict(setup, cast, None)
}

fn update_then_remove(setup: Setup, cast: &[Implementation]) -> Outcome {
    conflict(setup, cast, Some(false))
}

fn remove_then_update(setup: Setup, cast: &[Implementation]) -> Outcome {
    conflict(setup, cast, Some(true))
}

fn mixed(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    world.share_psk(b"mixed")?;
    for committer in 0..3 {
        let others = [(committer + 1) % 3, (committer + 2) % 3];
        let joiners = [world.enlist(cast[others[0]], setup)?, world.enlist(cast[others[1]], setup)?];
        world.ask(joiners[0], "learns a PSK", |peer| {
            peer.register_psk(b"mixed", &[b"mixed", &[7; 32][..]].concat())
        })?;
        world.ask(joiners[1], "learns a PSK", |peer| {
            peer.register_psk(b"mixed", &[b"mixed", &[7; 32][..]].concat())
        })?;
        world.propose(others[0], &Operation::Update)?;
        let add = world.add_of(joiners[0])?;
        world.propose(others[1], &add)?;
        let by_value = [world.add_of(joiners[1])?, Operation::ExternalPsk(b"mixed".to_vec())];
        world.commit(committer, &by_value, &joiners, CommitHow::default())?;
        world.talk_all()?;
    }
    Ok(())
}
