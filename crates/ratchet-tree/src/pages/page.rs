//! One page: a complete subtree of four levels.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use copath_crypto::HashOutput;

use super::place::{CHILDREN, SLOTS};
use crate::TreeError;

/// The nodes of one page, their hashes, and the pages below.
///
/// The octets of all nodes stand in one buffer in slot order; a blank node has none.
#[derive(Clone)]
pub(crate) struct Page {
    octets: Box<[u8]>,
    ends: [u32; SLOTS],
    /// Filled leaves at or below each node.
    counts: [u32; SLOTS],
    /// The nodes whose hash is up to date, one bit a slot.
    current: u16,
    hashes: Box<[u8]>,
    children: Option<Box<[Option<Arc<Page>>; CHILDREN]>>,
}

impl Page {
    /// A page of blank nodes without pages below.
    pub(crate) fn blank(hash_length: usize) -> Self {
        Self {
            octets: Box::default(),
            ends: [0; SLOTS],
            counts: [0; SLOTS],
            current: 0,
            hashes: vec![0; hash_length.saturating_mul(SLOTS)].into_boxed_slice(),
            children: None,
        }
    }

    /// The octets of the node at `slot`, or `None` if it is blank.
    pub(crate) fn node(&self, slot: usize) -> Option<&[u8]> {
        let (start, end) = self.range(slot);
        self.octets.get(start..end).filter(|octets| !octets.is_empty())
    }

    /// How many octets all nodes have together.
    pub(crate) fn octets(&self) -> usize {
        self.octets.len()
    }

    /// Whether all nodes are blank.
    pub(crate) fn is_blank(&self) -> bool {
        self.octets.is_empty()
    }

    /// Replaces the octets of one node; no octets make it blank. Its hash is not touched.
    pub(crate) fn set(&mut self, slot: usize, octets: &[u8]) -> Result<(), TreeError> {
        let (start, end) = self.range(slot);
        if start == end && octets.is_empty() {
            return Ok(());
        }
        // As a rule a node gives way to one of the same length.
        if let Some(place) = self.octets.get_mut(start..end)
            && place.len() == octets.len()
        {
            place.copy_from_slice(octets);
            return Ok(());
        }
        let (head, tail) = (self.octets.get(..start), self.octets.get(end..));
        let merged = [head.unwrap_or_default(), octets, tail.unwrap_or_default()].concat();
        u32::try_from(merged.len()).map_err(|_| TreeError::TooLarge)?;
        for later in self.ends.iter_mut().skip(slot) {
            let moved =
                (*later as usize).saturating_sub(end).saturating_add(start).saturating_add(octets.len());
            *later = u32::try_from(moved).map_err(|_| TreeError::TooLarge)?;
        }
        self.octets = merged.into_boxed_slice();
        Ok(())
    }

    /// Replaces the octets of all nodes by what `write` appends for each slot. No hash is up to date then.
    ///
    /// `octets` is room to write into, which many pages share.
    pub(crate) fn fill(
        &mut self,
        octets: &mut Vec<u8>,
        mut write: impl FnMut(usize, &mut Vec<u8>) -> Result<(), TreeError>,
    ) -> Result<(), TreeError> {
        octets.clear();
        let mut ends = [0; SLOTS];
        for (slot, end) in ends.iter_mut().enumerate() {
            write(slot, octets)?;
            *end = u32::try_from(octets.len()).map_err(|_| TreeError::TooLarge)?;
        }
        self.octets = octets.as_slice().into();
        self.ends = ends;
        self.current = 0;
        Ok(())
    }

    fn range(&self, slot: usize) -> (usize, usize) {
        let start = slot.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(slot).copied().unwrap_or(start);
        (start as usize, end as usize)
    }

    /// Filled leaves at or below the node at `slot`.
    pub(crate) fn count(&self, slot: usize) -> u32 {
        self.counts.get(slot).copied().unwrap_or(0)
    }

    pub(crate) fn set_count(&mut self, slot: usize, count: u32) {
        if let Some(entry) = self.counts.get_mut(slot) {
            *entry = count;
        }
    }

    /// The kept hash of the node at `slot`, if it is up to date.
    pub(crate) fn hash(&self, slot: usize) -> Option<&[u8]> {
        if self.current & bit(slot) == 0 {
            return None;
        }
        let length = self.hashes.len() / SLOTS;
        self.hashes.get(slot.checked_mul(length)?..)?.get(..length)
    }

    pub(crate) fn set_hash(&mut self, slot: usize, hash: &HashOutput) {
        let length = self.hashes.len() / SLOTS;
        let start = slot.saturating_mul(length);
        if let Some(kept) = self.hashes.get_mut(start..start.saturating_add(length))
            && kept.len() == hash.as_slice().len()
        {
            kept.copy_from_slice(hash.as_slice());
            self.current |= bit(slot);
        }
    }

    /// Marks the hash of the node at `slot` as out of date.
    pub(crate) fn invalidate(&mut self, slot: usize) {
        self.current &= !bit(slot);
    }

    /// Blanks the nodes from `slots` on and drops the pages below them.
    pub(crate) fn truncate(&mut self, slots: usize) -> Result<(), TreeError> {
        for slot in slots..SLOTS {
            self.set(slot, &[])?;
            self.invalidate(slot);
        }
        if let Some(children) = &mut self.children {
            for child in children.iter_mut().skip(slots.saturating_add(1)) {
                *child = None;
            }
        }
        Ok(())
    }

    /// The page below, by its number from the left.
    pub(crate) fn child(&self, number: usize) -> Option<&Arc<Self>> {
        self.children.as_ref()?.get(number)?.as_ref()
    }

    /// The place for a page below.
    pub(crate) fn child_mut(&mut self, number: usize) -> Option<&mut Option<Arc<Self>>> {
        self.children.get_or_insert_with(|| Box::new([const { None }; CHILDREN])).get_mut(number)
    }

    /// All places for pages below.
    pub(crate) fn children_mut(&mut self) -> &mut [Option<Arc<Self>>] {
        self.children.as_mut().map_or(&mut [], |children| &mut children[..])
    }
}

fn bit(slot: usize) -> u16 {
    u32::try_from(slot).ok().and_then(|slot| 1u16.checked_shl(slot)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_keep_their_octets_when_others_change() {
        let mut page = Page::blank(32);
        page.set(3, b"three").unwrap();
        page.set(0, b"zero").unwrap();
        page.set(14, b"last").unwrap();
        page.set(3, b"3").unwrap();
        assert_eq!(page.node(0), Some(&b"zero"[..]));
        assert_eq!(page.node(3), Some(&b"3"[..]));
        assert_eq!(page.node(14), Some(&b"last"[..]));
        assert_eq!(page.node(1), None);
        assert_eq!(page.node(15), None);
        page.set(0, b"").unwrap();
        page.set(3, b"").unwrap();
        page.set(14, b"").unwrap();
        assert!(page.is_blank());
    }

    #[test]
    fn hashes_count_until_invalidated() {
        let mut page = Page::blank(32);
        assert_eq!(page.hash(4), None);
        let hash = HashOutput::fill(32, |out| out.fill(7));
        page.set_hash(4, &hash);
        assert_eq!(page.hash(4), Some(hash.as_slice()));
        page.invalidate(4);
        assert_eq!(page.hash(4), None);
        page.set_hash(4, &HashOutput::fill(48, |_| ()));
        assert_eq!(page.hash(4), None);
    }
}
