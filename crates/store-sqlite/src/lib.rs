//! State that survives, in one SQLite file.
//!
//! [`SqliteStore`] is a [`Store`](copath_records::Store) for any number of groups and identities. Each batch is one
//! transaction, on disk (`synchronous=FULL`) when `commit` returns. The file belongs to one store at a time: a second
//! one, in this process or another, waits as long as [`SqliteOptions::wait`] says and is then refused.
//!
//! # What erasing gives
//! RFC 9420 §9.2 asks that consumed secrets be deleted. A record that is replaced or deleted is overwritten where it
//! lies, by a record of the same batch or by zeros: records never move inside the file, so no copy of one stays
//! behind, which SQLite's `secure_delete` alone doesn't give. The write-ahead log is emptied when [`Erasure`] says. So
//! neither the database file nor its log holds the record any more.
//!
//! What no program above a file system can give: blocks that the file system or the medium keeps (a flash
//! translation layer, a journal or snapshots of the file system, copy on write, the blocks that the truncated log
//! gave back), backups, and swapped memory. Encrypt the medium, or the store, and keep its key elsewhere.
//!
//! # Damage
//! Each record has a checksum, so that a flipped bit is [`StoreError::Corrupt`](copath_records::StoreError) and no
//! wrong state. A checksum keeps nobody out who can write: that is what encryption at rest is for. A file that isn't
//! a store, is newer, damaged or cut off is refused without a change to it.
#![warn(clippy::arithmetic_side_effects)]

mod batch;
mod content;
mod create;
mod effect;
mod erasure;
mod error;
mod inspect;
mod open;
mod options;
mod scan;
mod schema;
mod store;
mod upgrade;
mod verify;
mod waiting;

pub use erasure::Erasure;
pub use options::{Access, SqliteOptions};
pub use schema::SCHEMA_VERSION;
pub use store::SqliteStore;
