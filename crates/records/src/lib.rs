//! Keyed records, state deltas and the store trait.
//!
//! All state that must survive a restart is a set of small [`Record`]s under [`RecordKey`]s. An operation yields a
//! [`StateDelta`], which a [`Store`] commits as one atomic, durable batch. The records are opaque here: what they
//! mean is the business of the crates that write them.
#![no_std]
#![warn(clippy::arithmetic_side_effects)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "std")]
pub mod conformance;
#[cfg(feature = "std")]
mod counted;
mod delta;
mod error;
mod format;
mod key;
mod kind;
#[cfg(feature = "std")]
mod memory;
mod record;
mod store;

#[cfg(feature = "std")]
pub use counted::CountedStore;
pub use delta::{Operation, StateDelta};
pub use error::StoreError;
pub use format::{FORMAT_VERSION, unwrap_payload, wrap_payload};
pub use key::{RecordKey, Segments};
pub use kind::RecordKind;
#[cfg(feature = "std")]
pub use memory::MemoryStore;
pub use record::Record;
pub use store::Store;
