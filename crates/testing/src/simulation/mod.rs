//! A simulated world: clients with seeded randomness and clocks of their own, a network that delays, loses, repeats and
//! reorders, and checks after each step that what MLS promises holds.
//!
//! The delivery service gives commits one order; everything else comes when it comes. Groups are closed and succeeded,
//! branches come out of them, servers propose, an observer follows, clients crash. A failed run is shrunk to a short
//! script of [`Step`]s that still fails.

mod attack;
mod carry;
mod client;
mod clock;
mod commit;
mod deliver;
mod extensions;
mod failure;
mod fault;
mod fork;
mod join;
mod key_use;
mod messages;
mod network;
mod observer;
mod observing;
mod outsiders;
mod propose;
mod registered;
mod resumption;
mod rules;
mod shrink;
mod step;
mod summary;
mod theft;
mod universe;
mod view;
mod welcome;
mod world;

use core::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use copath_crypto::{CipherSuite, CryptoProvider};

pub use failure::Failure;
pub use fault::{Fault, FaultKind};
pub use step::{Action, Step};
pub use summary::{Event, Summary};

use crate::Random;
use universe::Universe;

/// What is simulated.
#[derive(Clone, Copy)]
pub struct Config {
    /// What all choices follow from.
    pub seed: u64,
    /// How many clients there are.
    pub clients: usize,
    /// How many steps are taken.
    pub steps: usize,
    /// The suite of the first group.
    pub suite: CipherSuite,
    /// The backend, for a seed; a run replays exactly if the backend's randomness follows from it.
    pub provider: fn(u64) -> Arc<dyn CryptoProvider>,
}

/// Simulates the script that follows from the seed; `progress` is told each step.
///
/// # Errors
/// Something didn't hold; the script is shrunk.
pub fn run(config: &Config, progress: &mut dyn FnMut(usize)) -> Result<Summary, Box<Failure>> {
    run_script(config, script(config), progress)
}

/// Simulates only these steps of the script that follows from the seed.
///
/// # Errors
/// Something didn't hold; the script is shrunk.
pub fn run_only(
    config: &Config,
    only: &[usize],
    progress: &mut dyn FnMut(usize),
) -> Result<Summary, Box<Failure>> {
    let mut script = script(config);
    script.retain(|step| only.contains(&step.number));
    run_script(config, script, progress)
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
    let mut done = 0;
    walk(config, script, &mut |_, _| {
        progress(done);
        done += 1;
    })
}

fn script(config: &Config) -> Vec<Step> {
    step::script(config.seed, config.clients.max(1), config.steps)
}

fn run_script(
    config: &Config,
    script: Vec<Step>,
    progress: &mut dyn FnMut(usize),
) -> Result<Summary, Box<Failure>> {
    replay(config, &script, progress)
        .map_err(|(step, fault)| Box::new(shrink::shrink(config, script, step, fault)))
}

/// Simulates a script; `watch` sees the worlds after each step.
fn walk(
    config: &Config,
    script: &[Step],
    watch: &mut dyn FnMut(&Step, &Universe),
) -> Result<Summary, (usize, Fault)> {
    let mut universe = Universe::new(config);
    for (number, step) in script.iter().enumerate() {
        let taken = guarded(|| universe.take(step));
        watch(step, &universe);
        taken.map_err(|fault| (number, fault))?;
    }
    let mut random = Random::new(config.seed);
    guarded(|| universe.settle(&mut random)).map_err(|fault| (script.len(), fault))?;
    Ok(universe.summary())
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

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, clients, steps, suite, provider } = self;
        let backend = provider(*seed);
        write!(
            f,
            "cargo xtask simulate --seed {seed} --clients {clients} --steps {steps} --suite {} --backend {}",
            suite.0,
            backend.name()
        )
    }
}
