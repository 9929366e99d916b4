//! The present, which Copath takes as an argument.

use std::time::{SystemTime, UNIX_EPOCH};

use copath_credentials::Timestamp;

/// The same clock that the peers look at by themselves.
#[expect(clippy::disallowed_methods, reason = "a tool, whose peers look at the clock too")]
pub(crate) fn now() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}
