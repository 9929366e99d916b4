//! The pages of a tree as they are stored.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_ratchet_tree::{PageChange, PageKey};
use copath_records::{Record, unwrap_payload};

use super::load::refused;
use crate::GroupError;

/// The pages of a tree by their names. A clone shares them.
pub(crate) type StoredPages = BTreeMap<PageKey, StoredPage>;

/// One page, where the store put it: a large tree isn't copied on its way.
#[derive(Clone)]
pub(crate) struct StoredPage(Arc<Content>);

enum Content {
    Record(Record),
    Octets(Vec<u8>),
}

impl StoredPage {
    /// The page in a record.
    ///
    /// # Errors
    /// The record is damaged, or of another version.
    pub(crate) fn of(record: Record) -> Result<Self, GroupError> {
        unwrap_payload(&record).map_err(|error| refused(&error))?;
        Ok(Self(Arc::new(Content::Record(record))))
    }
}

impl AsRef<[u8]> for StoredPage {
    fn as_ref(&self) -> &[u8] {
        match &*self.0 {
            Content::Record(record) => unwrap_payload(record).map_or(&[], |(_, payload)| payload),
            Content::Octets(octets) => octets,
        }
    }
}

/// The pages of the tree that differs from that of `pages` by `changes`.
pub(crate) fn with_changes(mut pages: StoredPages, changes: Vec<PageChange>) -> StoredPages {
    for (page, octets) in changes {
        match octets {
            Some(octets) => pages.insert(page, StoredPage(Arc::new(Content::Octets(octets)))),
            None => pages.remove(&page),
        };
    }
    pages
}
