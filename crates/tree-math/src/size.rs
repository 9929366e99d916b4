//! The size of a tree.

use crate::{LeafIndex, NodeIndex};

/// The size of a tree: 2^d leaves.
///
/// RFC 9420 §4.1 and Appendix C.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeSize {
    depth: u32,
}

impl TreeSize {
    /// A tree of one leaf.
    pub const ONE: Self = Self { depth: 0 };
    /// The largest tree whose nodes all have an index: 2^31 leaves.
    pub const MAX: Self = Self { depth: 31 };

    /// The tree with 2^`depth` leaves; `None` above 2^31 leaves.
    pub const fn of_depth(depth: u32) -> Option<Self> {
        if depth <= Self::MAX.depth { Some(Self { depth }) } else { None }
    }

    /// The smallest tree that has `leaf`.
    pub const fn holding(leaf: LeafIndex) -> Self {
        Self { depth: u32::BITS.saturating_sub(leaf.as_u32().leading_zeros()) }
    }

    /// The smallest tree with an array form of at least `nodes` nodes; `None` for 0 and for too many.
    pub fn of_node_count(nodes: usize) -> Option<Self> {
        let last = u32::try_from(nodes.checked_sub(1)?).ok()?;
        Some(Self::holding(LeafIndex::new(last.checked_add(1)? >> 1)?))
    }

    /// The number of levels above the leaves.
    pub const fn depth(self) -> u32 {
        self.depth
    }

    /// The number of leaves.
    pub const fn leaf_count(self) -> u32 {
        1 << self.depth
    }

    /// The number of nodes, 2^(d+1) - 1.
    pub const fn node_count(self) -> u32 {
        u32::MAX >> (u32::BITS - 1).saturating_sub(self.depth)
    }

    /// The root.
    pub const fn root(self) -> NodeIndex {
        NodeIndex::new(self.node_count() >> 1)
    }

    /// Whether `node` is in the tree.
    pub const fn contains(self, node: NodeIndex) -> bool {
        node.as_u32() < self.node_count()
    }

    /// Whether `leaf` is in the tree.
    pub const fn contains_leaf(self, leaf: LeafIndex) -> bool {
        leaf.as_u32() < self.leaf_count()
    }

    /// The tree of twice this size, if there is one (RFC 9420 §7.7).
    pub const fn doubled(self) -> Option<Self> {
        Self::of_depth(self.depth.saturating_add(1))
    }

    /// The tree of half this size, if this one has more than one leaf (RFC 9420 §7.7).
    pub const fn halved(self) -> Option<Self> {
        match self.depth.checked_sub(1) {
            Some(depth) => Some(Self { depth }),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: 4.1-01
    #[test]
    fn sizes() {
        for (depth, leaves, nodes, root) in
            [(0, 1, 1, 0), (1, 2, 3, 1), (3, 8, 15, 7), (31, 1 << 31, u32::MAX, u32::MAX >> 1)]
        {
            let size = TreeSize::of_depth(depth).unwrap();
            assert_eq!((size.leaf_count(), size.node_count(), size.root().as_u32()), (leaves, nodes, root));
        }
        assert!(TreeSize::of_depth(32).is_none());
        assert!(TreeSize::MAX.doubled().is_none());
        assert!(TreeSize::ONE.halved().is_none());
    }

    // covers: 12.4.3.3-03
    #[test]
    fn truncated_arrays_extend_to_the_smallest_tree() {
        for (nodes, whole) in [(1, 1), (2, 3), (3, 3), (4, 7), (5, 7), (7, 7), (8, 15), (11, 15), (15, 15)] {
            assert_eq!(TreeSize::of_node_count(nodes).unwrap().node_count(), whole, "{nodes}");
        }
        assert!(TreeSize::of_node_count(0).is_none());
        assert!(TreeSize::of_node_count(usize::MAX).is_none());
    }
}
