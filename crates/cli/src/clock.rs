//! The clock: the one place that reads it.
#![expect(clippy::disallowed_methods, reason = "a command-line tool, which may read the clock")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use copath::Timestamp;

/// What time it is.
pub(crate) fn now() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}

/// Measures how long something takes.
#[derive(Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
