//! From the frontier down to a leaf.

use copath_crypto::{CryptoError, HashOutput, Suite};
use copath_tree_math::{LeafIndex, NodeIndex, TreeSize};
use zeroize::Zeroizing;

use super::ContentKind;
use super::branch::Branch;
use super::frontier::{Covering, Frontier, Source};
use super::ratchet::RatchetHead;
use crate::KeyScheduleError;

/// What a leaf's first use does to the tree: a node of the frontier gives way to the nodes beside the path below it.
///
/// RFC 9420 §9 and §9.2.
pub(super) struct Expansion {
    /// The node of the frontier that is consumed.
    pub(super) covering: NodeIndex,
    /// Where its secret was.
    pub(super) source: Source,
    /// The secrets beside the path from there to the leaf; absent if it was the leaf itself.
    pub(super) grown: Option<Branch>,
    /// The start of the leaf's other ratchet.
    pub(super) other: RatchetHead,
}

impl Expansion {
    /// Derives the start of the ratchet `kind` of `leaf`, which has no ratchets yet.
    ///
    /// # Errors
    /// [`KeyScheduleError::DamagedRecords`] if no node above the leaf is left, or if its secret is of another length
    /// than the suite's, which can't be in a whole tree.
    pub(super) fn derive(
        suite: &Suite,
        frontier: &Frontier,
        size: TreeSize,
        leaf: LeafIndex,
        kind: ContentKind,
    ) -> Result<(RatchetHead, Self), KeyScheduleError> {
        let covering = frontier.covering(leaf, size).ok_or(KeyScheduleError::DamagedRecords)?;
        let Covering { node: covering, secret, source } = covering;
        let length = suite.hash_length();
        let mut room = Zeroizing::new([0; HashOutput::MAX_LENGTH]);
        let at = room.get_mut(..length).filter(|at| at.len() == secret.len());
        let at = at.ok_or(KeyScheduleError::DamagedRecords)?;
        at.copy_from_slice(secret);
        let grown =
            Branch::try_fill(leaf, (covering.level(), length), |beside| descend(suite, leaf, at, beside))?;
        let head = RatchetHead::start(suite, at, kind)?;
        let other = RatchetHead::start(suite, at, kind.other())?;
        Ok((head, Self { covering, source, grown, other }))
    }
}

/// Takes `at` from the secret of a node down to that of `leaf`, and writes the secrets `beside` the path, lowest first.
fn descend(suite: &Suite, leaf: LeafIndex, at: &mut [u8], beside: &mut [u8]) -> Result<(), CryptoError> {
    let mut room = Zeroizing::new([0; HashOutput::MAX_LENGTH]);
    let next = room.get_mut(..at.len()).ok_or(CryptoError::LengthOutOfRange)?;
    for (level, beside) in beside.chunks_exact_mut(at.len()).enumerate().rev() {
        let is_right = leaf.as_usize() >> level & 1 == 1;
        let sides = if is_right { ("right", "left") } else { ("left", "right") };
        let child =
            |side: &str, output: &mut [u8]| suite.expand_with_label_into(at, "tree", side.as_bytes(), output);
        child(sides.0, next)?;
        child(sides.1, beside)?;
        at.copy_from_slice(next);
    }
    Ok(())
}
