//! Groups that come out of groups.

use super::Scenario;
use crate::peer::{Accepted, CommitHow, Implementation, Octets, Operation, Peer, PeerResult, Setup};
use crate::world::{Outcome, World};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::new("ReInit by value, same suite", 3, same_suite),
    Scenario::new("ReInit by proposal, other suite", 3, other_suite),
    Scenario::new("branch", 3, branch),
];

fn same_suite(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    let reinit = Operation::ReInit(b"successor".to_vec(), setup.suite);
    world.commit(0, &[reinit], &[], CommitHow::default())?;
    succeed(&mut world, 1)
}

fn other_suite(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    let suites = [1, 2, 3].into_iter().find(|suite| *suite != setup.suite);
    world.propose(1, &Operation::ReInit(b"successor".to_vec(), suites.unwrap_or(setup.suite)))?;
    world.commit(2, &[], &[], CommitHow::default())?;
    succeed(&mut world, 0)
}

/// `maker` makes the successor, all others join it.
fn succeed(world: &mut World, maker: usize) -> Outcome {
    let others = world.members().into_iter().filter(|member| *member != maker).collect::<Vec<_>>();
    let packages = packages(world, &others, |peer| peer.successor_key_package())?;
    let accepted = world.ask(maker, "makes the successor", |peer| peer.succeed(&packages))?;
    enter(world, &others, accepted, |peer, welcome| peer.join_successor(welcome))
}

pub(super) fn branch(setup: Setup, cast: &[Implementation]) -> Outcome {
    let mut world = World::new(setup, cast)?;
    world.assemble()?;
    let others = [2, 0];
    let packages = packages(&mut world, &others, |peer| peer.key_package())?;
    let accepted = world.ask(1, "makes a branch", |peer| peer.branch(b"branch", &packages))?;
    enter(&mut world, &others, accepted, |peer, welcome| peer.join_branch(welcome))
}

fn packages(
    world: &mut World,
    members: &[usize],
    make: fn(&mut (dyn Peer + 'static)) -> PeerResult<Octets>,
) -> Outcome<Vec<Octets>> {
    members.iter().map(|member| world.ask(*member, "makes a key package", make)).collect()
}

fn enter(
    world: &mut World,
    others: &[usize],
    accepted: Accepted,
    join: fn(&mut dyn Peer, &[u8]) -> PeerResult<()>,
) -> Outcome {
    let welcome = accepted.welcome.unwrap_or_default();
    for other in others {
        world.ask(*other, "joins the new group", |peer| join(peer, &welcome))?;
    }
    world.agree()?;
    world.talk_all()?;
    world.commit(1, &[], &[], CommitHow::default())?;
    world.talk_all()
}
