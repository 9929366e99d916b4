//! Transitions: state changes as values.
//!
//! Every operation is `prepare(&self, …) -> Prepared`. The caller stores [`Prepared::delta`], then applies
//! [`Prepared::patch`], then releases [`Prepared::output`]. Until the patch is applied nothing has changed.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use copath_key_schedule::RatchetChange;
use copath_ratchet_tree::TreePrivateKeys;
use copath_records::StateDelta;

use crate::commit::{CommitIntents, EpochEntry, PendingCommit};
use crate::group_info::SignedGroupInfo;
use crate::proposals::QueuedProposal;
use crate::public_state::EpochId;
use crate::{Group, GroupError, Misuse};

/// What an operation would do: its output, the records to store, and the change in memory.
#[must_use = "store the delta, apply the patch, then release the output"]
#[derive(Debug)]
pub struct Prepared<T, P = Patch> {
    /// What may be released once the delta is durable and the patch applied.
    pub output: T,
    /// The records to store, as one atomic batch.
    pub delta: StateDelta,
    /// The change in memory.
    pub patch: P,
}

/// A change of a group in memory, bound to the state that it was made from.
pub struct Patch {
    /// The epoch of the group that it was made from, which tells groups apart.
    pub(crate) epoch: EpochId,
    pub(crate) from: StateVersion,
    pub(crate) changes: Vec<Change>,
}

/// Counts the patches that were applied to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct StateVersion(pub(crate) u64);

/// One change. Records ([`crate::persistence`]) and memory ([`Group::apply`]) follow from the same value.
pub(crate) enum Change {
    /// A ratchet of the secret tree of `epoch` moved on.
    Ratchet { epoch: u64, change: RatchetChange },
    /// A proposal was received or sent.
    QueueProposal(Box<QueuedProposal>),
    /// Private keys of tree nodes changed within the epoch.
    SetNodeKeys(TreePrivateKeys),
    /// A commit of one's own waits for the delivery service.
    SetPendingCommit(Box<PendingCommit>),
    /// The pending commit was dropped.
    DropPendingCommit,
    /// The pending commit was accepted.
    AcceptPendingCommit,
    /// What commits that lost the race were asked to do.
    SetLost(Box<CommitIntents>),
    /// What was lost is done again, or not wanted any more.
    ForgetLost,
    /// Somebody else's commit was accepted.
    EnterEpoch(Box<EpochEntry>),
    /// This client was removed.
    Leave,
    /// The GroupInfo of the Welcomes was signed.
    SignWelcome(SignedGroupInfo),
    /// The Welcomes were released, so the joiner secret is erased.
    ReleaseWelcome,
}

impl<T, P> Prepared<T, P> {
    /// The same transition with another output.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Prepared<U, P> {
        Prepared { output: convert(self.output), delta: self.delta, patch: self.patch }
    }
}

impl Group {
    /// Binds `changes` to the present state and works out their records.
    pub(crate) fn prepare<T>(&self, output: T, changes: Vec<Change>) -> Result<Prepared<T>, GroupError> {
        let delta = self.delta_of(&changes)?;
        Ok(Prepared { output, delta, patch: Patch { epoch: self.public.id(), from: self.version, changes } })
    }

    /// Whether a patch was made from the present state of this group, so that its delta may be stored.
    pub fn fits(&self, patch: &Patch) -> bool {
        patch.epoch == self.public.id() && patch.from == self.version
    }

    /// Carries out a patch whose delta has been stored.
    ///
    /// # Errors
    /// [`Misuse::Stale`] if the group has changed since the patch was made; nothing else can fail.
    pub fn apply(&mut self, patch: Patch) -> Result<(), Misuse> {
        if !self.fits(&patch) {
            return Err(Misuse::Stale);
        }
        for change in patch.changes {
            self.apply_change(change);
        }
        self.version.0 = self.version.0.wrapping_add(1);
        Ok(())
    }
}

impl fmt::Debug for Patch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patch").field("from", &self.from).field("changes", &self.changes.len()).finish()
    }
}
