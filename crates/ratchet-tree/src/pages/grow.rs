//! Growing and shrinking.
//!
//! RFC 9420 §7.7.

use alloc::sync::Arc;

use copath_tree_math::{LeafIndex, TreeSize};

use super::place::{CHILDREN, place, slots_above, top_slots};
use super::{Page, PageKey, Pages, own};
use crate::{EditCost, TreeError};

impl Pages {
    /// Doubles the tree: a blank root, the old tree on its left, blanks on its right.
    pub(crate) fn double(&mut self, cost: &mut EditCost) -> Result<(), TreeError> {
        let size = self.size.doubled().ok_or(TreeError::TooLarge)?;
        let (old_top, new_top) = (PageKey::top(self.size), PageKey::top(size));
        if new_top.tier() > old_top.tier() {
            let mut top = Page::blank(self.hash_length);
            let filled = self.count(self.size.root());
            for slot in slots_above(LeafIndex::FIRST, new_top.tier()) {
                top.set_count(slot, filled);
            }
            if let Some(first) = top.child_mut(0) {
                *first = Some(Arc::clone(&self.root));
            }
            self.root = Arc::new(top);
        } else {
            let (_, slot) = place(size.root());
            own(&mut self.root, cost).invalidate(slot);
        }
        self.size = size;
        self.complete();
        Ok(())
    }

    /// Halves the tree while its right half holds no filled leaf.
    pub(crate) fn shrink(&mut self, cost: &mut EditCost) -> Result<(), TreeError> {
        let needed = self.last_filled_leaf().map_or(TreeSize::ONE, TreeSize::holding);
        if needed >= self.size {
            return Ok(());
        }
        let top = PageKey::top(needed);
        let page = self.page(top).ok_or(TreeError::Inconsistent)?;
        self.root = Arc::clone(page);
        self.size = needed;
        own(&mut self.root, cost).truncate(top_slots(needed))
    }

    /// Adds the blank pages that the tree's size asks for.
    pub(super) fn complete(&mut self) {
        let top = PageKey::top(self.size);
        if top.tier() > 0 {
            let children = top_slots(self.size).saturating_add(1);
            complete_below(Arc::make_mut(&mut self.root), top.tier(), children, self.hash_length);
        }
    }
}

fn complete_below(page: &mut Page, tier: u8, children: usize, hash_length: usize) {
    for number in 0..children {
        let Some(place) = page.child_mut(number) else { return };
        if place.is_some() {
            continue;
        }
        let mut child = Page::blank(hash_length);
        if let Some(below) = tier.checked_sub(1).filter(|below| *below > 0) {
            complete_below(&mut child, below, CHILDREN, hash_length);
        }
        *place = Some(Arc::new(child));
    }
}
