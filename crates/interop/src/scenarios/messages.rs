//! Application messages: order, padding, epochs.

use super::Scenario;
use crate::peer::{CommitHow, Implementation, Padded, Setup};
use crate::world::{Outcome, World};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::new("messages out of order", 2, out_of_order),
    Scenario::new("messages without padding", 2, unpadded),
    Scenario::new("messages of every length", 2, lengths),
    Scenario::new("messages across epochs", 2, across_epochs),
];

fn out_of_order(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    for (sender, receiver) in [(0, 1), (1, 0)] {
        let leaf = world.leaf(sender)?;
        let sent = (0..5).map(|_| world.encrypt(sender)).collect::<Outcome<Vec<_>>>()?;
        for position in [3, 0, 4, 2, 1] {
            world.decrypt(receiver, leaf, &sent[position])?;
        }
    }
    Ok(())
}

fn unpadded(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(Setup { padded: Padded::No, ..setup }, cast)?;
    world.assemble()?;
    world.commit(1, &[], &[], CommitHow::default())?;
    world.talk_all()
}

fn lengths(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    for (sender, receiver) in [(0, 1), (1, 0)] {
        let leaf = world.leaf(sender)?;
        for length in [0, 1, 31, 32, 63, 64, 1000, 16_383, 16_384, 70_000] {
            let sent = world.encrypt_this(sender, vec![0; length], vec![1; length / 2])?;
            world.decrypt(receiver, leaf, &sent)?;
        }
    }
    Ok(())
}

fn across_epochs(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    for (sender, receiver) in [(0, 1), (1, 0)] {
        let leaf = world.leaf(sender)?;
        let late = [world.encrypt(sender)?, world.encrypt(sender)?];
        world.commit(sender, &[], &[], CommitHow::default())?;
        world.decrypt(receiver, leaf, &late[1])?;
        world.commit(receiver, &[], &[], CommitHow::default())?;
        world.talk_all()?;
        world.decrypt(receiver, leaf, &late[0])?;
    }
    Ok(())
}
