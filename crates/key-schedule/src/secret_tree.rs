//! The secret tree.
//!
//! RFC 9420 §9. Lazy: only the unconsumed frontier is kept, that is the secrets of subtrees none of whose leaves has
//! been used, and the ratchets of the leaves that have. A sender's first message of an epoch derives down from the
//! frontier in O(log n), later ones move a ratchet in O(1). What the walk down leaves beside its path is one block of
//! octets, a branch, in memory and in the store.
//!
//! Keys are taken in two steps, so that a forged message consumes nothing (rule 9.2-05): [`SecretTree::peek`] and
//! [`SecretTree::next`] work out key and change on the side, [`SecretTree::commit`] carries the change out once the
//! message has opened or been sealed.

mod branch;
mod change;
mod expansion;
mod frontier;
mod persistence;
mod ratchet;
#[cfg(test)]
mod tests;

use alloc::collections::BTreeMap;
use core::fmt;

use copath_crypto::{Secret, Suite};
use copath_rules::{Part, Violation, rule};
use copath_tree_math::{LeafIndex, TreeSize};

pub use change::RatchetChange;
pub use persistence::SecretTreeRecord;

use crate::{EncryptionSecret, KeyNonce, KeyScheduleError};
use expansion::Expansion;
use frontier::Frontier;
use ratchet::{Advance, Ratchet};

/// Which of a sender's two ratchets a message belongs to.
///
/// RFC 9420 §9.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentKind {
    /// Proposals and commits.
    Handshake,
    /// Application data.
    Application,
}

impl ContentKind {
    /// The sender's other ratchet.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Handshake => Self::Application,
            Self::Application => Self::Handshake,
        }
    }
}

/// How far a ratchet may be wound forward, and how much it keeps.
///
/// RFC 9420 §15.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Generations that one message may skip.
    pub max_forward: u32,
    /// Keys of skipped messages kept for each ratchet; the oldest are dropped first.
    pub max_skipped: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_forward: 1000, max_skipped: 1000 }
    }
}

/// A message key, and the change of the secret tree that using it means.
#[derive(Debug)]
#[must_use = "commit the change once the key has been used"]
pub struct PreparedKey {
    /// The generation that the key belongs to.
    pub generation: u32,
    /// The AEAD key, Nk octets.
    pub key: Secret,
    /// The AEAD nonce before the reuse guard, Nn octets.
    pub nonce: Secret,
    /// What [`SecretTree::commit`] takes.
    pub change: RatchetChange,
}

/// The secret tree of one epoch, as far as it hasn't been consumed.
pub struct SecretTree {
    size: TreeSize,
    frontier: Frontier,
    /// The ratchets of the leaves that have been used, two each.
    ratchets: BTreeMap<(LeafIndex, ContentKind), Ratchet>,
    /// Counts the changes, so that one made from another state is found out.
    version: u64,
}

impl SecretTree {
    /// The untouched secret tree of an epoch whose ratchet tree has `size`.
    ///
    /// RFC 9420 §9.
    #[must_use]
    pub fn new(encryption_secret: EncryptionSecret, size: TreeSize) -> Self {
        let frontier = Frontier::unused(size, encryption_secret.into_secret());
        Self { size, frontier, ratchets: BTreeMap::new(), version: 0 }
    }

    /// The size of the tree.
    #[must_use]
    pub const fn size(&self) -> TreeSize {
        self.size
    }

    /// The key of a received message. Nothing changes.
    ///
    /// RFC 9420 §9.1 and §9.2. A message too far ahead is refused before anything is derived.
    ///
    /// # Errors
    /// Violations of rule 6.3.2-05 (no such leaf), 6.3.1-11 (the key was used or dropped), 15.3-02 (too far ahead).
    pub fn peek(
        &self,
        suite: &Suite,
        leaf: LeafIndex,
        kind: ContentKind,
        generation: u32,
        limits: &Limits,
    ) -> Result<PreparedKey, KeyScheduleError> {
        self.check_leaf(leaf)?;
        let next = self.next_generation(leaf, kind);
        let Some(distance) = u64::from(generation).checked_sub(next) else {
            return self.peek_skipped(leaf, kind, generation);
        };
        if distance > u64::from(limits.max_forward) {
            return Err(Violation::new(rule!("15.3-02")).at(Part::Leaf(leaf.as_u32())).into());
        }
        self.advance(suite, leaf, kind, generation, limits.max_skipped)
    }

