//! The secret tree as records.
//!
//! Payloads: a node is its secret as it stands; a branch is the leaf that it leads to (u32), for each level of the
//! path from the leaf upwards whether the node beside it is left, beginning with the lowest bit (u32), and the secrets
//! of those that are, lowest first; a ratchet is the generation that comes next (u64), then its secret up to the end; a
//! skipped key is `opaque key<V>; opaque nonce<V>`.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use copath_codec::{DecodeContext, DecodeError, Reader, Writer};
use copath_crypto::Secret;
use copath_tree_math::{LeafIndex, NodeIndex, TreeSize};

use super::branch::Branch;
use super::frontier::Frontier;
use super::ratchet::{Ratchet, RatchetHead};
use super::{ContentKind, SecretTree};
use crate::{KeyNonce, KeyScheduleError};

/// Which part of a secret tree a record holds. Whose tree it is, is up to the caller's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretTreeRecord {
    /// The secret of a node none of whose leaves has been used, and that lies in no branch: the root of an unused
    /// tree, or one that an earlier version of the format kept by itself.
    Node(NodeIndex),
    /// The secrets beside the path from this node, which gave way, down to the leaf that it was for, as far as none of
    /// the leaves below them has been used.
    Branch(NodeIndex),
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
        let Frontier { nodes, branches } = &self.frontier;
        let some = nodes.len().saturating_add(branches.len()).saturating_add(self.ratchets.len());
        let mut records = Vec::with_capacity(some);
        for (node, secret) in nodes {
            records.push((SecretTreeRecord::Node(*node), secret.duplicate()));
        }
        for (top, branch) in branches {
            records.push((SecretTreeRecord::Branch(*top), Secret::copy_of(branch.payload())));
        }
        for ((leaf, kind), ratchet) in &self.ratchets {
            records.push((SecretTreeRecord::Ratchet(*leaf, *kind), Secret::copy_of(ratchet.head.payload())));
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
    /// each leaf has either two ratchets or exactly one secret at or above it.
    pub fn from_records<'a>(
        size: TreeSize,
        records: impl IntoIterator<Item = (SecretTreeRecord, &'a [u8])>,
    ) -> Result<Self, KeyScheduleError> {
        let mut tree = Self { size, frontier: Frontier::default(), ratchets: BTreeMap::new(), version: 0 };
        let mut kept = Vec::new();
        for (record, payload) in records {
            let before = match record {
                SecretTreeRecord::Node(node) => {
                    tree.frontier.nodes.insert(node, Secret::copy_of(payload)).is_some()
                }
                SecretTreeRecord::Branch(top) => {
                    let branch =
                        Branch::from_payload(top, payload).ok_or(KeyScheduleError::DamagedRecords)?;
                    tree.frontier.branches.insert(top, branch).is_some()
                }
                SecretTreeRecord::Ratchet(leaf, kind) => {
                    let head = RatchetHead::from_payload(payload).ok_or(KeyScheduleError::DamagedRecords)?;
                    tree.ratchets.insert((leaf, kind), Ratchet::from(head)).is_some()
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
        let pairs =
            self.ratchets.keys().all(|(leaf, kind)| self.ratchets.contains_key(&(*leaf, kind.other())));
        let used = self.ratchets.keys().filter(|(_, kind)| *kind == ContentKind::Handshake);
        let used = used.map(|(leaf, _)| leaf.node());
        let mut spans: Vec<_> = (self.frontier.all_nodes().chain(used))
            .map(|node| (node.first_leaf().as_u32(), node.last_leaf().as_u32()))
            .collect();
        spans.sort_unstable();
        let end = spans.iter().try_fold(
            0u32,
            |at, (first, last)| {
                if *first == at { last.checked_add(1) } else { None }
            },
        );
        pairs && end == Some(self.size.leaf_count())
    }
}

/// The payload of a skipped key.
pub(super) fn of_keys(keys: &KeyNonce) -> Result<Secret, KeyScheduleError> {
    // Large enough from the start, so that no copy is left behind by growing.
    let capacity = keys.key.len().saturating_add(keys.nonce.len()).saturating_add(8);
    let mut writer = Writer::with_capacity(capacity);
    writer.value(&keys.key).value(&keys.nonce);
    Ok(Secret::from(writer.finish()?))
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
