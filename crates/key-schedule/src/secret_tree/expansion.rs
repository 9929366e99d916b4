//! From the frontier down to a leaf.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use copath_crypto::{Secret, Suite};
use copath_tree_math::{LeafIndex, NodeIndex, TreeSize};

use super::ContentKind;
use super::ratchet::RatchetHead;
use crate::KeyScheduleError;

/// What a leaf's first use does to the tree: a node of the frontier gives way to the nodes beside the path below it.
///
/// RFC 9420 §9 and §9.2.
pub(super) struct Expansion {
    /// The node of the frontier that is consumed.
    pub(super) consumed: NodeIndex,
    /// The secrets beside the path from there to the leaf, from the top.
    pub(super) copath: Vec<(NodeIndex, Secret)>,
    /// The start of the leaf's other ratchet.
    pub(super) other: RatchetHead,
}

impl Expansion {
    /// Derives the start of the ratchet `kind` of `leaf`, which has no ratchets yet.
    ///
    /// # Errors
    /// [`KeyScheduleError::DamagedRecords`] if no node above the leaf is left, which can't be in a whole tree.
    pub(super) fn derive(
        suite: &Suite,
        frontier: &BTreeMap<NodeIndex, Secret>,
        size: TreeSize,
        leaf: LeafIndex,
        kind: ContentKind,
    ) -> Result<(RatchetHead, Self), KeyScheduleError> {
        let mut path = Vec::new();
        let mut above = leaf.direct_path(size);
        let (mut consumed, mut start) = (leaf.node(), frontier.get(&leaf.node()));
        while start.is_none() {
            let step = above.next().ok_or(KeyScheduleError::DamagedRecords)?;
            (consumed, start) = (step.node, frontier.get(&step.node));
            path.push(step);
        }
        let mut secret = start.ok_or(KeyScheduleError::DamagedRecords)?.duplicate();
        let mut copath = Vec::with_capacity(path.len());
        for step in path.iter().rev() {
            let (on_path, beside) =
                if step.child < step.node { ("left", "right") } else { ("right", "left") };
            copath.push((step.copath, child(suite, &secret, beside)?));
            secret = child(suite, &secret, on_path)?;
        }
        let head = ratchet_start(suite, &secret, kind)?;
        let other = ratchet_start(suite, &secret, kind.other())?;
        Ok((head, Self { consumed, copath, other }))
    }
}

/// The secret of the child on `side`.
fn child(suite: &Suite, parent: &Secret, side: &str) -> Result<Secret, KeyScheduleError> {
    Ok(suite.expand_with_label(parent, "tree", side.as_bytes(), suite.hash_length())?)
}

/// Generation 0 of one of the two ratchets of a leaf.
fn ratchet_start(suite: &Suite, leaf: &Secret, kind: ContentKind) -> Result<RatchetHead, KeyScheduleError> {
    let label = match kind {
        ContentKind::Handshake => "handshake",
        ContentKind::Application => "application",
    };
    Ok(RatchetHead::start(suite.derive_secret(leaf, label)?))
}
