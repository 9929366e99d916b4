//! Copath beside OpenMLS and mls-rs: time, memory and octets at every size.
//!
//! All libraries join the same forged groups and play the same rounds, interleaved in one run; medians are compared.

pub mod arena;
pub mod build;
pub mod clock;
pub mod error;
pub mod floor;
pub mod forge;
pub mod hostile;
pub mod libraries;
pub mod lobby;
pub mod member;
pub mod memory;
pub mod operation;
pub mod plan;
pub mod progress;
pub mod recorder;
pub mod report;
pub mod run;
pub mod store;
