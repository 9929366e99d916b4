//! Applying a received path, as far as everybody can who has no secrets.
//!
//! RFC 9420 §7.5, §7.6 and §12.4.2.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use copath_crypto::Suite;
use copath_messages::{LeafNodeSource, UpdatePath};
use copath_rules::{Part, Violation, rule};
use copath_tree_math::{DirectPathStep, LeafIndex};

use super::merge::{merge, parent_hashes, prepare};
use crate::rules::check_encryption_key;
use crate::tree::encode_leaf;
use crate::{RatchetTree, TreeError};

/// A received path that passed the checks that need no secrets, merged into the tree.
pub struct MergedPath<'p> {
    pub(super) tree: RatchetTree,
    pub(super) suite: Suite,
    pub(super) committer: LeafIndex,
    pub(super) path: &'p UpdatePath,
    pub(super) steps: Vec<DirectPathStep>,
    /// Leaves that the same commit added, ascending.
    pub(super) new_leaves: Vec<LeafIndex>,
}

impl RatchetTree {
    /// Merges a received path into the tree after the proposals.
    ///
    /// RFC 9420 §7.5. `new_leaves` were added by the same commit. For an external commit, `committer` is
    /// [`RatchetTree::next_leaf`]. The leaf itself is judged by [`LeafRules`](crate::LeafRules), on the new tree.
    ///
    /// # Errors
    /// Rules 5.1.1-01, 7.3-16, 7.6-01, 7.6-02, 7.6-03, 12.4.2-06, 12.4.2-07, 12.4.2-08, 7.5-09 (which is 7.9.2-07); [`TreeError::NoSuchLeaf`].
    pub fn apply_path<'p>(
        &self,
        suite: &Suite,
        committer: LeafIndex,
        path: &'p UpdatePath,
        new_leaves: &[LeafIndex],
    ) -> Result<MergedPath<'p>, TreeError> {
        let edit = prepare(self, suite, committer)?;
        let steps = edit.tree().filtered_direct_path(committer);
        let mut new_leaves = new_leaves.to_vec();
        new_leaves.sort_unstable();
        check_counts(edit.tree(), path, &steps, &new_leaves)?;
        check_keys(suite, edit.tree(), committer, path)?;
        let keys: Vec<&[u8]> = path.nodes.iter().map(|node| node.encryption_key.as_ref()).collect();
        let hashes = parent_hashes(edit.tree(), suite, &steps, &keys)?;
        match &path.leaf_node.leaf_node_source {
            LeafNodeSource::Commit(parent_hash) if parent_hash.as_ref() == hashes.leaf.as_slice() => (),
            LeafNodeSource::Commit(_) => return refuse(rule!("7.5-09"), Part::Leaf(committer.as_u32())),
            _ => return refuse(rule!("7.3-16"), Part::Leaf(committer.as_u32())),
        }
        let tree = merge(edit, (committer, &encode_leaf(&path.leaf_node)?), &steps, &keys, &hashes)?;
        Ok(MergedPath { tree, suite: suite.clone(), committer, path, steps, new_leaves })
    }
}

impl MergedPath<'_> {
    /// The tree with the path merged: its hash goes into the provisional group context.
    pub fn tree(&self) -> &RatchetTree {
        &self.tree
    }

    /// The tree alone, for an observer.
    pub fn into_tree(self) -> RatchetTree {
        self.tree
    }
}

fn refuse<T>(rule: copath_rules::RuleId, part: Part) -> Result<T, TreeError> {
    Err(Violation::new(rule).at(part).into())
}

/// One entry a node of the filtered direct path, one ciphertext a node of the resolution, new leaves left out.
fn check_counts(
    tree: &RatchetTree,
    path: &UpdatePath,
    steps: &[DirectPathStep],
    new_leaves: &[LeafIndex],
) -> Result<(), TreeError> {
    if path.nodes.len() != steps.len() {
        return refuse(rule!("7.6-01"), Part::UpdatePath);
    }
    for ((entry, step), position) in path.nodes.iter().zip(steps).zip(0..) {
        let expected = tree.resolution_length(step.copath, new_leaves);
        let found = entry.encrypted_path_secret.len();
        if found == expected {
            continue;
        }
        // A count that would be right if new leaves were counted breaks the rule that leaves them out.
        let counts_new = tree.resolution_length(step.copath, &[]) == found;
        let broken = if counts_new { rule!("7.6-02") } else { rule!("7.6-03") };
        return refuse(broken, Part::PathNode(position));
    }
    Ok(())
}

/// All keys of the path are keys of the suite, new to the tree and to each other.
fn check_keys(
    suite: &Suite,
    tree: &RatchetTree,
    committer: LeafIndex,
    path: &UpdatePath,
) -> Result<(), TreeError> {
    let leaf_key: &[u8] = path.leaf_node.encryption_key.as_ref();
    let leaf = Part::Leaf(committer.as_u32());
    if tree.encryption_key(committer.node()) == Some(leaf_key) {
        return refuse(rule!("12.4.2-06"), leaf);
    }
    let nodes = path.nodes.iter().zip(0..);
    let nodes = nodes.map(|(node, position)| (node.encryption_key.as_ref(), Part::PathNode(position)));
    let mut seen = BTreeSet::new();
    for (key, part) in core::iter::once((leaf_key, leaf)).chain(nodes) {
        if tree.find_encryption_key(key).is_some() {
            return refuse(rule!("12.4.2-07"), part);
        }
        if !seen.insert(key) {
            return refuse(rule!("12.4.2-08"), part);
        }
        check_encryption_key(suite, key, part)?;
    }
    Ok(())
}

impl fmt::Debug for MergedPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MergedPath").field("committer", &self.committer).finish_non_exhaustive()
    }
}
