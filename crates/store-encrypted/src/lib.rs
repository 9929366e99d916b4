//! Encryption at rest over any store.
//!
//! [`EncryptedStore`] is a [`Store`](copath_records::Store) that keeps its records sealed in another one. It is opened
//! with a key of 32 octets or a passphrase, which the application keeps elsewhere.
//!
//! ```
//! use copath_records::{MemoryStore, Record, RecordKey, RecordKind, StateDelta, Store, StoreError};
//! use copath_store_encrypted::{EncryptedStore, StoreSecret};
//!
//! # fn main() -> Result<(), StoreError> {
//! let secret = StoreSecret::key([7; 32]); // of the platform's key store
//! let store = EncryptedStore::open_or_create(MemoryStore::new(), &secret)?;
//! let mut delta = StateDelta::new();
//! delta.put(RecordKey::new(RecordKind::EXTERNAL_PSK).push_bytes(b"id"), Record::copy_of(b"psk"));
//! store.commit(&delta)?;
//! let mark = store.generation()?; // to be kept outside, for `EncryptedStore::open_at_least`
//! # assert_eq!(mark, 1);
//! # Ok(())
//! # }
//! ```
//!
//! # What it gives
//! - Without the secret neither records nor names can be read. What shows: how many records there are and how long,
//!   which of them belong to one group and one kind (not which), and which change at the same time.
//! - Whoever can write to the store below, but lacks the secret, can't change a record, put an older one back, take
//!   one away, exchange two or add one without [`StoreError::Corrupt`](copath_records::StoreError::Corrupt) when it is
//!   read. They can destroy it.
//! - All of the store put back is consistent in itself. [`open_at_least`](EncryptedStore::open_at_least) finds it,
//!   given the [`generation`](EncryptedStore::generation) that was reached.
//! - [`rekey`](EncryptedStore::rekey) changes the secret by writing one record;
//!   [`begin_reencryption`](EncryptedStore::begin_reencryption) seals all records anew, step by step, across crashes.
//!
//! # What it doesn't give
//! Who has a copy of the store and gets the secret later, reads what the copy holds: records that were deleted after
//! it was made as well. Deleted records are overwritten as far as the store below does so. Sealed or not, a store that
//! is cloned and used twice uses ratchets twice.
//!
//! The format is in docs/storage-format.md.
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
