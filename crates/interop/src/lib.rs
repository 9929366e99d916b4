//! Copath, OpenMLS and mls-rs in shared groups, in one process, speaking only MLSMessages.
#![expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::missing_errors_doc,
    reason = "a tool, in which clients are named by their position, and any of them may refuse"
)]

pub mod certificates;
mod clock;
pub mod dice;
pub mod known;
pub mod matrix;
pub mod peer;
pub mod peers;
pub mod scenarios;
pub mod walk;
pub mod watcher;
pub mod world;
