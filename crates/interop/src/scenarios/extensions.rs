//! Extensions of the group context.

use super::Scenario;
use crate::peer::{CommitHow, Implementation, Octets, Operation, Setup, TEST_EXTENSION};
use crate::world::{Outcome, World};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::new("GroupContextExtensions by value", 3, by_value),
    Scenario::new("GroupContextExtensions by proposal", 3, by_proposal),
    Scenario::new("extension that is supported, not required", 2, not_required),
    Scenario::new("group with required capabilities", 3, required),
];

/// RFC 9420 §11.1: the test extension, no proposals, basic credentials.
fn required_capabilities() -> (u16, Octets) {
    let [high, low] = TEST_EXTENSION.to_be_bytes();
    (3, vec![2, high, low, 0, 2, 0, 1])
}

fn lists() -> [Vec<(u16, Octets)>; 3] {
    [
        vec![required_capabilities(), (TEST_EXTENSION, b"first".to_vec())],
        vec![(TEST_EXTENSION, Vec::new()), required_capabilities()],
        Vec::new(),
    ]
}

fn by_value(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    for (committer, list) in lists().into_iter().enumerate() {
        world.commit(committer, &[Operation::Extensions(list.clone())], &[], CommitHow::default())?;
        let view = world.view(committer)?;
        world.expect(view.extensions == list, "the extensions are not those that were committed")?;
        let joiner = world.enlist(cast[committer], setup)?;
        world.add((committer + 1) % 3, &[joiner], CommitHow::default())?;
        world.talk_all()?;
    }
    Ok(())
}

fn by_proposal(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    for (proposer, list) in lists().into_iter().enumerate() {
        world.propose(proposer, &Operation::Extensions(list.clone()))?;
        world.commit((proposer + 1) % 3, &[], &[], CommitHow::default())?;
        let view = world.view(proposer)?;
        world.expect(view.extensions == list, "the extensions are not those that were committed")?;
    }
    world.talk_all()
}

/// RFC 9420 §13.4 asks that members support an extension of the context, not that it is required.
fn not_required(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.create_with(0, &[(TEST_EXTENSION, b"first".to_vec())])?;
    world.add(0, &[1], CommitHow::default())?;
    for committer in [1, 0] {
        let list = vec![(TEST_EXTENSION, vec![7; committer])];
        world.commit(committer, &[Operation::Extensions(list)], &[], CommitHow::default())?;
    }
    world.talk_all()
}

fn required(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.create_with(0, &[required_capabilities()])?;
    world.add(0, &[1], CommitHow::default())?;
    world.add(1, &[2], CommitHow::default())?;
    world.talk_all()
}
