//! Creating, adding, joining, paths, removing.

use super::Scenario;
use crate::peer::{CommitHow, Greased, Implementation, Operation, Path, Setup, Tree};
use crate::world::{Outcome, World};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::new("add and join, tree inside", 2, add_inside),
    Scenario::new("add and join, tree outside", 2, add_outside),
    Scenario::new("GREASE in all its places", 3, grease),
    Scenario::new("add without a path", 2, add_without_path),
    Scenario::new("several joiners at once", 3, several_joiners),
    Scenario::new("update by path", 3, update_by_path),
    Scenario::new("new signature key by path", 3, new_key),
    Scenario::new("remove and add again", 3, remove),
    Scenario::new("a growing and shrinking tree", 3, grow_and_shrink),
    Scenario::new("dropped commit", 2, dropped_commit),
    Scenario::new("reload between steps", 3, reload),
];

fn add(setup: Setup, cast: &[Implementation], how: CommitHow) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.create(0)?;
    world.add(0, &[1], how)?;
    world.talk_all()
}

fn add_inside(setup: Setup, cast: &[Implementation]) -> Outcome {
    add(setup, cast, CommitHow { tree: Tree::Inside, path: Path::Always })
}

pub(super) fn add_outside(setup: Setup, cast: &[Implementation]) -> Outcome {
    add(setup, cast, CommitHow { tree: Tree::Outside, path: Path::Always })
}

fn grease(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(Setup { greased: Greased::Yes, ..setup }, cast)?;
    world.assemble()?;
    world.propose(1, &Operation::Update)?;
    world.commit(2, &[], &[], CommitHow::default())?;
    world.talk_all()
}

fn add_without_path(setup: Setup, cast: &[Implementation]) -> Outcome {
    add(setup, cast, CommitHow { tree: Tree::Inside, path: Path::WhenNeeded })
}

pub(super) fn several_joiners(setup: Setup, cast: &[Implementation]) -> Outcome {
    for tree in [Tree::Inside, Tree::Outside] {
        let mut world = World::new(setup, cast)?;
        let more = [world.enlist(cast[1], setup)?, world.enlist(cast[2], setup)?];
        world.create(0)?;
        world.add(0, &[1, 2], CommitHow { tree, path: Path::Always })?;
        world.talk_all()?;
        world.add(2, &more, CommitHow { tree, path: Path::WhenNeeded })?;
        world.talk_all()?;
    }
    Ok(())
}

pub(super) fn update_by_path(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    for committer in [2, 1, 0, 1] {
        world.commit(committer, &[], &[], CommitHow::default())?;
        world.talk_all()?;
    }
    Ok(())
}

pub(super) fn new_key(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    for committer in [1, 2, 0] {
        world.commit_new_key(committer)?;
        world.talk_all()?;
    }
    world.commit(1, &[], &[], CommitHow::default())?;
    world.talk_all()
}

pub(super) fn remove(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    for (remover, removed) in [(2, 1), (0, 2), (1, 0)] {
        let leaf = world.leaf(removed)?;
        world.commit(remover, &[Operation::Remove(leaf)], &[], CommitHow::default())?;
        world.expect(!world.members().contains(&removed), "the removed member is still there")?;
        world.talk_all()?;
        let back = world.enlist(cast[removed], setup)?;
        world.add(remover, &[back], CommitHow::default())?;
        world.talk_all()?;
        if removed == 2 {
            break;
        }
    }
    Ok(())
}

/// Grows to nine members and shrinks from the right, so that the tree doubles and halves.
fn grow_and_shrink(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    for number in 3..9 {
        let joiner = world.enlist(cast[number % 3], setup)?;
        let path = if number % 2 == 0 { Path::Always } else { Path::WhenNeeded };
        world.add(number - 1, &[joiner], CommitHow { tree: Tree::Inside, path })?;
    }
    world.talk_all()?;
    for (committer, removed) in [(0, 8), (1, 6), (2, 7), (3, 5), (2, 4), (1, 3)] {
        let leaf = world.leaf(removed)?;
        world.commit(committer, &[Operation::Remove(leaf)], &[], CommitHow::default())?;
    }
    world.talk_all()
}

fn dropped_commit(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    world.ask(0, "commits in vain", |peer| peer.commit(&[], CommitHow::default()))?;
    world.ask(0, "drops its commit", |peer| peer.drop_commit())?;
    world.commit(1, &[], &[], CommitHow::default())?;
    world.commit(0, &[], &[], CommitHow::default())?;
    world.talk_all()
}

pub(super) fn reload(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    for committer in [1, 2, 0] {
        for member in 0..3 {
            world.ask(member, "reloads", |peer| peer.reload())?;
        }
        world.propose(committer, &Operation::Update)?;
        for member in 0..3 {
            world.ask(member, "reloads", |peer| peer.reload())?;
        }
        world.commit((committer + 1) % 3, &[], &[], CommitHow::default())?;
        world.talk_all()?;
    }
    Ok(())
}