    /// The key for the next message of one's own. Nothing changes.
    ///
    /// RFC 9420 §9.1. The change has to be stored before the message is released (rule 6.3.1-04).
    ///
    /// # Errors
    /// Violations of rule 6.3.2-05 (no such leaf), 9.1-03 (the ratchet is at its end).
    pub fn next(
        &self,
        suite: &Suite,
        leaf: LeafIndex,
        kind: ContentKind,
    ) -> Result<PreparedKey, KeyScheduleError> {
        self.check_leaf(leaf)?;
        let generation = u32::try_from(self.next_generation(leaf, kind)).unwrap_or(u32::MAX);
        if generation == u32::MAX {
            return Err(Violation::new(rule!("9.1-03")).at(Part::Leaf(leaf.as_u32())).into());
        }
        self.advance(suite, leaf, kind, generation, u32::MAX)
    }

    /// Whether `change` was made from the present state.
    #[must_use]
    pub const fn is_current(&self, change: &RatchetChange) -> bool {
        self.version == change.from
    }

    /// Carries out a change, after its message has opened or been sealed; what was consumed is wiped.
    ///
    /// RFC 9420 §9.2.
    ///
    /// # Errors
    /// [`KeyScheduleError::StaleChange`] if the tree has changed since; nothing has happened then, and nothing else
    /// can fail.
    pub fn commit(&mut self, change: RatchetChange) -> Result<(), KeyScheduleError> {
        if !self.is_current(&change) {
            return Err(KeyScheduleError::StaleChange);
        }
        self.version = self.version.wrapping_add(1);
        change.apply(&mut self.frontier, &mut self.ratchets);
        Ok(())
    }

    /// The generation that comes next in a ratchet; 2^32 at its end.
    #[must_use]
    pub fn next_generation(&self, leaf: LeafIndex, kind: ContentKind) -> u64 {
        self.ratchets.get(&(leaf, kind)).map_or(0, |ratchet| ratchet.head.next)
    }

    fn check_leaf(&self, leaf: LeafIndex) -> Result<(), Violation> {
        if self.size.contains_leaf(leaf) {
            return Ok(());
        }
        Err(Violation::new(rule!("6.3.2-05")).at(Part::Leaf(leaf.as_u32())))
    }

    /// The kept key of a generation that was passed over.
    fn peek_skipped(
        &self,
        leaf: LeafIndex,
        kind: ContentKind,
        generation: u32,
    ) -> Result<PreparedKey, KeyScheduleError> {
        let ratchet = self.ratchets.get(&(leaf, kind));
        let kept = ratchet.and_then(|ratchet| ratchet.skipped.get(&generation));
        let gone = || Violation::new(rule!("6.3.1-11")).at(Part::Leaf(leaf.as_u32()));
        let KeyNonce { key, nonce } = kept.ok_or_else(gone)?.duplicate();
        let change = RatchetChange::consume_skipped(self.version, leaf, kind, generation);
        Ok(PreparedKey { generation, key, nonce, change })
    }

    /// Winds a ratchet forward on the side, deriving it first if the leaf hasn't been used.
    fn advance(
        &self,
        suite: &Suite,
        leaf: LeafIndex,
        kind: ContentKind,
        generation: u32,
        max_skipped: u32,
    ) -> Result<PreparedKey, KeyScheduleError> {
        let ratchet = self.ratchets.get(&(leaf, kind));
        let (advance, expansion) = match ratchet {
            Some(ratchet) => (ratchet.head.advance(suite, generation, max_skipped)?, None),
            None => {
                let (head, expansion) = Expansion::derive(suite, &self.frontier, self.size, leaf, kind)?;
                (head.advance(suite, generation, max_skipped)?, Some(expansion))
            }
        };
        let Advance { keys: KeyNonce { key, nonce }, head, skipped } = advance;
        let dropped = ratchet.map(|ratchet| ratchet.surplus(skipped.len(), max_skipped)).unwrap_or_default();
        let change =
            RatchetChange { from: self.version, leaf, kind, expansion, head: Some(head), skipped, dropped };
        Ok(PreparedKey { generation, key, nonce, change })
    }
}

impl fmt::Debug for SecretTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretTree")
            .field("size", &self.size)
            .field("nodes", &self.frontier.all_nodes().count())
            .field("ratchets", &self.ratchets.len())
            .finish()
    }
}
