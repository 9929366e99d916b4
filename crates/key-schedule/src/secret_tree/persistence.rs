//! The secret tree as records.
//!
//! Payloads: a node is its secret as it stands; a ratchet is the generation that comes next (u64), then its secret
//! up to the end; a skipped key is `opaque key<V>; opaque nonce<V>`.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use copath_codec::{DecodeContext, DecodeError, Reader, Writer};
use copath_crypto::Secret;
use copath_tree_math::{LeafIndex, NodeIndex, TreeSize};

use super::ratchet::{Ratchet, RatchetHead};
use super::{ContentKind, SecretTree};
use crate::{KeyNonce, KeyScheduleError};

/// Which part of a secret tree a record holds. Whose tree it is, is up to the caller's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretTreeRecord {
    /// The secret of a node none of whose leaves has been used.
    Node(NodeIndex),
    /// The head of a ratchet.
    Ratchet(LeafIndex, ContentKind),
    /// Key and nonce of a generation that was passed over.
    Skipped(LeafIndex, ContentKind, u32),
}

impl SecretTree {
    /// All records of the tree; for a new one that is its root alone.
    ///
    /// # Errors
    /// [`KeyScheduleError::TooLong`], which no key of an AEAD is.
    pub fn records(&self) -> Result<Vec<(SecretTreeRecord, Secret)>, KeyScheduleError> {
        let mut records = Vec::with_capacity(self.nodes.len().saturating_add(self.ratchets.len()));
        for (node, secret) in &self.nodes {
            records.push((SecretTreeRecord::Node(*node), secret.duplicate()));
        }
        for ((leaf, kind), ratchet) in &self.ratchets {
            records.push((SecretTreeRecord::Ratchet(*leaf, *kind), of_head(&ratchet.head)));
            for (generation, keys) in &ratchet.skipped {
                records.push((SecretTreeRecord::Skipped(*leaf, *kind, *generation), of_keys(keys)?));
            }
        }
        Ok(records)
    }

    /// The tree of `size` whose records these are, in any order.
    ///
    /// # Errors
    /// [`KeyScheduleError::DamagedRecords`] if a payload is malformed, or if they aren't all the records of one tree:
    /// each leaf has either two ratchets or exactly one node at or above it.
    pub fn from_records<'a>(
        size: TreeSize,
        records: impl IntoIterator<Item = (SecretTreeRecord, &'a [u8])>,
    ) -> Result<Self, KeyScheduleError> {
        let mut tree = Self { size, nodes: BTreeMap::new(), ratchets: BTreeMap::new(), version: 0 };
        let mut kept = Vec::new();
        for (record, payload) in records {
            let before = match record {
                SecretTreeRecord::Node(node) => tree.nodes.insert(node, Secret::copy_of(payload)).is_some(),
                SecretTreeRecord::Ratchet(leaf, kind) => {
                    tree.ratchets.insert((leaf, kind), Ratchet::from(to_head(payload)?)).is_some()
                }
                SecretTreeRecord::Skipped(leaf, kind, generation) => {
                    kept.push((leaf, kind, generation, to_keys(payload)?));
                    false
                }
            };
            ensure(!before)?;
        }
        for (leaf, kind, generation, keys) in kept {
            let ratchet = tree.ratchets.get_mut(&(leaf, kind)).ok_or(KeyScheduleError::DamagedRecords)?;
            ensure(u64::from(generation) < ratchet.head.next)?;
            ensure(ratchet.skipped.insert(generation, keys).is_none())?;
        }
        ensure(tree.covers_each_leaf_once())?;
        Ok(tree)
    }

    /// Whether nodes and pairs of ratchets lie side by side over all leaves.
    fn covers_each_leaf_once(&self) -> bool {
        let nodes = self.nodes.keys().map(|node| (node.first_leaf().as_u32(), node.last_leaf().as_u32()));
        let used = self.ratchets.keys().map(|(leaf, _)| (leaf.as_u32(), leaf.as_u32()));
        let mut spans: Vec<_> = nodes.chain(used).collect();
        spans.sort_unstable();
        // A leaf's two ratchets are the only spans that may be equal.
        let pairs =
            self.ratchets.keys().all(|(leaf, kind)| self.ratchets.contains_key(&(*leaf, kind.other())));
        let distinct = self.ratchets.keys().all(|(leaf, _)| !self.nodes.contains_key(&leaf.node()));
        spans.dedup();
        let end = spans.iter().try_fold(
            0u32,
            |at, (first, last)| {
                if *first == at { last.checked_add(1) } else { None }
            },
        );
        pairs && distinct && end == Some(self.size.leaf_count())
    }
}

/// The payload of a ratchet.
pub(super) fn of_head(head: &RatchetHead) -> Secret {
    let mut payload = Vec::with_capacity(head.secret.len().saturating_add(8));
    payload.extend_from_slice(&head.next.to_be_bytes());
    payload.extend_from_slice(head.secret.expose());
    Secret::from(payload)
}

/// The payload of a skipped key.
pub(super) fn of_keys(keys: &KeyNonce) -> Result<Secret, KeyScheduleError> {
    // Large enough from the start, so that no copy is left behind by growing.
    let capacity = keys.key.len().saturating_add(keys.nonce.len()).saturating_add(8);
    let mut writer = Writer::with_capacity(capacity);
    writer.value(&keys.key).value(&keys.nonce);
    Ok(Secret::from(writer.finish()?))
}

fn to_head(payload: &[u8]) -> Result<RatchetHead, KeyScheduleError> {
    let (next, secret) = payload.split_first_chunk().ok_or(KeyScheduleError::DamagedRecords)?;
    let head = RatchetHead { next: u64::from_be_bytes(*next), secret: Secret::copy_of(secret) };
    ensure(head.next <= 1 << u32::BITS)?;
    Ok(head)
}

fn to_keys(payload: &[u8]) -> Result<KeyNonce, KeyScheduleError> {
    fn read(payload: &[u8]) -> Result<KeyNonce, DecodeError> {
        let mut reader = Reader::new(payload, DecodeContext::rfc9420());
        let key = Secret::copy_of(reader.opaque()?);
        let nonce = Secret::copy_of(reader.opaque()?);
        reader.finish()?;
        Ok(KeyNonce { key, nonce })
    }
    read(payload).map_err(|_| KeyScheduleError::DamagedRecords)
}

fn ensure(condition: bool) -> Result<(), KeyScheduleError> {
    if condition { Ok(()) } else { Err(KeyScheduleError::DamagedRecords) }
}
