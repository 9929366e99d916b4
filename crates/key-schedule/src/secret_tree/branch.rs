//! The secrets beside one path, in one block.

use alloc::vec::Vec;

use copath_crypto::{CryptoError, Secret};
use copath_tree_math::{LeafIndex, NodeIndex};

/// The secrets beside the path from a node down to the leaf whose first use made the node give way, as far as they
/// haven't been consumed themselves.
///
/// RFC 9420 §9.2. One block of octets, so that a first use takes one allocation and one record, not one for each level.
/// A secret that is consumed is left out of the block that takes its place, and the old one is wiped.
pub(super) struct Branch {
    leaf: LeafIndex,
    /// Bit `l` tells whether the secret of the node at level `l` is there.
    left: u32,
    /// `leaf` (u32), `left` (u32), the secrets, lowest first: as it is stored.
    octets: Secret,
}

/// The octets before the secrets.
const HEADER: usize = 8;

impl Branch {
    /// The branch over `levels` levels above `leaf`, whose secrets of `length` octets each `fill` writes, lowest first;
    /// `None` if there are no levels.
    ///
    /// # Errors
    /// Those of `fill`.
    pub(super) fn try_fill(
        leaf: LeafIndex,
        (levels, length): (u32, usize),
        fill: impl FnOnce(&mut [u8]) -> Result<(), CryptoError>,
    ) -> Result<Option<Self>, CryptoError> {
        let left = below(levels);
        let count = usize::try_from(left.count_ones()).unwrap_or(usize::MAX);
        let size = count.saturating_mul(length).saturating_add(HEADER);
        let octets = Secret::try_fill(size, |octets| {
            let (header, secrets) = octets.split_first_chunk_mut().ok_or(CryptoError::LengthOutOfRange)?;
            *header = Self::header(leaf, left);
            fill(secrets)
        })?;
        Ok((left != 0).then_some(Self { leaf, left, octets }))
    }

    /// The level of the node beside the path that is at or above `leaf`; `None` for the leaf that the path leads to.
    pub(super) fn level_above(&self, leaf: LeafIndex) -> Option<u32> {
        self.leaf.common_ancestor(leaf).level().checked_sub(1)
    }

    /// The secret at `level`, if it is there.
    pub(super) fn secret(&self, level: u32) -> Option<&[u8]> {
        let (_, secret, _) = self.split(level)?;
        Some(secret)
    }

    /// What is left once the secret at `level` is consumed; `None` if that is nothing.
    pub(super) fn without(&self, level: u32) -> Option<Self> {
        let (before, _, after) = self.split(level)?;
        let left = self.left & !bit(level);
        if left == 0 {
            return None;
        }
        // As large as it gets from the start, so that no copy is left behind by growing.
        let size = HEADER.saturating_add(before.len()).saturating_add(after.len());
        let mut octets = Vec::with_capacity(size);
        octets.extend_from_slice(&Self::header(self.leaf, left));
        octets.extend_from_slice(before);
        octets.extend_from_slice(after);
        Some(Self { leaf: self.leaf, left, octets: Secret::from(octets) })
    }

    /// The nodes whose secrets are there.
    pub(super) fn nodes(&self) -> impl Iterator<Item = NodeIndex> + '_ {
        let there = (0..u32::BITS).filter(|level| self.left & bit(*level) != 0);
        there.filter_map(|level| {
            let beside = LeafIndex::new(self.leaf.as_u32() ^ bit(level))?;
            Some(NodeIndex::subtree(beside, level))
        })
    }

    /// What is stored of it.
    pub(super) fn payload(&self) -> &[u8] {
        self.octets.expose()
    }

    /// What was stored of the branch of the node `top`; `None` if no branch is stored so.
    pub(super) fn from_payload(top: NodeIndex, payload: &[u8]) -> Option<Self> {
        let (leaf, rest) = payload.split_first_chunk()?;
        let (left, secrets) = rest.split_first_chunk()?;
        let (leaf, left) = (LeafIndex::new(u32::from_be_bytes(*leaf))?, u32::from_be_bytes(*left));
        let whole = secrets.len().checked_rem(usize::try_from(left.count_ones()).ok()?)? == 0;
        let fits = top.is_ancestor_or_self(leaf.node()) && left & !below(top.level()) == 0;
        (whole && fits && !secrets.is_empty()).then(|| Self { leaf, left, octets: Secret::copy_of(payload) })
    }

    /// The secrets below that at `level`, itself, and those above it; `None` if it isn't there.
    fn split(&self, level: u32) -> Option<(&[u8], &[u8], &[u8])> {
        if self.left & bit(level) == 0 {
            return None;
        }
        let secrets = self.octets.expose().get(HEADER..)?;
        let length = secrets.len().checked_div(usize::try_from(self.left.count_ones()).ok()?)?;
        let lower = usize::try_from((self.left & below(level)).count_ones()).ok()?;
        let (before, rest) = secrets.split_at_checked(lower.checked_mul(length)?)?;
        let (secret, after) = rest.split_at_checked(length)?;
        Some((before, secret, after))
    }

    fn header(leaf: LeafIndex, left: u32) -> [u8; HEADER] {
        (u64::from(leaf.as_u32()) << u32::BITS | u64::from(left)).to_be_bytes()
    }
}

/// The bit of `level`.
fn bit(level: u32) -> u32 {
    1u32.checked_shl(level).unwrap_or_default()
}

/// The bits of all levels below `level`.
fn below(level: u32) -> u32 {
    bit(level).wrapping_sub(1)
}
