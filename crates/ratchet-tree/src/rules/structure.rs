//! What the lists of unmerged leaves of a received tree have to fulfil before anything is computed from it.
//!
//! RFC 9420 §7.1 and §12.4.3.1.

use copath_rules::{Part, RuleId, Violation, rule};
use copath_tree_math::{LeafIndex, NodeIndex};

use crate::RatchetTree;
use crate::node::ParentView;

/// Checks all filled parents, each entry in O(log n).
pub(crate) fn check_structure(tree: &RatchetTree) -> Result<(), Violation> {
    let parents = (1..tree.size().node_count()).step_by(2).map(NodeIndex::new);
    for (node, octets) in parents.filter_map(|node| Some((node, tree.nodes.node(node)?))) {
        check_parent(tree, node, &ParentView::new(octets))
            .map_err(|rule| Violation::new(rule).at(Part::Node(node.as_u32())))?;
    }
    Ok(())
}

fn check_parent(tree: &RatchetTree, node: NodeIndex, parent: &ParentView<'_>) -> Result<(), RuleId> {
    if tree.nodes.count(node) == 0 {
        // No chain of parent hashes can start below.
        return Err(rule!("7.9.2-04"));
    }
    let later = parent.raw_unmerged_leaves().skip(1);
    if parent.raw_unmerged_leaves().zip(later).any(|(entry, next)| entry >= next) {
        return Err(rule!("7.1-01"));
    }
    for entry in parent.raw_unmerged_leaves() {
        let leaf = LeafIndex::new(entry).filter(|leaf| node.is_ancestor_or_self(leaf.node()));
        let leaf = leaf.filter(|leaf| tree.leaf(*leaf).is_some()).ok_or(rule!("12.4.3.1-15"))?;
        if next_filled_parent(tree, node, leaf).is_some_and(|below| !below.is_unmerged(leaf)) {
            return Err(rule!("12.4.3.1-16"));
        }
    }
    Ok(())
}

/// The topmost filled parent between `node` and `leaf`.
fn next_filled_parent<'t>(tree: &'t RatchetTree, node: NodeIndex, leaf: LeafIndex) -> Option<ParentView<'t>> {
    let levels = (1..node.level()).rev();
    levels
        .map(|level| NodeIndex::subtree(leaf, level))
        .find_map(|node| tree.nodes.node(node))
        .map(ParentView::new)
}
