//! The runner, against Copath and against clients that misbehave.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure is a failed test"
)]

mod broken;
mod disobedience;
mod driving;
mod vectors;
