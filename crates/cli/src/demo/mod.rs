//! `copath demo`: a group in action.

mod cast;
mod delivery;
mod report;
mod steps;
mod story;

use copath::{CryptoProvider, Timestamp};
use std::sync::Arc;

use crate::arguments::DemoArguments;
use crate::clock;
use crate::failure::Failure;
use crate::output::say;

use self::cast::Cast;
use self::report::Report;
use self::story::Story;

/// The time of a run that replays.
const REPLAYED: Timestamp = Timestamp(1_700_000_000);

/// Plays the demo.
pub(crate) fn run(arguments: &DemoArguments) -> Result<(), Failure> {
    let &DemoArguments { suite, backend, members, .. } = arguments;
    if !backend.has(suite) {
        return Err(Failure::NoSuite { suite, backend });
    }
    let (provider, now): (Arc<dyn CryptoProvider>, _) = match arguments.seed {
        Some(seed) => (backend.seeded_provider(seed)?, REPLAYED),
        None => (backend.provider(), clock::now()),
    };
    let report = Report::new();
    say!("{suite} on {backend}, {members} members")?;
    let cast = Cast::new(&provider, arguments, &report)?;
    let mut story = Story::begin(cast, report, now)?;
    steps::play(&mut story)?;
    story.end()
}
