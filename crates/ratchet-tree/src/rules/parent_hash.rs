//! Parent-hash validity.
//!
//! RFC 9420 §7.9.2.

use alloc::vec::Vec;

use copath_crypto::{HashOutput, Suite};
use copath_rules::{Part, Violation, rule};
use copath_tree_math::NodeIndex;

use crate::node::{LeafView, ParentView};
use crate::path::parent_hash;
use crate::{RatchetTree, TreeError};

impl RatchetTree {
    /// Checks the parent hash of the parent at `node`; blank nodes and leaves have none, and pass.
    ///
    /// RFC 9420 §7.9.2. [`RatchetTree::validate`] does this for all nodes.
    ///
    /// # Errors
    /// Rules 7.9.2-02, 7.9.2-03, 7.9.2-05.
    pub fn verify_parent_hash(&self, suite: &Suite, node: NodeIndex) -> Result<(), TreeError> {
        check_parent_hash(self, suite, node)
    }
}

/// Checks that exactly one node below the filled parent at `node` carries its parent hash (rules 7.9.2-01 to -05).
///
/// If every filled parent passes, every one is covered by a chain that starts at a leaf (rule 7.9.2-04): the node
/// found is a leaf, or a filled parent further down.
pub(super) fn check_parent_hash(tree: &RatchetTree, suite: &Suite, node: NodeIndex) -> Result<(), TreeError> {
    let Some(octets) = tree.nodes.node(node).filter(|_| !node.is_leaf()) else { return Ok(()) };
    let (Some(left), Some(right)) = (node.left(), node.right()) else { return Err(TreeError::Inconsistent) };
    let parent = ParentView::new(octets);
    let candidates = [(candidate(tree, &parent, left), right), (candidate(tree, &parent, right), left)];
    let mut linked = 0u32;
    for (candidate, sibling) in candidates {
        let Some(carried) = candidate.and_then(|candidate| carried_parent_hash(tree, candidate)) else {
            continue;
        };
        if expected_parent_hash(tree, suite, &parent, sibling)?.as_slice() == carried {
            linked = linked.saturating_add(1);
        }
    }
    let broken = match (linked, candidates) {
        (1, _) => return Ok(()),
        (0, [(None, _), (None, _)]) => rule!("7.9.2-03"),
        (0, _) => rule!("7.9.2-02"),
        _ => rule!("7.9.2-05"),
    };
    Err(Violation::new(broken).at(Part::Node(node.as_u32())).into())
}

/// The one node of the child's resolution that isn't among the parent's unmerged leaves, if the two sets differ by
/// exactly that node.
fn candidate(tree: &RatchetTree, parent: &ParentView<'_>, child: NodeIndex) -> Option<NodeIndex> {
    let unmerged = parent.unmerged_below(child);
    let resolution = tree.resolution(child);
    if resolution.len() != unmerged.len().checked_add(1)? {
        return None;
    }
    let listed = |node: &NodeIndex| node.leaf().is_some_and(|leaf| unmerged.binary_search(&leaf).is_ok());
    let mut others: Vec<NodeIndex> = resolution.into_iter().filter(|node| !listed(node)).collect();
    let found = others.pop()?;
    others.is_empty().then_some(found)
}

/// The parent hash that a node carries; leaves that aren't from a commit have none.
fn carried_parent_hash(tree: &RatchetTree, node: NodeIndex) -> Option<&[u8]> {
    let kept = tree.nodes.node(node)?;
    if node.is_leaf() { LeafView::new(kept).parent_hash() } else { Some(ParentView::new(kept).parent_hash) }
}

/// The parent hash of `parent` with `sibling` as the child on the other side (RFC 9420 §7.9).
fn expected_parent_hash(
    tree: &RatchetTree,
    suite: &Suite,
    parent: &ParentView<'_>,
    sibling: NodeIndex,
) -> Result<HashOutput, TreeError> {
    let original = tree.nodes.hash_without(suite, sibling, &parent.unmerged_below(sibling))?;
    parent_hash(suite, parent.encryption_key, parent.parent_hash, original.as_slice())
}
