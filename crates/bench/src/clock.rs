//! The clock: how long something took, and what time it is for key packages.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use copath_credentials::Timestamp;

/// The present, which the peers look up by themselves.
#[expect(clippy::disallowed_methods, reason = "a tool, whose peers look at the clock too")]
pub fn now() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}

/// How long `step` took, and what it returned.
#[expect(clippy::disallowed_methods, reason = "measuring time is what this tool is for")]
pub fn time<T>(step: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = step();
    (value, start.elapsed())
}
