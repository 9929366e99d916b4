//! What is left of the secret tree above leaves that haven't been used.

use alloc::collections::BTreeMap;

use copath_crypto::Secret;
use copath_tree_math::{LeafIndex, NodeIndex, TreeSize};

use super::branch::Branch;

/// The secrets of subtrees none of whose leaves has been used. Exactly one lies at or above each such leaf, none above
/// the others.
///
/// RFC 9420 §9.2.
#[derive(Default)]
pub(super) struct Frontier {
    /// Those that lie by themselves: the root of an unused tree, and what was stored before there were branches.
    pub(super) nodes: BTreeMap<NodeIndex, Secret>,
    /// By the node that gave way to the branch.
    pub(super) branches: BTreeMap<NodeIndex, Branch>,
}

/// The secret at or above a leaf that hasn't been used.
pub(super) struct Covering<'a> {
    pub(super) node: NodeIndex,
    pub(super) secret: &'a [u8],
    /// Where it lies, as it will be once the secret is consumed.
    pub(super) source: Source,
}

/// Where a secret that is consumed was.
pub(super) enum Source {
    /// By itself.
    Node,
    /// In the branch of that node, of which the rest stays, if there is any.
    Branch(NodeIndex, Option<Branch>),
}

impl Frontier {
    /// That of a tree that hasn't been used, whose root has `secret`.
    pub(super) fn unused(size: TreeSize, secret: Secret) -> Self {
        Self { nodes: BTreeMap::from([(size.root(), secret)]), branches: BTreeMap::new() }
    }

    /// The secret at or above `leaf`; `None` if the leaf has been used. O(log n) look-ups.
    pub(super) fn covering(&self, leaf: LeafIndex, size: TreeSize) -> Option<Covering<'_>> {
        let mut at_or_above =
            core::iter::once(leaf.node()).chain(leaf.direct_path(size).map(|step| step.node));
        at_or_above.find_map(|node| {
            if let Some(secret) = self.nodes.get(&node) {
                return Some(Covering { node, secret: secret.expose(), source: Source::Node });
            }
            let branch = self.branches.get(&node)?;
            let level = branch.level_above(leaf)?;
            let secret = branch.secret(level)?;
            let source = Source::Branch(node, branch.without(level));
            Some(Covering { node: NodeIndex::subtree(leaf, level), secret, source })
        })
    }

    /// The secret of `node`, which was taken from `source`, is consumed: `grown` is there instead.
    pub(super) fn give_way(&mut self, node: NodeIndex, source: Source, grown: Option<Branch>) {
        match source {
            Source::Node => drop(self.nodes.remove(&node)),
            Source::Branch(top, Some(left)) => drop(self.branches.insert(top, left)),
            Source::Branch(top, None) => drop(self.branches.remove(&top)),
        }
        if let Some(grown) = grown {
            self.branches.insert(node, grown);
        }
    }

    /// Each node whose secret is there.
    pub(super) fn all_nodes(&self) -> impl Iterator<Item = NodeIndex> + '_ {
        self.nodes.keys().copied().chain(self.branches.values().flat_map(Branch::nodes))
    }
}
