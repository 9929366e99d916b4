//! Pre-shared keys.

use super::Scenario;
use crate::peer::{CommitHow, Implementation, Operation, Path, Setup, Tree};
use crate::world::{Outcome, World};

const WHEN_NEEDED: CommitHow = CommitHow { tree: Tree::Inside, path: Path::WhenNeeded };

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::new("external PSK by value", 2, external_by_value),
    Scenario::new("external PSK by proposal", 2, external_by_proposal),
    Scenario::new("PSKs by reference and by value", 2, by_reference_and_value),
    Scenario::new("external PSKs in a Welcome", 3, in_welcome),
    Scenario::new("resumption PSK by value", 2, resumption_by_value),
    Scenario::new("resumption PSK by proposal", 2, resumption_by_proposal),
];

fn external_by_value(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    world.share_psk(b"one")?;
    world.share_psk(b"two")?;
    for committer in 0..2 {
        let psks = [Operation::ExternalPsk(b"one".to_vec()), Operation::ExternalPsk(b"two".to_vec())];
        world.commit(committer, &psks[..1], &[], WHEN_NEEDED)?;
        world.commit(committer, &psks, &[], CommitHow::default())?;
    }
    world.talk_all()
}

fn external_by_proposal(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    world.share_psk(b"one")?;
    for (proposer, committer) in [(0, 1), (1, 0), (0, 0), (1, 1)] {
        world.propose(proposer, &Operation::ExternalPsk(b"one".to_vec()))?;
        world.commit(committer, &[], &[], WHEN_NEEDED)?;
    }
    world.talk_all()
}

fn by_reference_and_value(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    world.share_psk(b"one")?;
    world.share_psk(b"two")?;
    for (proposer, committer) in [(0, 1), (1, 0)] {
        world.propose(proposer, &Operation::ExternalPsk(b"one".to_vec()))?;
        world.commit(committer, &[Operation::ExternalPsk(b"two".to_vec())], &[], WHEN_NEEDED)?;
    }
    world.talk_all()
}

fn in_welcome(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.share_psk(b"one")?;
    world.share_psk(b"two")?;
    world.create(0)?;
    for joiner in [1, 2] {
        let operations = [
            world.add_of(joiner)?,
            Operation::ExternalPsk(b"two".to_vec()),
            Operation::ExternalPsk(b"one".to_vec()),
        ];
        world.commit(joiner - 1, &operations, &[joiner], WHEN_NEEDED)?;
    }
    world.talk_all()
}

fn resumption_by_value(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    let epoch = world.view(0)?.epoch;
    world.commit(0, &[Operation::ResumptionPsk(epoch)], &[], WHEN_NEEDED)?;
    world.commit(1, &[Operation::ResumptionPsk(epoch)], &[], WHEN_NEEDED)?;
    world.commit(1, &[Operation::ResumptionPsk(epoch + 1)], &[], CommitHow::default())?;
    world.commit(0, &[Operation::ResumptionPsk(epoch + 3)], &[], CommitHow::default())?;
    world.talk_all()
}

fn resumption_by_proposal(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    let epoch = world.view(0)?.epoch;
    world.propose(0, &Operation::ResumptionPsk(epoch))?;
    world.commit(1, &[], &[], WHEN_NEEDED)?;
    world.propose(1, &Operation::ResumptionPsk(epoch + 1))?;
    world.commit(0, &[], &[], WHEN_NEEDED)?;
    world.talk_all()
}
