//! A received commit that is valid and waits for the application's decision.
//!
//! RFC 9420 §12.4.2.

use alloc::boxed::Box;
use alloc::vec::Vec;

use copath_crypto::HashOutput;

use super::{CommitSummary, EpochEntry};
use crate::message::RatchetStep;
use crate::public_state::EpochId;
use crate::transition::{Change, Prepared};
use crate::{Group, GroupError, Misuse};

/// A valid commit of somebody else; nothing has changed yet. Bound to the epoch that it ends.
#[derive(Debug)]
pub struct StagedCommit {
    ends: EpochId,
    ratchet: Option<RatchetStep>,
    summary: CommitSummary,
    outcome: Outcome,
    message_hash: Option<HashOutput>,
}

/// What the commit makes of this client's group.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The next epoch.
    Enter(Box<EpochEntry>),
    /// This client is removed; the next epoch's secrets are not for it.
    Removed,
}

/// What became of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Merged {
    /// It is in this epoch now.
    Epoch(u64),
    /// This client was removed: it sends no more and should delete the state (RFC 9420 §12.4.2).
    Removed,
    /// It was closed by a ReInit in this epoch (RFC 9420 §11.2).
    Reinitialized(u64),
}

impl StagedCommit {
    pub(super) fn new(
        group: &Group,
        ratchet: Option<RatchetStep>,
        summary: CommitSummary,
        outcome: Outcome,
    ) -> Self {
        Self { ends: group.public.id(), ratchet, summary, outcome, message_hash: None }
    }

    /// Notes the hash of the message that the commit came in, by which a caller recognises it later.
    #[must_use]
    pub fn of_message(mut self, hash: HashOutput) -> Self {
        self.message_hash = Some(hash);
        self
    }

    /// The hash of the message that the commit came in, if the caller noted it.
    pub fn message_hash(&self) -> Option<&HashOutput> {
        self.message_hash.as_ref()
    }

    /// What the commit does.
    pub fn summary(&self) -> &CommitSummary {
        &self.summary
    }

    /// The epoch authenticator that the commit leads to; `None` if it removes this client (RFC 9420 §8.7).
    pub fn epoch_authenticator(&self) -> Option<&[u8]> {
        match &self.outcome {
            Outcome::Enter(entry) => Some(entry.secrets.epoch_authenticator.as_slice()),
            Outcome::Removed => None,
        }
    }
}

impl Group {
    /// Enters the epoch of a staged commit. A pending commit of one's own is dropped: it lost.
    ///
    /// # Errors
    /// [`Misuse::Stale`] if the group has left the epoch that the commit ends.
    pub fn merge(&self, staged: StagedCommit) -> Result<Prepared<Merged>, GroupError> {
        self.check_active()?;
        if staged.ends != self.public.id() {
            return Err(Misuse::Stale.into());
        }
        let mut changes = Vec::new();
        changes.extend(self.ratchet_change(staged.ratchet)?);
        let lost = self.lost_after(&staged.summary);
        let merged = match staged.outcome {
            Outcome::Removed => {
                changes.push(Change::Leave);
                Merged::Removed
            }
            Outcome::Enter(entry) => {
                let merged = entry.merged();
                changes.push(Change::EnterEpoch(entry));
                changes.extend(lost.map(|lost| Change::SetLost(Box::new(lost))));
                merged
            }
        };
        self.prepare(merged, changes)
    }
}

impl EpochEntry {
    /// What becomes of the group that enters.
    pub(crate) fn merged(&self) -> Merged {
        match self.reinit {
            None => Merged::Epoch(self.public.epoch()),
            Some(_) => Merged::Reinitialized(self.public.epoch()),
        }
    }
}
