//! Resolutions and filtered direct paths.
//!
//! RFC 9420 §4.1.1 and §4.1.2.

use alloc::vec::Vec;

use copath_tree_math::{DirectPathStep, LeafIndex, NodeIndex};

use crate::RatchetTree;

impl RatchetTree {
    /// The resolution of a node: the filled nodes that cover all its leaves, in the RFC's order.
    ///
    /// RFC 9420 §4.1.1. Costs as much as the result is long, times the depth at most.
    pub fn resolution(&self, node: NodeIndex) -> Vec<NodeIndex> {
        self.resolution_without(node, &[])
    }

    /// The resolution of a node without some leaves, as new members are left out (RFC 9420 §7.6).
    ///
    /// `without` is ascending.
    pub fn resolution_without(&self, node: NodeIndex, without: &[LeafIndex]) -> Vec<NodeIndex> {
        let mut resolution = Vec::new();
        self.resolve(node, without, &mut |node| resolution.push(node));
        resolution
    }

    /// How many nodes [`RatchetTree::resolution_without`] has.
    pub(crate) fn resolution_length(&self, node: NodeIndex, without: &[LeafIndex]) -> usize {
        let mut length = 0usize;
        self.resolve(node, without, &mut |_| length = length.saturating_add(1));
        length
    }

    fn resolve(&self, node: NodeIndex, without: &[LeafIndex], visit: &mut impl FnMut(NodeIndex)) {
        let kept = |leaf: &LeafIndex| without.binary_search(leaf).is_err();
        if self.nodes.count(node) == 0 {
            return;
        }
        if let Some(leaf) = node.leaf() {
            Some(leaf).filter(kept).map(LeafIndex::node).into_iter().for_each(visit);
        } else if let Some(parent) = self.parent(node) {
            visit(node);
            parent.unmerged_leaves().filter(kept).map(LeafIndex::node).for_each(visit);
        } else if let (Some(left), Some(right)) = (node.left(), node.right()) {
            self.resolve(left, without, visit);
            self.resolve(right, without, visit);
        }
    }

    /// The nodes of the direct path of `leaf` whose copath child has a resolution, lowest first.
    ///
    /// RFC 9420 §4.1.2. A filled parent has a filled leaf below it, so a resolution is empty where no leaf is filled.
    pub fn filtered_direct_path(&self, leaf: LeafIndex) -> Vec<DirectPathStep> {
        leaf.direct_path(self.size()).filter(|step| self.nodes.count(step.copath) > 0).collect()
    }
}
