//! Changing leaves.
//!
//! RFC 9420 §12.1.1 to §12.1.3: what Add, Update and Remove do to the tree.

use alloc::vec::Vec;

use copath_crypto::Suite;
use copath_messages::LeafNode;
use copath_rules::{Part, Violation, rule};
use copath_tree_math::{DirectPathStep, LeafIndex, NodeIndex};

use crate::index::Tally;
use crate::node::{LeafView, ParentView};
use crate::pages::below;
use crate::tree::encode_leaf;
use crate::{EditCost, RatchetTree, TreeError};

/// A change of leaves that becomes a new tree with [`TreeEdit::finish`]; dropping it leaves nothing behind.
///
/// Hashes, lists of unmerged leaves and the tree's size are brought up to date once, at the end.
#[derive(Debug)]
pub struct TreeEdit {
    tree: RatchetTree,
    suite: Suite,
    tally: Tally,
    /// New leaves that aren't in the lists of unmerged leaves above them yet.
    unmerged: Vec<LeafIndex>,
}

impl TreeEdit {
    pub(crate) fn of(mut tree: RatchetTree, suite: &Suite) -> Self {
        tree.cost = EditCost::default();
        Self { tree, suite: suite.clone(), tally: Tally::default(), unmerged: Vec::new() }
    }

    /// Adds a leaf at the leftmost blank place, growing the tree if there is none (RFC 9420 §12.1.1).
    ///
    /// # Errors
    /// [`TreeError::TooLarge`].
    pub fn add_leaf(&mut self, leaf: &LeafNode) -> Result<LeafIndex, TreeError> {
        let kept = encode_leaf(leaf)?;
        let index = self.make_room()?;
        self.put_leaf(index, &kept)?;
        self.unmerged.push(index);
        Ok(index)
    }

    /// Replaces a leaf and blanks the parents above it (RFC 9420 §12.1.2).
    ///
    /// # Errors
    /// [`TreeError::NoSuchLeaf`] if nothing stands there; [`TreeError::TooLarge`].
    pub fn update_leaf(&mut self, index: LeafIndex, leaf: &LeafNode) -> Result<(), TreeError> {
        if self.tree.leaf(index).is_none() {
            return Err(TreeError::NoSuchLeaf { leaf: index.as_u32() });
        }
        let kept = encode_leaf(leaf)?;
        self.merge_unmerged()?;
        self.put_leaf(index, &kept)?;
        self.blank_direct_path(index)
    }

    /// Blanks a leaf and the parents above it (RFC 9420 §12.1.3). The tree shrinks when the edit is finished.
    ///
    /// # Errors
    /// Rule 12.1.3-01 if the leaf is blank or outside of the tree.
    pub fn remove_leaf(&mut self, index: LeafIndex) -> Result<(), TreeError> {
        if self.tree.leaf(index).is_none() {
            return Err(Violation::new(rule!("12.1.3-01")).at(Part::Leaf(index.as_u32())).into());
        }
        self.merge_unmerged()?;
        self.put_leaf(index, &[])?;
        self.blank_direct_path(index)
    }

    /// The new tree: lists of unmerged leaves merged, shrunk to what is needed, hashed.
    ///
    /// # Errors
    /// [`TreeError::TooLarge`] if a list outgrows its encoding.
    pub fn finish(mut self) -> Result<RatchetTree, TreeError> {
        self.merge_unmerged()?;
        self.tree.nodes.shrink(&mut self.tree.cost)?;
        self.tree.nodes.rehash(&self.suite, &mut self.tree.cost)?;
        self.tree.features.apply(&self.tally);
        Ok(self.tree)
    }

    /// The tree as it is now; hashes and counts of features are out of date.
    pub(crate) fn tree(&self) -> &RatchetTree {
        &self.tree
    }

    /// The leftmost blank leaf, after growing if there was none.
    fn make_room(&mut self) -> Result<LeafIndex, TreeError> {
        let next = self.tree.next_leaf()?;
        self.grow_to(next)?;
        Ok(next)
    }

    /// Doubles the tree if `leaf` is the first one outside of it.
    pub(crate) fn grow_to(&mut self, leaf: LeafIndex) -> Result<(), TreeError> {
        if leaf.as_u32() == self.tree.size().leaf_count() {
            self.tree.nodes.double(&mut self.tree.cost)?;
        }
        Ok(())
    }

    /// Replaces a leaf in nodes, indexes and counts; no octets blank it.
    pub(crate) fn put_leaf(&mut self, index: LeafIndex, kept: &[u8]) -> Result<(), TreeError> {
        let RatchetTree { nodes, keys, cost, .. } = &mut self.tree;
        let old = nodes.node(index.node()).map(LeafView::new);
        let new = (!kept.is_empty()).then(|| LeafView::new(kept));
        if let Some(old) = &old {
            keys.remove_encryption_key(old.encryption_key, index.node());
            keys.remove_signature_key(old.signature_key, index);
        }
        if let Some(new) = &new {
            keys.insert_encryption_key(new.encryption_key, index.node());
            keys.insert_signature_key(new.signature_key, index);
        }
        self.tally.replace(old.as_ref(), new.as_ref());
        nodes.set_leaf(index, kept, cost)
    }

    /// Replaces a parent in nodes and index; no octets blank it.
    pub(crate) fn put_parent(&mut self, node: NodeIndex, octets: &[u8]) -> Result<(), TreeError> {
        let RatchetTree { nodes, keys, cost, .. } = &mut self.tree;
        if let Some(old) = nodes.node(node) {
            keys.remove_encryption_key(ParentView::new(old).encryption_key, node);
        }
        if !octets.is_empty() {
            keys.insert_encryption_key(ParentView::new(octets).encryption_key, node);
        }
        nodes.set_parent(node, octets, cost)
    }

    /// Blanks all parents above a leaf.
    pub(crate) fn blank_direct_path(&mut self, leaf: LeafIndex) -> Result<(), TreeError> {
        self.blank_direct_path_except(leaf, &[])
    }

    /// Blanks the parents above a leaf but those of `kept`, lowest first, which are replaced right after.
    pub(crate) fn blank_direct_path_except(
        &mut self,
        leaf: LeafIndex,
        kept: &[DirectPathStep],
    ) -> Result<(), TreeError> {
        let mut kept = kept.iter().map(|step| step.node).peekable();
        for step in leaf.direct_path(self.tree.size()) {
            let replaced = kept.next_if_eq(&step.node).is_some();
            if !replaced && self.tree.nodes.node(step.node).is_some() {
                self.put_parent(step.node, &[])?;
            }
        }
        Ok(())
    }

    /// Puts the new leaves into the list of each filled parent above them: one merge a list.
    fn merge_unmerged(&mut self) -> Result<(), TreeError> {
        let mut leaves = core::mem::take(&mut self.unmerged);
        leaves.sort_unstable();
        let root = self.tree.size().root();
        self.merge_unmerged_below(root, &leaves)
    }

    fn merge_unmerged_below(&mut self, node: NodeIndex, leaves: &[LeafIndex]) -> Result<(), TreeError> {
        let leaves = below(node, leaves);
        let (Some(left), Some(right)) = (node.left(), node.right()) else { return Ok(()) };
        if leaves.is_empty() {
            return Ok(());
        }
        if let Some(octets) = self.tree.nodes.node(node) {
            let merged = ParentView::new(octets).with(leaves)?;
            let RatchetTree { nodes, cost, .. } = &mut self.tree;
            nodes.set_parent(node, &merged, cost)?;
        }
        self.merge_unmerged_below(left, leaves)?;
        self.merge_unmerged_below(right, leaves)
    }
}
