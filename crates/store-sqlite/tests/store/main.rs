//! The SQLite store as an adopter sees it.
#![expect(clippy::unwrap_used, reason = "a failure in here is a failed test")]

mod conformance;
mod leftovers;
mod opening;
