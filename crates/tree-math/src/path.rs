//! Direct path and copath.

use crate::{NodeIndex, TreeSize};

/// The walk from a node's parent to the root, each step with its copath node.
///
/// RFC 9420 §4.1.2.
#[derive(Clone, Debug)]
pub struct Ancestors {
    at: NodeIndex,
    size: TreeSize,
}

/// One step of a direct path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectPathStep {
    /// The node on the direct path.
    pub node: NodeIndex,
    /// Its child on the path, or the start of the walk.
    pub child: NodeIndex,
    /// Its other child, which is on the copath.
    pub copath: NodeIndex,
}

impl Ancestors {
    /// The walk that starts above `node` in a tree of `size`; empty for its root and for nodes outside.
    pub fn of(node: NodeIndex, size: TreeSize) -> Self {
        Self { at: node, size }
    }
}

impl Iterator for Ancestors {
    type Item = DirectPathStep;

    fn next(&mut self) -> Option<DirectPathStep> {
        let child = self.at;
        let node = child.parent(self.size)?;
        let copath = child.sibling(self.size)?;
        self.at = node;
        Some(DirectPathStep { node, child, copath })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LeafIndex;

    // covers: 4.1.2-01
    #[test]
    fn direct_paths_end_at_the_root() {
        for depth in 0..6 {
            let size = TreeSize::of_depth(depth).unwrap();
            for leaf in (0..size.leaf_count()).filter_map(LeafIndex::new) {
                let mut below = leaf.node();
                let mut steps = 0;
                for step in leaf.direct_path(size) {
                    assert_eq!(step.child, below);
                    assert_eq!(step.copath.parent(size), Some(step.node));
                    assert!(!step.copath.is_ancestor_or_self(leaf.node()));
                    below = step.node;
                    steps += 1;
                }
                assert_eq!((below, steps), (size.root(), depth));
            }
        }
    }
}
