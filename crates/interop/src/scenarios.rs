//! What is played, one file a part of the protocol. A scenario is played by every cast of its size.

mod basics;
mod extensions;
mod external;
mod messages;
mod outsiders;
mod proposals;
mod psks;
mod resumption;

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
    ];
    parts.into_iter().flatten()
}
