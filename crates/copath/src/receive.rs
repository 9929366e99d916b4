//! Receiving a message.

use copath_credentials::Timestamp;
use copath_group::{ApplicationMessage, CommitSummary, Merged, Queued, Received, StagedCommit};

use crate::error::Bug;
use crate::{Error, Group};

/// What a received message was, and what has become of it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// Application data of a member.
    Application(ApplicationMessage),
    /// A proposal, which waits for a commit now.
    ProposalQueued(Queued),
    /// One's own message that came back, or a proposal that waits already: there is nothing to do.
    Known,
    /// A valid commit. Nothing has changed yet: look at [`StagedCommit::summary`], then [`Group::merge`] it.
    CommitStaged(Box<StagedCommit>),
    /// A commit that [`Group::receive_and_merge`] merged. If a commit of one's own was pending, it lost: what it was to
    /// do is in [`Group::lost_intents`].
    CommitMerged {
        /// What it did.
        summary: Box<CommitSummary>,
        /// What became of the group: the next epoch, or this client was removed.
        outcome: Merged,
    },
    /// The pending commit of one's own came back, so the delivery service has accepted it, and it was merged.
    OwnCommitAccepted(Merged),
}

impl Group {
    /// Processes a message of this group. A commit of somebody else is only staged, for the application to decide.
    ///
    /// # Errors
    /// The message is malformed, forged or breaks a rule, something that it needs isn't available, or the validator
    /// refuses a credential in it. Nothing has changed then.
    pub fn receive(&mut self, message: &[u8], now: Timestamp) -> Result<Event, Error> {
        let message = self.engine().decode(message)?;
        match self.engine().receive(&message, now)? {
            Received::Application(prepared) => self.carry_out(prepared).map(Event::Application),
            Received::Proposal(check) => {
                let answers = self.answer(check.needs(), now)?;
                let prepared = check.finish(self.engine(), answers)?;
                self.carry_out(prepared).map(Event::ProposalQueued)
            }
            Received::Commit(check) => {
                let answers = self.answer(check.needs(), now)?;
                Ok(Event::CommitStaged(Box::new(check.finish(self.engine(), answers)?)))
            }
            Received::PendingCommitAccepted => self.accept_commit().map(Event::OwnCommitAccepted),
            Received::Known => Ok(Event::Known),
            _ => Err(Error::Bug(Bug::UnknownFailure)),
        }
    }

    /// As [`Group::receive`], and merges a valid commit at once, whatever it does.
    ///
    /// # Errors
    /// As [`Group::receive`].
    pub fn receive_and_merge(&mut self, message: &[u8], now: Timestamp) -> Result<Event, Error> {
        match self.receive(message, now)? {
            Event::CommitStaged(staged) => {
                let summary = Box::new(staged.summary().clone());
                Ok(Event::CommitMerged { summary, outcome: self.merge(*staged)? })
            }
            event => Ok(event),
        }
    }
}
