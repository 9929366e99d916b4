//! A simulated world: clients with seeded randomness, a network that delays, loses, repeats and reorders, and checks
//! after each step that what MLS promises holds.
//!
//! The delivery service gives commits one order; everything else comes when it comes. A failed run is shrunk to a
//! short script of [`Step`]s that still fails.

mod attack;
mod client;
mod commit;
mod deliver;
mod fault;
mod join;
mod key_use;
mod messages;
mod network;
mod propose;
mod random;
mod shrink;
mod step;
mod summary;
mod theft;
mod world;

use core::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use copath_crypto::{CipherSuite, CryptoProvider};

pub use fault::{Fault, FaultKind};
pub use step::{Action, Step};
pub use summary::{Event, Summary};

use random::Random;
use world::World;

/// What is simulated.
#[derive(Clone, Copy)]
pub struct Config {
    /// What all choices follow from.
    pub seed: u64,
    /// How many clients there are.
    pub clients: usize,
    /// How many steps are taken.
    pub steps: usize,
    /// The suite of all groups.
    pub suite: CipherSuite,
    /// The backend, for a seed; a run replays exactly if the backend's randomness follows from it.
    pub provider: fn(u64) -> Arc<dyn CryptoProvider>,
}

/// A run that failed, with the shortest script that was found to fail in the same way.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed of the run.
    pub seed: u64,
    /// The step at which it failed; the number of steps if it failed at the end.
    pub step: usize,
    /// What turned out wrong.
    pub fault: Fault,
    /// A short script that fails in the same way.
    pub script: Vec<Step>,
    /// What turns out wrong with that.
    pub shrunk: Fault,
}

/// Simulates the script that follows from the seed; `progress` is told each step.
///
/// # Errors
/// Something didn't hold; the script is shrunk.
pub fn run(config: &Config, progress: &mut dyn FnMut(usize)) -> Result<Summary, Box<Failure>> {
    let script = step::script(config.seed, config.clients.max(1), config.steps);
    replay(config, &script, progress)
        .map_err(|(step, fault)| Box::new(shrink::shrink(config, script, step, fault)))
}

/// Simulates a script; what is wrong comes with its step.
///
/// # Errors
/// Something didn't hold.
pub fn replay(
    config: &Config,
    script: &[Step],
    progress: &mut dyn FnMut(usize),
) -> Result<Summary, (usize, Fault)> {
    let mut world = World::new(config);
    for (number, step) in script.iter().enumerate() {
        guarded(|| world.take(step)).map_err(|fault| (number, fault))?;
        progress(number);
    }
    let mut random = Random::new(config.seed);
    guarded(|| world.settle(&mut random)).map_err(|fault| (script.len(), fault))?;
    Ok(world.summary)
}

/// A panic is a failure like others.
fn guarded(step: impl FnOnce() -> Result<(), Fault>) -> Result<(), Fault> {
    catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().cloned();
        let words = words.or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned()));
        fault::fault(FaultKind::Panic, words.unwrap_or_default())
    })
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, clients, steps, suite, .. } = self;
        write!(f, "seed {seed}, {clients} clients, {steps} steps, suite {}", suite.0)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {} fails at step {}: {}", self.seed, self.step, self.fault)?;
        writeln!(f, "{} steps fail like this: {}", self.script.len(), self.shrunk)?;
        self.script.iter().try_for_each(|step| writeln!(f, "  {step:?},"))
    }
}
