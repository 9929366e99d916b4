//! Encryption at rest over any store.
#![warn(clippy::arithmetic_side_effects)]

mod batch;
mod envelope;
mod keys;
mod octets;
mod realm;
mod rotation;
mod secret;
mod state;
mod store;
mod sum;

pub use rotation::Reencryption;
pub use secret::{PassphraseCost, StoreSecret};
pub use store::EncryptedStore;
