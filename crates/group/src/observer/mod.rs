//! The observer: a delivery service, or anybody else, that follows a group without being a member.
//!
//! It checks all that can be checked without secrets. Membership tags, confirmation tags, path secrets and pre-shared
//! keys can't be: so it may follow a commit that members reject, says what it left unchecked, and can go back one
//! epoch.

mod receive;
mod records;
mod start;

use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_messages::{GroupId, MlsMessage};

use crate::message::decode_message;
use crate::policy::Policy;
use crate::proposals::{ProposalQueue, QueuedProposal};
use crate::public_state::{EpochId, PublicState};
use crate::transition::{Prepared, StateVersion};
use crate::{GroupError, Misuse, Registrations};

pub use receive::{Observed, ObservedCommit, ObservedProposal, Unchecked};
pub use start::{ObserverCheck, ObserverStart};

/// A group as somebody without its secrets sees it.
#[derive(Debug)]
pub struct PublicGroup {
    policy: Policy,
    registrations: Arc<Registrations>,
    public: PublicState,
    queue: ProposalQueue,
    /// The epoch before, until members have shown that they accepted the commit that ended it.
    previous: Option<PublicState>,
    /// Whether a ReInit has closed the group.
    life: Life,
    version: StateVersion,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Active,
    Reinitialized,
}

/// A change of an observer, bound to the state that it was made from.
#[derive(Debug)]
pub struct PublicPatch {
    from: StateVersion,
    change: PublicChange,
}

#[derive(Debug)]
enum PublicChange {
    Queue(QueuedProposal),
    Enter { public: PublicState, life: Life },
    GoBack(PublicState),
}

/// What an operation of an observer would do; see [`Prepared`].
pub type PublicPrepared<T> = Prepared<T, PublicPatch>;

impl PublicGroup {
    /// The group's id.
    pub fn group_id(&self) -> &GroupId {
        &self.public.context().group_id
    }

    /// The epoch that the observer follows.
    pub fn epoch(&self) -> u64 {
        self.public.epoch()
    }

    /// Decodes a message within the policy's size limit.
    ///
    /// # Errors
    /// It is malformed or too large.
    pub fn decode(&self, octets: &[u8]) -> Result<MlsMessage, GroupError> {
        decode_message(octets, self.policy.max_message_size, self.registrations.decode_context())
    }

    /// What everybody who follows the group knows: context, tree, transcript hash.
    pub fn public_state(&self) -> &PublicState {
        &self.public
    }

    /// The ratchet tree as the content of its extension, for joiners (RFC 9420 §12.4.3.3).
    ///
    /// # Errors
    /// The tree is too large to be encoded.
    pub fn export_ratchet_tree(&self) -> Result<Vec<u8>, GroupError> {
        Ok(self.public.tree().encode()?)
    }

    /// The ProposalRefs of pending proposals that external commits may cover, SelfRemoves above all: who gives out a
    /// GroupInfo gives out their messages with it ([`ExternalJoinOptions::pending`](crate::ExternalJoinOptions)).
    pub fn pending_for_joiners(&self) -> impl Iterator<Item = &[u8]> {
        self.queue.open_to_external_commits(&self.registrations)
    }

    /// Whether a ReInit has closed the group; the observer follows its successor from a new GroupInfo.
    pub fn is_reinitialized(&self) -> bool {
        self.life == Life::Reinitialized
    }

    /// Leaves the present epoch for the one before: members reported that they reject the commit between them. The
    /// proposals of that epoch have to be received again.
    ///
    /// # Errors
    /// [`Misuse::NoPreviousEpoch`]: only one epoch is kept, and only once.
    pub fn go_back(&self) -> Result<PublicPrepared<u64>, GroupError> {
        let previous = self.previous.clone().ok_or(Misuse::NoPreviousEpoch)?;
        let epoch = previous.epoch();
        self.prepare(epoch, PublicChange::GoBack(previous))
    }

    /// Carries out a patch whose delta has been stored.
    ///
    /// # Errors
    /// [`Misuse::Stale`] if the observer has moved on since; nothing else can fail.
    pub fn apply(&mut self, patch: PublicPatch) -> Result<(), Misuse> {
        if patch.from != self.version {
            return Err(Misuse::Stale);
        }
        match patch.change {
            PublicChange::Queue(proposal) => self.queue.insert(proposal),
            PublicChange::Enter { public, life } => {
                self.previous = Some(core::mem::replace(&mut self.public, public));
                self.public.settle();
                self.queue = ProposalQueue::default();
                self.life = life;
            }
            PublicChange::GoBack(previous) => {
                self.public = previous;
                self.previous = None;
                self.queue = ProposalQueue::default();
                self.life = Life::Active;
            }
        }
        self.version.0 = self.version.0.wrapping_add(1);
        Ok(())
    }

    fn prepare<T>(&self, output: T, change: PublicChange) -> Result<PublicPrepared<T>, GroupError> {
        let delta = self.delta_of(&change)?;
        Ok(Prepared { output, delta, patch: PublicPatch { from: self.version, change } })
    }

    fn check_present(&self, epoch: EpochId) -> Result<(), Misuse> {
        if epoch == self.public.id() { Ok(()) } else { Err(Misuse::Stale) }
    }
}
