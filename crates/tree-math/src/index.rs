//! Index types and the relations between nodes.

use core::fmt;

use crate::{Ancestors, TreeSize};

/// The index of a leaf, counted from the left, starting with 0.
///
/// RFC 9420 §4.1. It names a member in one epoch only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeafIndex(u32);

/// The index of a node in the array form of the tree.
///
/// RFC 9420 Appendix C: even indices are leaves, odd ones parents.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIndex(u32);

impl LeafIndex {
    /// The first leaf.
    pub const FIRST: Self = Self(0);

    /// The leaf number `index`; `None` from 2^31 on, for which no node index exists.
    pub const fn new(index: u32) -> Option<Self> {
        if index <= u32::MAX >> 1 { Some(Self(index)) } else { None }
    }

    /// The number of the leaf.
    pub const fn as_u32(self) -> u32 {
        self.0
    }

    /// The number of the leaf, for use as an offset.
    pub const fn as_usize(self) -> usize {
        self.0 as usize
    }

    /// The node at which the leaf stands.
    pub const fn node(self) -> NodeIndex {
        NodeIndex(self.0 << 1)
    }

    /// The ancestors of the leaf up to the root of a tree of `size`, lowest first: its direct path.
    pub fn direct_path(self, size: TreeSize) -> Ancestors {
        Ancestors::of(self.node(), size)
    }

    /// The lowest node that has both leaves below it (or is both of them).
    pub fn common_ancestor(self, other: Self) -> NodeIndex {
        let level = u32::BITS.saturating_sub((self.0 ^ other.0).leading_zeros());
        NodeIndex::subtree(self, level)
    }
}

impl NodeIndex {
    /// The node number `index`.
    pub const fn new(index: u32) -> Self {
        Self(index)
    }

    /// The number of the node.
    pub const fn as_u32(self) -> u32 {
        self.0
    }

    /// The number of the node, for use as an offset.
    pub const fn as_usize(self) -> usize {
        self.0 as usize
    }

    /// The root of the subtree of height `level` that holds `leaf` (level 0 is the leaf itself).
    pub fn subtree(leaf: LeafIndex, level: u32) -> Self {
        let low = mask(level);
        Self((leaf.node().0 & !(low << 1) & !1) | low)
    }

    /// The height above the leaves; leaves have level 0.
    pub const fn level(self) -> u32 {
        self.0.trailing_ones()
    }

    /// Whether the node is a leaf.
    pub const fn is_leaf(self) -> bool {
        self.0 & 1 == 0
    }

    /// The leaf that stands at this node, if it is one.
    pub const fn leaf(self) -> Option<LeafIndex> {
        if self.is_leaf() { Some(LeafIndex(self.0 >> 1)) } else { None }
    }

    /// The left child, or `None` for a leaf.
    pub fn left(self) -> Option<Self> {
        let level = self.level().checked_sub(1)?;
        Some(Self(self.0 ^ (1 << level)))
    }

    /// The right child, or `None` for a leaf.
    pub fn right(self) -> Option<Self> {
        let level = self.level().checked_sub(1)?;
        Some(Self(self.0 ^ (3 << level)))
    }

    /// The parent in a tree of `size`, or `None` for its root and for nodes outside.
    pub fn parent(self, size: TreeSize) -> Option<Self> {
        if self == size.root() || !size.contains(self) {
            return None;
        }
        let bit = 1u32.checked_shl(self.level())?;
        Some(Self((self.0 | bit) & !(bit << 1)))
    }

    /// The other child of the parent, or `None` for the root and for nodes outside.
    pub fn sibling(self, size: TreeSize) -> Option<Self> {
        let parent = self.parent(size)?;
        if self < parent { parent.right() } else { parent.left() }
    }

    /// Whether `self` is `other` or above it.
    pub fn is_ancestor_or_self(self, other: Self) -> bool {
        let level = self.level();
        other.level() <= level && NodeIndex::subtree(other.first_leaf(), level) == self
    }

    /// The leftmost leaf at or below the node.
    pub fn first_leaf(self) -> LeafIndex {
        LeafIndex((self.0 & !mask(self.level())) >> 1)
    }

    /// The rightmost leaf at or below the node.
    pub fn last_leaf(self) -> LeafIndex {
        LeafIndex((self.first_leaf().0 | mask(self.level())) & (u32::MAX >> 1))
    }
}

/// `level` one bits.
const fn mask(level: u32) -> u32 {
    if level == 0 { 0 } else { u32::MAX >> u32::BITS.saturating_sub(level) }
}

impl fmt::Debug for LeafIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "leaf {}", self.0)
    }
}

impl fmt::Display for LeafIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for NodeIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {}", self.0)
    }
}

impl fmt::Display for NodeIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(index: u32) -> LeafIndex {
        LeafIndex::new(index).unwrap()
    }

    // covers: 4.1-01
    #[test]
    fn children_and_parents_agree_in_small_trees() {
        for depth in 0..6 {
            let size = TreeSize::of_depth(depth).unwrap();
            for node in (0..size.node_count()).map(NodeIndex::new) {
                for child in [node.left(), node.right()].into_iter().flatten() {
                    assert_eq!(child.parent(size), Some(node));
                    assert!(node.is_ancestor_or_self(child));
                    assert_eq!(child.sibling(size).unwrap().sibling(size), Some(child));
                }
                assert_eq!(node.left().is_none(), node.is_leaf());
                let below =
                    (0..size.leaf_count()).map(leaf).filter(|leaf| node.is_ancestor_or_self(leaf.node()));
                assert_eq!(below.clone().min(), Some(node.first_leaf()));
                assert_eq!(below.max(), Some(node.last_leaf()));
                assert_eq!(node.parent(size).is_none(), node == size.root());
            }
        }
    }

    #[test]
    fn common_ancestors_are_the_lowest() {
        let size = TreeSize::of_depth(5).unwrap();
        for a in 0..32 {
            for b in 0..32 {
                let by_search = core::iter::once(leaf(a).node())
                    .chain(leaf(a).direct_path(size).map(|step| step.node))
                    .find(|n| n.is_ancestor_or_self(leaf(b).node()));
                assert_eq!(Some(leaf(a).common_ancestor(leaf(b))), by_search, "{a} {b}");
            }
        }
    }

    #[test]
    fn extreme_indices_do_not_overflow() {
        assert!(LeafIndex::new(u32::MAX).is_none());
        let last = LeafIndex::new(u32::MAX >> 1).unwrap();
        assert_eq!(last.node(), NodeIndex::new(u32::MAX - 1));
        assert_eq!(last.common_ancestor(LeafIndex::FIRST), TreeSize::MAX.root());
        let outside = NodeIndex::new(u32::MAX);
        assert_eq!(outside.parent(TreeSize::MAX), None);
        assert!(outside.left().is_some());
        assert_eq!(outside.first_leaf(), LeafIndex::FIRST);
        assert_eq!(outside.last_leaf(), last);
        assert_eq!(TreeSize::MAX.root().last_leaf(), last);
    }
}
