//! A group as records.
//!
//! A delta follows from the same change that the patch applies in memory: O(log n) records for a commit, O(1) for a
//! message in the steady state. Keys are a kind, the group's id, and what tells the record apart within the group.

mod delta;
mod encoding;
mod intents;
mod keys;
mod load;
mod pages;
mod pending;
mod received;
mod stored;

pub(crate) use delta::put;
pub(crate) use encoding::{Head, encode_head, encode_proposal, read_proposal, read_record};
pub(crate) use keys::{GroupKeys, own_segments};
pub(crate) use load::payload;
pub use stored::{Life, StoredGroup};

pub(crate) use pages::{StoredPage, StoredPages, with_changes};
pub(crate) use pending::{read_pages, stored_public_state};
