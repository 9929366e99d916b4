//! All worlds of a run: a group, its successors and its branches, with the same clients and one clock.

use std::sync::Arc;

use copath_crypto::{CipherSuite, Suite};

use super::Config;
use super::client::Client;
use super::clock::Clock;
use super::fault::{Fault, FaultKind, ensure};
use super::key_use::KeysUsed;
use super::rules::Rules;
use super::step::{Action, Step};
use super::summary::{Event, Summary};
use super::world::World;
use crate::Random;

/// The worlds of a run.
#[derive(Debug)]
pub(super) struct Universe {
    /// Oldest first.
    pub(super) worlds: Vec<World>,
    clock: Clock,
    keys_used: Arc<KeysUsed>,
    /// What happened in worlds that are gone.
    pub(super) past: Summary,
    /// What has happened in the last step.
    pub(super) recent: Vec<(usize, Event)>,
    ids: usize,
}

/// As many worlds are kept at once; the oldest that is done with goes first.
const MOST_WORLDS: usize = 4;

impl Universe {
    /// A group of one, and clients outside of it.
    pub(super) fn new(config: &Config) -> Self {
        let watched = KeysUsed::watch((config.provider)(config.seed));
        let mut random = Random::new(config.seed ^ 0x5eed);
        let count = config.clients.max(1);
        let clock = Clock::new(count, &mut random);
        let rules = Rules::new(&Suite::new(&watched.0, config.suite).unwrap(), &mut random);
        let clients = (0..count).map(|number| Client::new(&watched, config.suite, number, &mut random));
        let clients = clients.collect();
        let mut world = World::new((0, config.suite), rules, clients, &mut random);
        world.set_clocks(&clock);
        world.found(0, &mut random);
        let (_, keys_used) = watched;
        Self { worlds: vec![world], clock, keys_used, past: Summary::default(), recent: Vec::new(), ids: 1 }
    }

    /// Carries out a step in one of the worlds, and checks what has to hold after it.
    pub(super) fn take(&mut self, step: &Step) -> Result<(), Fault> {
        let mut random = Random::new(step.choice);
        self.recent.clear();
        self.clock.tick(&mut random);
        for world in &mut self.worlds {
            world.set_clocks(&self.clock);
            world.moment += 1;
        }
        if let Some(place) = self.choose(step, &mut random) {
            match step.action {
                Action::Succeed => self.succeed(place, &mut random)?,
                Action::Branch => self.branch(place, step, &mut random)?,
                Action::Eavesdrop => self.eavesdrop(place, step, &mut random)?,
                _ => self.worlds[place].take(step, &mut random)?,
            }
        }
        ensure(!self.keys_used.any_twice(), FaultKind::KeyReuse, || {
            format!("at {:?}: expected a key for each plaintext, found one that encrypted two", step.action)
        })?;
        self.await_successors(&mut random);
        for world in &mut self.worlds {
            self.recent.extend(world.summary.take_recent().map(|event| (world.id, event)));
        }
        self.retire(&mut random)
    }

    /// The world in which a step is taken: one where there is something to do, mostly the newest.
    fn choose(&self, step: &Step, random: &mut Random) -> Option<usize> {
        let places: Vec<usize> =
            (0..self.worlds.len()).filter(|place| self.worlds[*place].actor(step).is_some()).collect();
        let newest = *places.last()?;
        Some(if random.chance(50) { newest } else { random.pick(&places).unwrap_or(newest) })
    }

    /// Brings everything to everybody in all worlds.
    pub(super) fn settle(&mut self, random: &mut Random) -> Result<(), Fault> {
        self.worlds.iter_mut().try_for_each(|world| world.settle(random))
    }

    /// What has happened.
    pub(super) fn summary(&self) -> Summary {
        let mut all = self.past.clone();
        self.worlds.iter().for_each(|world| all.add(&world.summary));
        all
    }

    /// A world with the clients of the one at `place`, who have no group in it yet.
    pub(super) fn beside(&mut self, place: usize, suite: CipherSuite, random: &mut Random) -> World {
        let old = &self.worlds[place];
        let clients = old.clients.iter().enumerate();
        let clients: Vec<Client> = clients.map(|(number, client)| client.beside(number, suite)).collect();
        let mut rules = Rules::new(&clients[0].member.suite, random);
        if suite == old.suite {
            // They are named by the old group's extensions, which a branch has too.
            rules.servers.clone_from(&old.rules.servers);
        }
        let id = self.ids;
        self.ids += 1;
        let mut world = World::new((id, suite), rules, clients, random);
        world.set_clocks(&self.clock);
        world
    }

    /// Makes room for the successors of groups that a ReInit has closed.
    fn await_successors(&mut self, random: &mut Random) {
        for place in 0..self.worlds.len() {
            let old = &self.worlds[place];
            if !old.has_members()
                && let Some(new) = old.successor.and_then(|id| self.place_of(id))
            {
                // Nobody is left to make it.
                self.worlds[new].is_awaited = false;
                continue;
            }
            let Some(reinit) = old.network.reinit().filter(|_| old.successor.is_none()) else { continue };
            let suite = reinit.cipher_suite;
            let mut new = self.beside(place, suite, random);
            new.is_awaited = true;
            self.worlds[place].successor = Some(new.id);
            self.worlds.push(new);
        }
    }

    /// Settles and deletes a world that is done with, if there are too many.
    fn retire(&mut self, random: &mut Random) -> Result<(), Fault> {
        if self.worlds.len() <= MOST_WORLDS {
            return Ok(());
        }
        let is_done = |world: &World| {
            let successor = self.worlds.iter().find(|other| Some(other.id) == world.successor);
            world.network.reinit().is_some() && successor.is_none_or(|successor| !successor.is_awaited)
        };
        let done = self.worlds.iter().position(is_done);
        let other =
            self.worlds.iter().position(|world| !world.is_awaited && world.network.reinit().is_none());
        let Some(place) = done.or(other) else { return Ok(()) };
        self.worlds[place].settle(random)?;
        let mut old = self.worlds.remove(place);
        old.clients.iter_mut().for_each(Client::start_over);
        self.past.add(&old.summary);
        self.past.note(Event::Retired);
        // What other groups have in the same stores is still there.
        let mut living = self.worlds.iter().flat_map(|world| &world.clients);
        living.try_for_each(|client| if client.member.has_group() { client.check_stored() } else { Ok(()) })
    }

    /// The place of the world with this id.
    pub(super) fn place_of(&self, id: usize) -> Option<usize> {
        self.worlds.iter().position(|world| world.id == id)
    }
}
