//! Tree hashes.
//!
//! RFC 9420 §7.8: bottom up, kept at each node, so that only nodes above a change are hashed again.

use alloc::sync::Arc;

use copath_crypto::{HashOutput, Suite};
use copath_tree_math::{LeafIndex, NodeIndex};

use super::place::{LEVELS, SLOTS, TOP, slots_of_level, top_slots};
use super::{Page, PageKey, Pages};
use crate::node::{self, ParentView};
use crate::{EditCost, TreeError};

impl Pages {
    /// Brings all hashes up to date.
    pub(crate) fn rehash(&mut self, suite: &Suite, cost: &mut EditCost) -> Result<(), TreeError> {
        let hashed = rehash(&mut self.root, PageKey::top(self.size), top_slots(self.size), suite)?;
        cost.nodes_hashed = cost.nodes_hashed.saturating_add(hashed);
        Ok(())
    }

    /// The tree hash of a node as it would be with the leaves `without` blanked and taken out of all lists of
    /// unmerged leaves (rule 7.9-02): the kept hash wherever none of them is below.
    ///
    /// `without` is ascending.
    pub(crate) fn hash_without(
        &self,
        suite: &Suite,
        node: NodeIndex,
        without: &[LeafIndex],
    ) -> Result<HashOutput, TreeError> {
        let without = below(node, without);
        if without.is_empty() {
            let kept = self.hash(node).and_then(HashOutput::from_slice);
            return kept.ok_or(TreeError::Inconsistent);
        }
        let (Some(left), Some(right)) = (node.left(), node.right()) else {
            return Ok(hash_leaf(suite, node.first_leaf(), None));
        };
        let left = self.hash_without(suite, left, without)?;
        let right = self.hash_without(suite, right, without)?;
        let parent = match self.node(node) {
            None => None,
            Some(octets) => Some(ParentView::new(octets).without(without)?),
        };
        Ok(hash_parent(suite, parent.as_deref(), left.as_slice(), right.as_slice()))
    }
}

/// The part of `leaves`, ascending, that lies at or below `node`.
pub(crate) fn below(node: NodeIndex, leaves: &[LeafIndex]) -> &[LeafIndex] {
    let start = leaves.partition_point(|leaf| *leaf < node.first_leaf());
    let end = leaves.partition_point(|leaf| *leaf <= node.last_leaf());
    leaves.get(start..end).unwrap_or_default()
}

/// The tree hash of a leaf; `octets` is the encoded LeafNode of a filled one (rules 7.8-01, 7.8-02).
pub(crate) fn hash_leaf(suite: &Suite, leaf: LeafIndex, octets: Option<&[u8]>) -> HashOutput {
    let [a, b, c, d] = leaf.as_u32().to_be_bytes();
    suite.hash(&[&[1, a, b, c, d, u8::from(octets.is_some())], octets.unwrap_or_default()])
}

/// The tree hash of a parent; `octets` is the encoded ParentNode of a filled one (7.8-01, 7.8-02).
pub(crate) fn hash_parent(suite: &Suite, octets: Option<&[u8]>, left: &[u8], right: &[u8]) -> HashOutput {
    let head = [2, u8::from(octets.is_some())];
    // Hashes are of 32, 48 or 64 octets: their length header takes one octet, or two from 64 on.
    let length = u8::try_from(left.len()).unwrap_or(u8::MAX);
    let wide = [0x40, length];
    let header = if length < 64 { wide.get(1..) } else { wide.get(..) }.unwrap_or_default();
    suite.hash(&[&head, octets.unwrap_or_default(), header, left, header, right])
}

/// Hashes the nodes of a page, its first `slots` only, that are out of date; returns how many were hashed below it
/// and in it.
fn rehash(page: &mut Arc<Page>, key: PageKey, slots: usize, suite: &Suite) -> Result<u64, TreeError> {
    if page.hash(slots / 2).is_some() {
        return Ok(0);
    }
    let page = Arc::make_mut(page);
    let mut hashed = rehash_children(page, key, suite)?;
    for level in 0..LEVELS {
        for slot in slots_of_level(level).filter(|slot| *slot < slots) {
            if page.hash(slot).is_none() {
                let hash = hash_slot(page, key, slot, suite)?;
                page.set_hash(slot, &hash);
                hashed = hashed.saturating_add(1);
            }
        }
    }
    Ok(hashed)
}

#[cfg(feature = "parallel")]
fn rehash_children(page: &mut Page, key: PageKey, suite: &Suite) -> Result<u64, TreeError> {
    use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
    let stale = page.children_mut().iter().flatten().filter(|child| child.hash(TOP).is_none()).count();
    // The pages of leaves are too small to be worth waking other threads for.
    if stale < 2 || key.tier() < 2 {
        return rehash_children_in_turn(page, key, suite);
    }
    page.children_mut()
        .par_iter_mut()
        .enumerate()
        .map(|(number, child)| rehash_child(child, key.child(number), suite))
        .try_reduce(|| 0, |a, b| Ok(a.saturating_add(b)))
}

#[cfg(not(feature = "parallel"))]
fn rehash_children(page: &mut Page, key: PageKey, suite: &Suite) -> Result<u64, TreeError> {
    rehash_children_in_turn(page, key, suite)
}

fn rehash_children_in_turn(page: &mut Page, key: PageKey, suite: &Suite) -> Result<u64, TreeError> {
    let mut hashed = 0u64;
    for (number, child) in page.children_mut().iter_mut().enumerate() {
        hashed = hashed.saturating_add(rehash_child(child, key.child(number), suite)?);
    }
    Ok(hashed)
}

fn rehash_child(
    child: &mut Option<Arc<Page>>,
    key: Option<PageKey>,
    suite: &Suite,
) -> Result<u64, TreeError> {
    match (child, key) {
        (Some(child), Some(key)) => rehash(child, key, SLOTS, suite),
        _ => Ok(0),
    }
}

/// Hashes one node, whose children are up to date.
fn hash_slot(page: &Page, key: PageKey, slot: usize, suite: &Suite) -> Result<HashOutput, TreeError> {
    let octets = page.node(slot);
    let index = key.node(slot);
    if let Some(leaf) = index.leaf() {
        return Ok(hash_leaf(suite, leaf, octets.map(node::leaf_octets)));
    }
    let half = match slot.trailing_ones().checked_sub(1) {
        Some(level) => 1usize << level,
        None => 0,
    };
    let (left, right) = if half > 0 {
        (page.hash(slot.saturating_sub(half)), page.hash(slot.saturating_add(half)))
    } else {
        // The lowest nodes of a page stand at even slots, each above two pages.
        let child = |number| page.child(number).and_then(|child| child.hash(TOP));
        (child(slot), child(slot.saturating_add(1)))
    };
    let (Some(left), Some(right)) = (left, right) else { return Err(TreeError::Inconsistent) };
    Ok(hash_parent(suite, octets, left, right))
}
