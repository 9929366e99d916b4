//! The present, which Copath takes as an argument.

use std::time::{SystemTime, UNIX_EPOCH};

use copath_credentials::Timestamp;

/// What time it is.
#[expect(clippy::disallowed_methods, reason = "a tool: the one place that reads the clock")]
pub(crate) fn now() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}
