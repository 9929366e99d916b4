//! What is played, one file a part of the protocol. A scenario is played by every cast of its size.

mod basics;
mod certificates;
mod extensions;
mod external;
mod messages;
mod outsiders;
mod proposals;
mod psks;
mod resumption;
mod self_remove;

use crate::certificates::SUITES;
use crate::peer::{Implementation, Setup};
use crate::world::Outcome;

/// A scenario.
pub struct Scenario {
    /// Its name in the matrix.
    pub name: &'static str,
    /// How many roles it has.
    pub roles: usize,
    /// Plays it.
    pub play: fn(Setup, &[Implementation]) -> Outcome,
    /// The only suites that it is for.
    pub suites: &'static [u16],
}

impl Scenario {
    /// For all suites.
    const fn new(name: &'static str, roles: usize, play: fn(Setup, &[Implementation]) -> Outcome) -> Self {
        Self { name, roles, play, suites: Implementation::Copath.suites() }
    }

    /// With certificates.
    const fn certified(
        name: &'static str,
        roles: usize,
        play: fn(Setup, &[Implementation]) -> Outcome,
    ) -> Self {
        Self { name, roles, play, suites: SUITES }
    }
}

/// All scenarios.
pub fn all() -> impl Iterator<Item = &'static Scenario> {
    let parts = [
        basics::SCENARIOS,
        messages::SCENARIOS,
        proposals::SCENARIOS,
        external::SCENARIOS,
        outsiders::SCENARIOS,
        psks::SCENARIOS,
        extensions::SCENARIOS,
        resumption::SCENARIOS,
        certificates::SCENARIOS,
        self_remove::SCENARIOS,
    ];
    parts.into_iter().flatten()
}
