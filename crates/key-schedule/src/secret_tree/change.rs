//! A change of the secret tree, as a value.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use copath_crypto::Secret;
use copath_tree_math::LeafIndex;

use super::ContentKind;
use super::branch::Branch;
use super::expansion::Expansion;
use super::frontier::{Frontier, Source};
use super::persistence::{self, SecretTreeRecord};
use super::ratchet::{Ratchet, RatchetHead};
use crate::{KeyNonce, KeyScheduleError};

/// What using one key does to the secret tree: to be stored, then committed.
///
/// RFC 9420 §9.2.
#[must_use = "commit the change once its key has been used"]
pub struct RatchetChange {
    /// The version of the tree that it was made from.
    pub(super) from: u64,
    pub(super) leaf: LeafIndex,
    pub(super) kind: ContentKind,
    /// Present if it is the first use of the leaf.
    pub(super) expansion: Option<Expansion>,
    /// The new head of the ratchet; absent if a kept key was used.
    pub(super) head: Option<RatchetHead>,
    /// Keys to keep for messages that were passed over.
    pub(super) skipped: Vec<(u32, KeyNonce)>,
    /// Kept keys to delete: the one that was used, or the oldest.
    pub(super) dropped: Vec<u32>,
}

impl RatchetChange {
    /// The use of a kept key.
    pub(super) fn consume_skipped(from: u64, leaf: LeafIndex, kind: ContentKind, generation: u32) -> Self {
        let dropped = alloc::vec![generation];
        Self { from, leaf, kind, expansion: None, head: None, skipped: Vec::new(), dropped }
    }

    /// The records that the change touches, each once: a payload to put, or `None` to delete.
    ///
    /// In the steady state one record; three or four for a sender's first message of an epoch, one of them of O(log n)
    /// octets; one more for each message passed over and for each key dropped.
    ///
    /// # Errors
    /// [`KeyScheduleError::TooLong`], which no key of an AEAD is.
    pub fn records(&self) -> Result<Vec<(SecretTreeRecord, Option<Secret>)>, KeyScheduleError> {
        let mut records = Vec::new();
        self.for_each_record(|record, payload| records.push((record, payload.map(Secret::copy_of))))?;
        Ok(records)
    }

    /// How many records [`RatchetChange::records`] has.
    #[must_use]
    pub fn record_count(&self) -> usize {
        let expansion: usize =
            self.expansion.as_ref().map_or(0, |expansion| if expansion.grown.is_some() { 3 } else { 2 });
        let keys = self.dropped.len().saturating_add(self.skipped.len());
        expansion.saturating_add(usize::from(self.head.is_some())).saturating_add(keys)
    }

    /// Shows each of [`RatchetChange::records`] to `visit`, where it lies.
    ///
    /// # Errors
    /// As [`RatchetChange::records`].
    pub fn for_each_record(
        &self,
        mut visit: impl FnMut(SecretTreeRecord, Option<&[u8]>),
    ) -> Result<(), KeyScheduleError> {
        let (leaf, kind) = (self.leaf, self.kind);
        if let Some(Expansion { covering, source, grown, other }) = &self.expansion {
            match source {
                Source::Node => visit(SecretTreeRecord::Node(*covering), None),
                Source::Branch(top, left) => {
                    visit(SecretTreeRecord::Branch(*top), left.as_ref().map(Branch::payload))
                }
            }
            if let Some(grown) = grown {
                visit(SecretTreeRecord::Branch(*covering), Some(grown.payload()));
            }
            visit(SecretTreeRecord::Ratchet(leaf, kind.other()), Some(other.payload()));
        }
        if let Some(head) = &self.head {
            visit(SecretTreeRecord::Ratchet(leaf, kind), Some(head.payload()));
        }
        for generation in &self.dropped {
            visit(SecretTreeRecord::Skipped(leaf, kind, *generation), None);
        }
        for (generation, keys) in &self.skipped {
            let payload = persistence::of_keys(keys)?;
            visit(SecretTreeRecord::Skipped(leaf, kind, *generation), Some(payload.expose()));
        }
        Ok(())
    }

    /// Carries it out.
    pub(super) fn apply(
        self,
        frontier: &mut Frontier,
        ratchets: &mut BTreeMap<(LeafIndex, ContentKind), Ratchet>,
    ) {
        if let Some(Expansion { covering, source, grown, other }) = self.expansion {
            frontier.give_way(covering, source, grown);
            ratchets.insert((self.leaf, self.kind.other()), Ratchet::from(other));
        }
        let mut kept = BTreeMap::from_iter(self.skipped);
        match (ratchets.get_mut(&(self.leaf, self.kind)), self.head) {
            (Some(ratchet), head) => {
                for generation in &self.dropped {
                    ratchet.skipped.remove(generation);
                }
                ratchet.skipped.append(&mut kept);
                if let Some(head) = head {
                    ratchet.head = head;
                }
            }
            (None, Some(head)) => {
                ratchets.insert((self.leaf, self.kind), Ratchet { head, skipped: kept });
            }
            (None, None) => {}
        }
    }
}

impl fmt::Debug for RatchetChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RatchetChange")
            .field("leaf", &self.leaf)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
