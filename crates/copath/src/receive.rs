//! Receiving a message.

use copath_credentials::Timestamp;
use copath_group::{ApplicationMessage, CommitSummary, Merged, Queued, Received, StagedCommit};

use crate::error::Bug;
use crate::settle::{Call, What};
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
        let call = Call::of(What::Receive, message);
        if let Some(event) = self.done_before(call)? {
            return Ok(event);
        }
        if let Some(received) = self.received_before(call) {
            return Ok(Event::Application(received));
        }
        let message = self.engine().decode(message)?;
        match self.engine().receive(&message, now)? {
            Received::Application(prepared) => {
                let keep = self.keep_received(call, &prepared.output);
                self.carry_out_with(call, prepared.map(Event::Application), keep)
            }
            Received::Proposal(check) => {
                let answers = self.answer(check.needs(), now)?;
                let prepared = check.finish(self.engine(), answers)?;
                self.carry_out(call, prepared.map(Event::ProposalQueued))
            }
            Received::Commit(check) => {
                let answers = self.answer(check.needs(), now)?;
                let staged = check.finish(self.engine(), answers)?;
                Ok(Event::CommitStaged(Box::new(staged.of_message(call.digest(self.engine().suite())))))
            }
            Received::PendingCommitAccepted => {
                let prepared = self.engine().accept_pending_commit()?;
                self.end_epoch(call, prepared.map(Event::OwnCommitAccepted))
            }
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
            Event::CommitStaged(staged) => self.merge_staged(*staged),
            event => Ok(event),
        }
    }

    /// Enters the epoch of a commit that [`Group::receive`] staged. A pending commit of one's own is dropped: it
    /// lost, and what it was to do is in [`Group::lost_intents`], for [`Group::redo`]. After
    /// [`Unavailable::UnknownOutcome`](crate::Unavailable::UnknownOutcome) the message is received again:
    /// [`Event::CommitMerged`] says that it was merged after all.
    ///
    /// # Errors
    /// [`Error::Misuse`] if the group has left the epoch that the commit ends.
    pub fn merge(&mut self, staged: StagedCommit) -> Result<Merged, Error> {
        match self.merge_staged(staged)? {
            Event::CommitMerged { outcome, .. } => Ok(outcome),
            _ => Err(Error::Bug(Bug::UnknownFailure)),
        }
    }

    fn merge_staged(&mut self, staged: StagedCommit) -> Result<Event, Error> {
        self.settle_last()?;
        let call = staged.message_hash().map_or(Call::new(What::Receive), |hash| Call::receive_again(*hash));
        let summary = Box::new(staged.summary().clone());
        let prepared = self.engine().merge(staged)?;
        self.end_epoch(call, prepared.map(|outcome| Event::CommitMerged { summary, outcome }))
    }
}
