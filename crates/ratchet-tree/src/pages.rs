//! The nodes of a tree in shared pages: copied where they change, shared where they don't.
//!
//! A page holds four levels, so that a path through 50,000 leaves touches five pages. Cloning shares everything.

mod fill;
mod grow;
mod hash;
mod page;
mod place;
mod record;

use alloc::sync::Arc;

use copath_crypto::Suite;
use copath_tree_math::{LeafIndex, NodeIndex, TreeSize};

pub(crate) use hash::below;
pub(crate) use page::Page;
pub use place::PageKey;
pub(crate) use place::{SLOTS, place};
pub use record::PageChange;
pub(crate) use record::decode as decode_record;

use crate::{EditCost, TreeError};
use place::slots_above;

/// The nodes of a tree of one size.
///
/// Invariants: the pages of the whole tree exist; a node whose hash is out of date has only such ancestors; counts
/// are right for all nodes, those above the root on the left edge of the topmost page included.
#[derive(Clone)]
pub(crate) struct Pages {
    root: Arc<Page>,
    size: TreeSize,
    hash_length: usize,
}

impl Pages {
    /// A blank tree of `size`.
    pub(crate) fn blank(suite: &Suite, size: TreeSize) -> Self {
        let hash_length = suite.hash_length();
        let mut pages = Self { root: Arc::new(Page::blank(hash_length)), size, hash_length };
        pages.complete();
        pages
    }

    pub(crate) fn size(&self) -> TreeSize {
        self.size
    }

    /// The page of this name, if the tree has it.
    pub(crate) fn page(&self, key: PageKey) -> Option<&Arc<Page>> {
        let mut at = PageKey::top(self.size);
        let mut page = &self.root;
        if key.tier() > at.tier() || key.ancestor(at.tier()) != at {
            return None;
        }
        while at.tier() > key.tier() {
            at = key.ancestor(at.tier().checked_sub(1)?);
            page = page.child(at.child_number())?;
        }
        Some(page)
    }

    /// The octets kept for a node; `None` if it is blank or outside.
    pub(crate) fn node(&self, node: NodeIndex) -> Option<&[u8]> {
        if !self.size.contains(node) {
            return None;
        }
        let (page, slot) = place(node);
        self.page(page)?.node(slot)
    }

    /// Filled leaves at or below a node.
    pub(crate) fn count(&self, node: NodeIndex) -> u32 {
        let (page, slot) = place(node);
        if self.size.contains(node) { self.page(page).map_or(0, |page| page.count(slot)) } else { 0 }
    }

    /// The kept tree hash of a node, if it is up to date.
    pub(crate) fn hash(&self, node: NodeIndex) -> Option<&[u8]> {
        let (page, slot) = place(node);
        if self.size.contains(node) { self.page(page)?.hash(slot) } else { None }
    }

    /// The leftmost blank leaf; `None` if the tree is full.
    pub(crate) fn first_blank_leaf(&self) -> Option<LeafIndex> {
        let mut node = self.size.root();
        if self.count(node) == self.size.leaf_count() {
            return None;
        }
        while let (Some(left), Some(right)) = (node.left(), node.right()) {
            let capacity = 1u32.checked_shl(left.level())?;
            node = if self.count(left) < capacity { left } else { right };
        }
        node.leaf()
    }

    /// The rightmost filled leaf; `None` if all are blank.
    pub(crate) fn last_filled_leaf(&self) -> Option<LeafIndex> {
        let mut node = self.size.root();
        if self.count(node) == 0 {
            return None;
        }
        while let (Some(left), Some(right)) = (node.left(), node.right()) {
            node = if self.count(right) > 0 { right } else { left };
        }
        node.leaf()
    }

    /// Replaces a leaf (no octets: blanks it), and marks the hashes up to the root as out of date.
    pub(crate) fn set_leaf(
        &mut self,
        leaf: LeafIndex,
        octets: &[u8],
        cost: &mut EditCost,
    ) -> Result<(), TreeError> {
        if !self.size.contains_leaf(leaf) {
            return Err(TreeError::NoSuchLeaf { leaf: leaf.as_u32() });
        }
        let change = match (self.node(leaf.node()).is_some(), !octets.is_empty()) {
            (false, true) => Change::Filled,
            (true, false) => Change::Blanked,
            _ => Change::Replaced,
        };
        let (_, slot) = place(leaf.node());
        self.walk_to(PageKey::of_leaf(leaf), cost, |page, tier| touch(page, leaf, tier, change))?
            .set(slot, octets)
    }

    /// Replaces a parent (no octets: blanks it), and marks its hash and those up to the root as out of date.
    pub(crate) fn set_parent(
        &mut self,
        node: NodeIndex,
        octets: &[u8],
        cost: &mut EditCost,
    ) -> Result<(), TreeError> {
        if !self.size.contains(node) || node.is_leaf() {
            return Err(TreeError::Inconsistent);
        }
        let (key, slot) = place(node);
        let (leaf, level) = (node.first_leaf(), node.level());
        let page = self.walk_to(key, cost, |page, tier| {
            let low = u32::from(tier).saturating_mul(place::LEVELS);
            for (slot, at) in slots_above(leaf, tier).zip(low..) {
                if at >= level {
                    page.invalidate(slot);
                }
            }
        })?;
        page.set(slot, octets)
    }

    /// Makes the pages down to `key` this tree's own, shows each to `visit`, and returns the last.
    fn walk_to(
        &mut self,
        key: PageKey,
        cost: &mut EditCost,
        mut visit: impl FnMut(&mut Page, u8),
    ) -> Result<&mut Page, TreeError> {
        let mut tier = PageKey::top(self.size).tier();
        let mut page = own(&mut self.root, cost);
        visit(page, tier);
        while tier > key.tier() {
            tier = tier.saturating_sub(1);
            let number = key.ancestor(tier).child_number();
            let child = page.child_mut(number).and_then(Option::as_mut).ok_or(TreeError::Inconsistent)?;
            page = own(child, cost);
            visit(page, tier);
        }
        Ok(page)
    }
}

/// What happens to a leaf.
#[derive(Clone, Copy)]
enum Change {
    Filled,
    Replaced,
    Blanked,
}

/// Adapts counts and hashes on the path of `leaf` through one page.
fn touch(page: &mut Page, leaf: LeafIndex, tier: u8, change: Change) {
    for slot in slots_above(leaf, tier) {
        let count = page.count(slot);
        match change {
            Change::Filled => page.set_count(slot, count.saturating_add(1)),
            Change::Blanked => page.set_count(slot, count.saturating_sub(1)),
            Change::Replaced => (),
        }
        page.invalidate(slot);
    }
}

/// The page for writing, copied first if others share it.
fn own<'a>(page: &'a mut Arc<Page>, cost: &mut EditCost) -> &'a mut Page {
    if Arc::get_mut(page).is_none() {
        cost.pages_copied = cost.pages_copied.saturating_add(1);
    }
    Arc::make_mut(page)
}
