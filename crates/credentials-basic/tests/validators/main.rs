//! The two validators, by themselves and in groups.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on has failed"
)]

mod directory;
mod failing_store;
mod first_use;
mod groups;
mod large_group;
mod questions;
