//! `tree-math`: trees up to 64 leaves.

use std::ops::Range;

use crate::kinds::tree_math::Case;

/// One case for each size.
pub(super) fn cases() -> Vec<Case> {
    (0..7u32).map(|depth| case(1 << depth)).collect()
}

fn case(n_leaves: u32) -> Case {
    let n_nodes = n_leaves.saturating_mul(2).saturating_sub(1);
    let blank = || (0..n_nodes).map(|_| None).collect::<Vec<Option<u32>>>();
    let mut case = Case {
        n_leaves,
        n_nodes,
        root: middle(&(0..n_nodes)),
        left: blank(),
        right: blank(),
        parent: blank(),
        sibling: blank(),
    };
    split(&mut case, 0..n_nodes);
    case
}

/// The root of a subtree is the middle of its interval of nodes.
fn middle(nodes: &Range<u32>) -> u32 {
    nodes.start.midpoint(nodes.end)
}

/// Fills in the relations below the root of an interval.
fn split(case: &mut Case, nodes: Range<u32>) {
    let root = middle(&nodes);
    if nodes.len() < 3 {
        return;
    }
    let halves = [nodes.start..root, root.saturating_add(1)..nodes.end];
    let [left, right] = halves.clone().map(|half| middle(&half));
    put(&mut case.left, root, left);
    put(&mut case.right, root, right);
    for (child, other) in [(left, right), (right, left)] {
        put(&mut case.parent, child, root);
        put(&mut case.sibling, child, other);
    }
    for half in halves {
        split(case, half);
    }
}

fn put(relation: &mut [Option<u32>], node: u32, related: u32) {
    let entry = usize::try_from(node).ok().and_then(|node| relation.get_mut(node));
    if let Some(entry) = entry {
        *entry = Some(related);
    }
}
