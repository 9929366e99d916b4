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
        self.resolve(node, without, &mut resolution);
        resolution
    }

    fn resolve(&self, node: NodeIndex, without: &[LeafIndex], out: &mut Vec<NodeIndex>) {
        let kept = |leaf: &LeafIndex| without.binary_search(leaf).is_err();
        if self.nodes.count(node) == 0 {
            return;
        }
        if let Some(leaf) = node.leaf() {
            out.extend(Some(leaf).filter(kept).map(LeafIndex::node));
        } else if let Some(parent) = self.parent(node) {
            out.push(node);
            out.extend(parent.unmerged_leaves().filter(kept).map(LeafIndex::node));
        } else if let (Some(left), Some(right)) = (node.left(), node.right()) {
            self.resolve(left, without, out);
            self.resolve(right, without, out);
        }
    }

    /// The nodes of the direct path of `leaf` whose copath child has a resolution, lowest first.
    ///
    /// RFC 9420 §4.1.2. A filled parent has a filled leaf below it, so a resolution is empty where no leaf is filled.
    pub fn filtered_direct_path(&self, leaf: LeafIndex) -> Vec<DirectPathStep> {
        leaf.direct_path(self.size()).filter(|step| self.nodes.count(step.copath) > 0).collect()
    }
}
