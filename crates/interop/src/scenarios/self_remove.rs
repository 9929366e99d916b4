//! Leaving by a SelfRemove (draft-ietf-mls-extensions).

use super::Scenario;
use crate::peer::{CommitHow, Drafts, Format, Implementation, Operation, Setup, Tree};
use crate::world::{Entry, Outcome, Stop, World};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::new("SelfRemove", 3, leave),
    Scenario::new("SelfRemove beside a Remove of the leaf", 3, beside_remove),
    Scenario::new("SelfRemove in an external commit", 3, in_external_commit),
];

/// In groups whose handshakes are public, as SelfRemoves have to be.
fn prepare(setup: Setup, cast: &[Implementation]) -> Outcome<Setup> {
    let has = |implementation| cast.contains(&implementation);
    let drafts = match (has(Implementation::OpenMls), has(Implementation::MlsRs)) {
        (_, false) => Drafts::SelfRemove,
        (false, true) => Drafts::SupersededSelfRemove,
        (true, true) => {
            let what = "SelfRemove with the draft's code point 0x000a, which OpenMLS has, but with 0xf003";
            return Err(Stop::Unsupported(Implementation::MlsRs, what));
        }
    };
    Ok(Setup { format: Format::Public, drafts, ..setup })
}

fn leave(setup: Setup, cast: &[Implementation]) -> Outcome {
    let setup = prepare(setup, cast)?;
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    world.propose(2, &Operation::SelfRemove)?;
    world.commit(0, &[], &[], CommitHow::default())?;
    world.expect(world.members() == [0, 1], "who wanted to leave is still there")?;
    world.talk_all()?;
    let back = world.enlist(cast[2], setup)?;
    world.propose(0, &Operation::SelfRemove)?;
    let add = world.add_of(back)?;
    world.commit(1, &[add], &[back], CommitHow::default())?;
    world.expect(world.members() == [1, back], "who wanted to leave is still there")?;
    world.talk_all()
}

/// The Remove is the one that is left out.
fn beside_remove(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(prepare(setup, cast)?, cast)?;
    world.assemble()?;
    let leaf = world.leaf(2)?;
    world.propose(1, &Operation::Remove(leaf))?;
    world.propose(2, &Operation::SelfRemove)?;
    world.commit(0, &[], &[], CommitHow::default())?;
    world.expect(world.members() == [0, 1], "who wanted to leave is still there")?;
    world.talk_all()
}

fn in_external_commit(setup: Setup, cast: &[Implementation]) -> Outcome {
    let setup = prepare(setup, cast)?;
    let mut world = World::new(setup, &cast[..2])?;
    let third = world.enlist(cast[0], setup)?;
    world.assemble()?;
    let left = world.propose(1, &Operation::SelfRemove)?;
    let joiner = world.enlist(cast[2], setup)?;
    let entry = Entry { pending: &[left], ..Entry::plain(Tree::Inside) };
    world.join_externally_with(joiner, 0, entry)?;
    world.expect(world.members() == [0, third, joiner], "who wanted to leave is still there")?;
    world.talk_all()?;
    world.commit(joiner, &[], &[], CommitHow::default())?;
    world.talk_all()
}
