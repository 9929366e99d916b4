//! What happened in a run.

use core::fmt;
use std::collections::BTreeMap;

use copath_messages::ProposalType;

use super::registered::self_remove;

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Something that happened in a run.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Event {
            $($(#[$doc])* $name,)*
        }

        impl Event {
            /// All kinds of events.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

events! {
    /// A group was created.
    Founded,
    /// An Add was sent as a proposal.
    ProposedAdd,
    /// An Update was sent.
    ProposedUpdate,
    /// An Update with a new signature key was sent.
    ProposedRotation,
    /// A Remove of somebody else was sent.
    ProposedRemove,
    /// A member asked to be removed.
    ProposedLeaving,
    /// An external PSK was proposed.
    ProposedExternalPsk,
    /// A resumption PSK was proposed.
    ProposedResumptionPsk,
    /// New group context extensions were proposed.
    ProposedExtensions,
    /// A proposal came from outside of the group's newest epoch and was refused.
    StaleProposal,
    /// A proposal that had been lost was fetched, because a commit names it.
    FetchedProposal,
    /// A commit with a path was made.
    CommitWithPath,
    /// A commit without a path was made.
    CommitWithoutPath,
    /// A commit that names proposals by reference was made.
    CommitByReference,
    /// A commit with proposals by value was made.
    CommitByValue,
    /// A commit gave the committer a new signature key.
    CommitWithRotation,
    /// A member left out of its commit what others proposed with a PSK that it couldn't get.
    CommitWithoutPsk,
    /// The delivery service accepted a commit.
    CommitAccepted,
    /// The delivery service refused a commit that came too late.
    CommitRefused,
    /// A member dropped its pending commit.
    CommitDropped,
    /// A member knew its own commit when it came back.
    Echo,
    /// A member processed somebody else's commit.
    CommitProcessed,
    /// A member processed a commit that it was more than one epoch behind.
    CommitProcessedLate,
    /// A PSK came only after the message that needs it.
    PskLearned,
    /// A member can't go on with the group and has to come back by itself.
    Stuck,
    /// A member was removed.
    Removed,
    /// A client joined by a Welcome.
    JoinedByWelcome,
    /// A client joined by a Welcome that had been on the way for several epochs.
    JoinedLate,
    /// A client couldn't join for want of a PSK.
    WelcomeWithoutPsk,
    /// A Welcome was for somebody else, or used already.
    WelcomeRefused,
    /// A client joined by an external commit.
    JoinedExternally,
    /// A member replaced its old leaf by an external commit.
    Resynchronized,
    /// An application message was sent.
    Sent,
    /// A member had to commit before it could send.
    SendRefused,
    /// An application message was read in its epoch.
    Read,
    /// An application message of a past epoch was read.
    ReadLate,
    /// An application message was read after a later one of the same sender.
    ReadOutOfOrder,
    /// A removed member read a message from before its removal.
    ReadAfterRemoval,
    /// An application message overtook a commit and was refused until that came.
    Overtaking,
    /// An application message came too late.
    TooLate,
    /// An application message came again and was refused.
    Duplicate,
    /// A member couldn't read a message from before it joined.
    BeforeJoining,
    /// A removed member couldn't read a later message.
    AfterRemoval,
    /// A member knew its own message when it came back.
    OwnMessage,
    /// A damaged message was refused.
    Corrupted,
    /// A client went on from its store.
    Reloaded,
    /// A client went on from its store with a pending commit.
    ReloadedPending,
    /// A client lost its connection.
    Partitioned,
    /// A store was copied by an attacker.
    Stolen,
    /// The attacker followed the group with the copy.
    ThiefFollowed,
    /// The member recovered, and the copy was worth nothing any more.
    Healed,
    /// A proposal of a registered type was sent.
    ProposedCustom,
    /// A member sent a proposal to leave.
    ProposedSelfRemove,
    /// A proposal of a registered type was committed.
    CommittedCustom,
    /// A SelfRemove was committed.
    CommittedSelfRemove,
    /// An external commit covered SelfRemoves.
    JoinedOverSelfRemove,
    /// A member followed a commit that the others didn't.
    Forked,
    /// A member couldn't read a message because it is on a fork.
    OtherFork,
    /// A ReInit was sent as a proposal.
    ProposedReInit,
    /// A change of the extensions that not all members support was refused.
    ExtensionsNotSupported,
    /// An Add was committed.
    CommittedAdd,
    /// An Update was committed.
    CommittedUpdate,
    /// A Remove was committed.
    CommittedRemove,
    /// A PreSharedKey was committed.
    CommittedPsk,
    /// New group context extensions were committed.
    CommittedExtensions,
    /// A ReInit was committed, and closed the group.
    CommittedReInit,
    /// A member of a closed group was refused everything.
    ClosedRefused,
    /// A closed group's successor was made.
    SuccessorMade,
    /// A second successor was refused.
    SecondSuccessorRefused,
    /// Who made a group out of another one crashed and went on.
    InitiatorRecovered,
    /// Who made a successor crashed and never came back to it.
    InitiatorVanished,
    /// A branch was made.
    Branched,
    /// A client couldn't join a group yet, because it is behind in the one that it comes out of.
    ParentBehind,
    /// A client couldn't join a group, because it has forgotten the one that it comes out of, or has a fork of it.
    ParentForgotten,
    /// A message of another group was refused.
    OtherGroupRefused,
    /// A group was settled and deleted, to make room.
    Retired,
    /// A client published a key package.
    KeyPackagePublished,
    /// A key package that wasn't valid by the sender's clock was refused.
    ExpiredNotSent,
    /// A received Add that wasn't valid by the receiver's clock was refused.
    ExpiredNotReceived,
    /// A member refused an Add that others accepted, and couldn't go on.
    StuckByClock,
    /// A client asked to be added.
    AskedToJoin,
    /// A request to join was queued.
    QueuedJoinRequest,
    /// A request to join was refused by policy.
    JoinRequestRefused,
    /// An external sender made a proposal.
    ProposedByServer,
    /// An external sender made a proposal with what the observer knows.
    ProposedByObserver,
    /// A proposal of an external sender was queued.
    QueuedFromServer,
    /// A proposal of somebody who isn't an external sender was refused.
    ServerRefused,
    /// An external join of a client that doesn't support an extension was refused.
    JoinNotSupported,
    /// An external commit that doesn't prove the membership that it replaces was refused.
    ResyncRefused,
    /// A client crashed before it had stored its external join.
    JoinLost,
    /// An observer began to follow a group.
    ObserverStarted,
    /// An observer went on from its store.
    ObserverReloaded,
    /// An observer queued a proposal.
    ObserverQueued,
    /// An observer followed a commit.
    ObserverFollowed,
    /// An observer went back from a commit that members refused.
    ObserverWentBack,
    /// An observer was told that it can't follow an encrypted handshake.
    ObserverCannotFollow,
    /// An observer had to begin again.
    ObserverLost,
    /// An observer ignored application data and refused a stale commit.
    ObserverIdle,
    /// A joiner could get the tree from the observer.
    TreeFromObserver,
    /// A client crashed before it stored a change.
    CrashedBeforeStore,
    /// A client crashed between storing and applying a change.
    CrashedBeforeApply,
    /// A client crashed between applying a change and releasing its output.
    CrashedBeforeRelease,
    /// A proposal was never sent because of a crash.
    ProposalLost,
    /// A commit was sent after a crash.
    CommitRecovered,
    /// A Welcome was built again after a crash.
    WelcomeRecovered,
    /// An application message was never sent because of a crash.
    SentAndLost,
    /// An application message was opened, and lost in a crash.
    ReadAndLost,
}

impl Event {
    /// That a proposal of this type was committed.
    pub(super) fn committed(proposal_type: ProposalType) -> Self {
        match proposal_type {
            ProposalType::ADD => Self::CommittedAdd,
            ProposalType::UPDATE => Self::CommittedUpdate,
            ProposalType::REMOVE => Self::CommittedRemove,
            ProposalType::PSK => Self::CommittedPsk,
            ProposalType::REINIT => Self::CommittedReInit,
            ProposalType::GROUP_CONTEXT_EXTENSIONS => Self::CommittedExtensions,
            left if left == self_remove() => Self::CommittedSelfRemove,
            _ => Self::CommittedCustom,
        }
    }
}

/// How often what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    counts: BTreeMap<Event, u64>,
    recent: Vec<Event>,
}

impl Summary {
    /// How often `event` happened.
    pub fn count(&self, event: Event) -> u64 {
        self.counts.get(&event).copied().unwrap_or_default()
    }

    /// What happened less often than `least`.
    pub fn rarer_than(&self, least: u64) -> Vec<Event> {
        Event::ALL.iter().copied().filter(|event| self.count(*event) < least).collect()
    }

    /// Adds what happened in another run.
    pub fn add(&mut self, other: &Self) {
        for (event, count) in &other.counts {
            *self.counts.entry(*event).or_default() += count;
        }
    }

    pub(super) fn note(&mut self, event: Event) {
        *self.counts.entry(event).or_default() += 1;
        self.recent.push(event);
    }

    /// What has been noted since the last time.
    pub(super) fn take_recent(&mut self) -> impl Iterator<Item = Event> {
        core::mem::take(&mut self.recent).into_iter()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for event in Event::ALL {
            writeln!(f, "{:>8}  {event:?}", self.count(*event))?;
        }
        Ok(())
    }
}
