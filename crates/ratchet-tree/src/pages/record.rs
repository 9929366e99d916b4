//! Pages as records of a store.
//!
//! A record is a version octet and, for each of the fifteen nodes in order, an optional vector of what is kept for
//! it. Hashes and counts aren't stored: they are computed on loading, so that comparing the tree hash proves all
//! pages.

use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_codec::{DecodeContext, Reader, Writer};

use super::place::{CHILDREN, SLOTS};
use super::{Page, PageKey, Pages};
use crate::TreeError;

/// The version of the form of records.
const VERSION: u8 = 1;

/// What becomes of a page: its octets, or `None` if it is no more.
pub type PageChange = (PageKey, Option<Vec<u8>>);

impl Pages {
    /// The records in which this tree differs from `base`, found by which pages they don't share.
    pub(crate) fn changes_from(&self, base: Option<&Self>) -> Result<Vec<PageChange>, TreeError> {
        let mut changes = Vec::new();
        let mine = PageKey::top(self.size);
        let top = base.map_or(mine, |base| mine.max(PageKey::top(base.size)));
        let pages = (self.page(top), base.and_then(|base| base.page(top)));
        self.compare(top, base, pages, &mut changes)?;
        Ok(changes)
    }

    /// Compares the pages `new` and `old`, which are those of `key` in this tree and in `base`, and all below.
    fn compare(
        &self,
        key: PageKey,
        base: Option<&Self>,
        (new, old): (Option<&Arc<Page>>, Option<&Arc<Page>>),
        changes: &mut Vec<PageChange>,
    ) -> Result<(), TreeError> {
        if let (Some(new), Some(old)) = (new, old)
            && Arc::ptr_eq(new, old)
        {
            return Ok(());
        }
        if new.is_none() && old.is_none() {
            return Ok(());
        }
        let was_stored = old.is_some_and(|old| !old.is_blank());
        match new.filter(|new| !new.is_blank()) {
            Some(new) if !old.is_some_and(|old| same_nodes(new, old)) => {
                changes.push((key, Some(encode(new)?)));
            }
            None if was_stored => changes.push((key, None)),
            _ => (),
        }
        for child in (0..CHILDREN).filter_map(|number| key.child(number)) {
            let below = (self.page_below(new, child), base.and_then(|base| base.page_below(old, child)));
            self.compare(child, base, below, changes)?;
        }
        Ok(())
    }

    /// The page `child`, whose parent is `page`; without that the tree ends below it, but perhaps above `child`.
    fn page_below<'a>(&'a self, page: Option<&'a Arc<Page>>, child: PageKey) -> Option<&'a Arc<Page>> {
        match page {
            Some(page) => page.child(child.child_number()),
            None => self.page(child),
        }
    }
}

fn same_nodes(new: &Page, old: &Page) -> bool {
    (0..SLOTS).all(|slot| new.node(slot) == old.node(slot))
}

fn encode(page: &Page) -> Result<Vec<u8>, TreeError> {
    /// Octets before each node at most, for nodes shorter than 2^14.
    const HEADERS: usize = 3;
    let room = SLOTS.saturating_mul(HEADERS).saturating_add(page.octets()).saturating_add(1);
    let mut writer = Writer::with_capacity(room);
    writer.u8(VERSION);
    for slot in 0..SLOTS {
        match page.node(slot) {
            None => writer.u8(0),
            Some(octets) => writer.u8(1).opaque(octets),
        };
    }
    Ok(writer.finish()?)
}

/// What a record keeps for each node.
pub(crate) fn decode(record: &[u8]) -> Result<[&[u8]; SLOTS], TreeError> {
    let mut reader = Reader::new(record, DecodeContext::rfc9420());
    if reader.u8()? != VERSION {
        return Err(TreeError::DamagedPages);
    }
    let mut nodes: [&[u8]; SLOTS] = [&[]; SLOTS];
    for node in &mut nodes {
        match reader.u8()? {
            0 => (),
            1 => *node = reader.opaque()?,
            _ => return Err(TreeError::DamagedPages),
        }
    }
    reader.finish()?;
    Ok(nodes)
}
