//! Where a node is kept.

use copath_tree_math::{LeafIndex, NodeIndex, TreeSize};

/// Levels of a page.
pub(crate) const LEVELS: u32 = 4;
/// Nodes of a page, numbered in order: a page is a complete subtree with the same node numbers as a tree of its own.
pub(crate) const SLOTS: usize = 15;
/// Leaves of a page of the lowest tier.
pub(crate) const LEAVES: u32 = 8;
/// Pages below a page.
pub(crate) const CHILDREN: usize = 16;
/// The slot of a page's topmost node.
pub(crate) const TOP: usize = 7;

/// The name of a page: its tier, counted from the leaves, and its number from the left.
///
/// Tiers are anchored at the leaves, so that a page keeps its name when the tree grows or shrinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageKey {
    tier: u8,
    index: u32,
}

impl PageKey {
    /// The highest tier that a tree of 2^31 leaves has.
    pub(crate) const MAX_TIER: u8 = 7;

    /// The page number `index` of `tier`; `None` if no tree has it.
    pub fn new(tier: u8, index: u32) -> Option<Self> {
        let levels_above = u32::from(Self::MAX_TIER.checked_sub(tier)?) * LEVELS;
        (u64::from(index) >> levels_above == 0).then_some(Self { tier, index })
    }

    /// The tier, counted from the leaves, at most 7.
    pub const fn tier(self) -> u8 {
        self.tier
    }

    /// The number of the page in its tier, counted from the left.
    pub const fn index(self) -> u32 {
        self.index
    }

    /// The topmost page of a tree of `size`.
    pub(crate) fn top(size: TreeSize) -> Self {
        Self { tier: u8::try_from(size.depth() / LEVELS).unwrap_or(Self::MAX_TIER), index: 0 }
    }

    /// The page of the lowest tier that holds `leaf`.
    pub const fn of_leaf(leaf: LeafIndex) -> Self {
        Self { tier: 0, index: leaf.as_u32() / LEAVES }
    }

    /// The page on `tier` that is this one or above it.
    pub(crate) fn ancestor(self, tier: u8) -> Self {
        let up = u32::from(tier.saturating_sub(self.tier)) * LEVELS;
        Self { tier, index: self.index.checked_shr(up).unwrap_or(0) }
    }

    /// Which child of the page above this is.
    pub(crate) const fn child_number(self) -> usize {
        self.index as usize % CHILDREN
    }

    /// The child `number`; `None` below the lowest tier.
    pub(crate) fn child(self, number: usize) -> Option<Self> {
        let tier = self.tier.checked_sub(1)?;
        Self::new(tier, (self.index << LEVELS) | u32::try_from(number).ok()?)
    }

    /// The level of the page's lowest nodes.
    pub(crate) fn lowest_level(self) -> u32 {
        u32::from(self.tier) * LEVELS
    }

    /// The node at `slot`.
    pub(crate) fn node(self, slot: usize) -> NodeIndex {
        let slot = u64::try_from(slot).unwrap_or(0);
        let position = (u64::from(self.index) << LEVELS) | slot;
        // A local number written out in binary is position, 0, ones; the levels below the page add ones.
        let low = self.lowest_level();
        let node = (position << low) | ((1u64 << low) - 1);
        NodeIndex::new(u32::try_from(node).unwrap_or(u32::MAX))
    }
}

/// The page and the slot of a node.
pub(crate) fn place(node: NodeIndex) -> (PageKey, usize) {
    let level = node.level().min(31);
    let tier = level / LEVELS;
    let local = u64::from(node.as_u32()) >> (tier * LEVELS);
    let slot = usize::try_from(local & 15).unwrap_or(0);
    let index = u32::try_from(local >> LEVELS).unwrap_or(0);
    (PageKey { tier: u8::try_from(tier).unwrap_or(PageKey::MAX_TIER), index }, slot)
}

/// The slots, one a level from the lowest, that stand for `leaf` or its ancestors in the page on `tier` above it.
pub(crate) fn slots_above(leaf: LeafIndex, tier: u8) -> impl Iterator<Item = usize> {
    let low = u32::from(tier) * LEVELS;
    (0..LEVELS).map(move |level| {
        let position = u64::from(leaf.as_u32()) >> (low + level);
        let within = position & ((1 << (LEVELS - 1 - level)) - 1);
        usize::try_from((within << (level + 1)) | ((1 << level) - 1)).unwrap_or(0)
    })
}

/// How many slots of its topmost page a tree of `size` uses: those of a subtree at the page's left end.
pub(crate) fn top_slots(size: TreeSize) -> usize {
    (2usize << (size.depth() % LEVELS)) - 1
}

/// The slots of one level of a page, from the left.
pub(crate) fn slots_of_level(level: u32) -> impl Iterator<Item = usize> {
    (0..LEAVES as usize >> level).map(move |position| (position << (level + 1)) | ((1 << level) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn places_and_nodes_are_inverse() {
        let size = TreeSize::of_depth(13).unwrap();
        let mut seen = Vec::new();
        for node in (0..size.node_count()).map(NodeIndex::new) {
            let (page, slot) = place(node);
            assert!(slot < SLOTS);
            assert_eq!(page.node(slot), node);
            assert_eq!(page.ancestor(PageKey::top(size).tier()).index(), 0);
            seen.push((page, slot));
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), size.node_count() as usize);
    }

    #[test]
    fn slots_above_a_leaf_are_those_of_its_path() {
        let size = TreeSize::of_depth(11).unwrap();
        for leaf in (0..size.leaf_count()).filter_map(LeafIndex::new) {
            let path: Vec<_> = core::iter::once(leaf.node())
                .chain(leaf.direct_path(size).map(|step| step.node))
                .map(place)
                .collect();
            let slots: Vec<_> = (0..3)
                .flat_map(|tier| slots_above(leaf, tier).map(move |slot| (tier, slot)))
                .map(|(tier, slot)| (PageKey::of_leaf(leaf).ancestor(tier), slot))
                .collect();
            assert_eq!(path, slots);
        }
    }

    #[test]
    fn extreme_nodes_have_a_place() {
        for node in [u32::MAX, u32::MAX - 1, u32::MAX >> 1, 0] {
            let (page, slot) = place(NodeIndex::new(node));
            assert!(slot <= SLOTS && page.tier() <= PageKey::MAX_TIER);
        }
        assert!(PageKey::new(8, 0).is_none());
        assert!(PageKey::new(7, 1).is_none());
        assert!(PageKey::new(0, u32::MAX).is_none());
    }
}
