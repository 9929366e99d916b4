//! What happened in a run.

use core::fmt;
use std::collections::BTreeMap;

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
}

/// How often what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    counts: BTreeMap<Event, u64>,
}

impl Summary {
    /// How often `event` happened.
    pub fn count(&self, event: Event) -> u64 {
        self.counts.get(&event).copied().unwrap_or_default()
    }

    /// What never happened.
    pub fn missing(&self) -> Vec<Event> {
        Event::ALL.iter().copied().filter(|event| self.count(*event) == 0).collect()
    }

    /// Adds what happened in another run.
    pub fn add(&mut self, other: &Self) {
        for (event, count) in &other.counts {
            *self.counts.entry(*event).or_default() += count;
        }
    }

    pub(super) fn note(&mut self, event: Event) {
        *self.counts.entry(event).or_default() += 1;
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
