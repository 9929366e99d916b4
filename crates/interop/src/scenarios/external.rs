//! External joins and resyncs.

use super::Scenario;
use crate::peer::{CommitHow, Implementation, Operation, Setup, Tree};
use crate::world::{Entry, Outcome, World};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::new("external join, tree inside", 3, inside),
    Scenario::new("external join, tree outside", 3, outside),
    Scenario::new("external join into a gap", 3, gap),
    Scenario::new("external join with a PSK", 3, with_psk),
    Scenario::new("resync", 3, resync),
];

fn join(setup: Setup, cast: &[Implementation], tree: Tree) -> Outcome {
    let mut world = World::new(setup, &cast[..2])?;
    world.assemble()?;
    let joiner = world.enlist(cast[2], setup)?;
    world.join_externally(joiner, 0, tree)?;
    world.talk_all()?;
    world.commit(1, &[], &[], CommitHow::default())?;
    world.commit(joiner, &[], &[], CommitHow::default())?;
    world.talk_all()
}

fn inside(setup: Setup, cast: &[Implementation]) -> Outcome {
    join(setup, cast, Tree::Inside)
}

pub(super) fn outside(setup: Setup, cast: &[Implementation]) -> Outcome {
    join(setup, cast, Tree::Outside)
}

fn gap(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    let leaf = world.leaf(1)?;
    world.commit(0, &[Operation::Remove(leaf)], &[], CommitHow::default())?;
    let joiner = world.enlist(cast[1], setup)?;
    world.join_externally(joiner, 2, Tree::Inside)?;
    world.talk_all()
}

fn with_psk(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, &cast[..2])?;
    world.assemble()?;
    let joiner = world.enlist(cast[2], setup)?;
    world.share_psk(b"external")?;
    let entry = Entry { psk: Some(b"external"), ..Entry::plain(Tree::Inside) };
    world.join_externally_with(joiner, 1, entry)?;
    world.talk_all()
}

pub(super) fn resync(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    for (joiner, helper) in [(2, 0), (1, 2), (0, 1)] {
        world.join_externally(joiner, helper, Tree::Inside)?;
        world.talk_all()?;
    }
    Ok(())
}
