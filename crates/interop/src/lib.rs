//! Copath, OpenMLS and mls-rs in shared groups, in one process, speaking only MLSMessages.

pub mod dice;
pub mod known;
pub mod matrix;
pub mod peer;
pub mod peers;
pub mod scenarios;
pub mod walk;
pub mod watcher;
pub mod world;
