//! The ratchet tree as an array of nodes, by the letter of the RFC.
//!
//! RFC 9420 §4, §7.7, §7.8, §12.1 and appendix C. It is slow and plain, so that vectors don't repeat what they check.

use copath_codec::{Decode, Encode, Writer};
use copath_crypto::{HashOutput, Suite};
use copath_messages::{LeafNode, Node};
use copath_tree_math::{LeafIndex, NodeIndex, TreeSize};

use crate::Mismatch;

/// All nodes of a tree, blank ones included.
pub(super) struct ArrayTree {
    size: TreeSize,
    nodes: Vec<Option<Node>>,
}

impl ArrayTree {
    /// Reads a tree, which may be truncated (RFC 9420 §12.4.3.3).
    pub(super) fn decode(octets: &[u8]) -> Result<Self, Mismatch> {
        let mut nodes = Vec::<Option<Node>>::from_bytes(octets)?;
        let size = TreeSize::of_node_count(nodes.len()).ok_or_else(|| Mismatch::new("no nodes"))?;
        nodes.resize(usize::try_from(size.node_count())?, None);
        Ok(Self { size, nodes })
    }

    /// All nodes up to the last filled one.
    pub(super) fn encode(&self) -> Result<Vec<u8>, Mismatch> {
        let end = self.nodes.iter().rposition(Option::is_some).map_or(0, |last| last.saturating_add(1));
        Ok(self.nodes.get(..end).unwrap_or_default().to_bytes()?)
    }

    /// All nodes.
    pub(super) fn all(&self) -> impl Iterator<Item = NodeIndex> + use<> {
        (0..self.size.node_count()).map(NodeIndex::new)
    }

    /// The resolution of a node (RFC 9420 §4.1.1).
    pub(super) fn resolution(&self, node: NodeIndex) -> Vec<NodeIndex> {
        match (self.node(node), node.left(), node.right()) {
            (Some(Node::Leaf(_)), ..) => vec![node],
            (Some(Node::Parent(parent)), ..) => {
                let unmerged = parent.unmerged_leaves.iter().copied().filter_map(LeafIndex::new);
                [node].into_iter().chain(unmerged.map(LeafIndex::node)).collect()
            }
            (None, Some(left), Some(right)) => [self.resolution(left), self.resolution(right)].concat(),
            (None, ..) => Vec::new(),
        }
    }

    /// The tree hash of a node (RFC 9420 §7.8).
    pub(super) fn tree_hash(&self, suite: &Suite, node: NodeIndex) -> Result<HashOutput, Mismatch> {
        let mut input = Writer::new();
        match (node.leaf(), node.left(), node.right()) {
            (None, Some(left), Some(right)) => {
                let parent = match self.node(node) {
                    Some(Node::Parent(parent)) => Some(&**parent),
                    _ => None,
                };
                let (left, right) = (self.tree_hash(suite, left)?, self.tree_hash(suite, right)?);
                input.u8(2).optional(parent).value(&left).value(&right);
            }
            _ => {
                let leaf = match self.node(node) {
                    Some(Node::Leaf(leaf)) => Some(&**leaf),
                    _ => None,
                };
                input.u8(1).value(&node.first_leaf().as_u32()).optional(leaf);
            }
        }
        Ok(suite.hash(&[&input.finish()?]))
    }

    /// The tree hash of the root.
    pub(super) fn root_hash(&self, suite: &Suite) -> Result<HashOutput, Mismatch> {
        self.tree_hash(suite, self.size.root())
    }

    /// Adds a leaf (RFC 9420 §12.1.1).
    pub(super) fn add(&mut self, leaf_node: LeafNode) -> Result<(), Mismatch> {
        let leaves = (0..self.size.leaf_count()).filter_map(LeafIndex::new);
        let blank = leaves.map(LeafIndex::node).find(|leaf| self.node(*leaf).is_none());
        let node = match blank {
            Some(node) => node,
            None => {
                let node = NodeIndex::new(self.size.node_count().saturating_add(1));
                self.resize(self.size.doubled())?;
                node
            }
        };
        for step in node.first_leaf().direct_path(self.size) {
            if let Some(Some(Node::Parent(parent))) = self.nodes.get_mut(step.node.as_usize()) {
                parent.unmerged_leaves.push(node.first_leaf().as_u32());
                parent.unmerged_leaves.sort_unstable();
            }
        }
        self.put(node, Some(Node::Leaf(leaf_node.into())));
        Ok(())
    }

    /// Replaces a leaf (RFC 9420 §12.1.2).
    pub(super) fn update(&mut self, leaf: LeafIndex, leaf_node: LeafNode) {
        self.blank_path(leaf);
        self.put(leaf.node(), Some(Node::Leaf(leaf_node.into())));
    }

    /// Removes a leaf (RFC 9420 §12.1.3).
    pub(super) fn remove(&mut self, leaf: LeafIndex) -> Result<(), Mismatch> {
        self.blank_path(leaf);
        self.put(leaf.node(), None);
        while self.size > TreeSize::ONE && self.right_half_is_blank() {
            self.resize(self.size.halved())?;
        }
        Ok(())
    }

    fn right_half_is_blank(&self) -> bool {
        self.nodes.iter().skip(self.size.root().as_usize()).skip(1).all(Option::is_none)
    }

    fn blank_path(&mut self, leaf: LeafIndex) {
        for step in leaf.direct_path(self.size) {
            self.put(step.node, None);
        }
    }

    fn resize(&mut self, size: Option<TreeSize>) -> Result<(), Mismatch> {
        self.size = size.ok_or_else(|| Mismatch::new("no such size"))?;
        self.nodes.resize(usize::try_from(self.size.node_count())?, None);
        Ok(())
    }

    fn node(&self, node: NodeIndex) -> Option<&Node> {
        self.nodes.get(node.as_usize())?.as_ref()
    }

    fn put(&mut self, node: NodeIndex, value: Option<Node>) {
        if let Some(slot) = self.nodes.get_mut(node.as_usize()) {
            *slot = value;
        }
    }
}
