//! Forging and simulation for tests.
//!
//! [`Member`] is a client whose needs are all answered at once, with a store that sees every delta. [`Forger`] sends
//! messages that break one rule each, built from the lower crates alone; [`World`] is a group of both.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::indexing_slicing,
    reason = "a failure in here is a failed test"
)]

mod faulty_store;
mod forged_external;
mod forged_tree;
mod forged_welcome;
mod forger;
mod insecure;
mod large;
mod member;
mod random;
mod rejection;
mod resumption;
pub mod simulation;
mod watched_seals;
mod world;

pub use faulty_store::{Fault, FaultyStore};
pub use forged_external::ExternalForge;
pub use forged_tree::{ForgedPath, ForgedTree};
pub use forged_welcome::{ForgedGroup, ForgedJoiner};
pub use forger::{
    CommitForge, ForgedCommit, Forger, Sealing, decode_tree, forge_key_package, forge_key_package_signed_by,
};
pub use insecure::Insecure;
pub use large::LargeGroup;
pub use member::{
    Member, NOW, Outcome, add, assert_agreement, external_psk, over_the_wire, remove, resumption_psk,
};
pub use random::Random;
pub use rejection::{
    AfterRejection, RECORD_VARIABLE, assert_fails, assert_refuses, assert_rejected, assert_rule,
    assert_undecipherable, record,
};
pub use watched_seals::{Seal, SealObserver, watch_seals};
pub use world::World;
