//! Carrying out a change, and crashing while at it.

use copath_group::{GroupError, Merged, Prepared, Received};
use copath_messages::MlsMessage;
use copath_records::Store;

use super::client::Client;
use super::world::{decoded, encoded};
use crate::Outcome;

/// Where a client crashes that carries out a change, to go on from its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CrashPoint {
    /// The delta isn't stored: nothing has happened.
    Prepared,
    /// The delta is stored and the patch not applied: the output is lost, all else has happened.
    Stored,
    /// The patch is applied and the output not released: as before.
    Applied,
}

/// What became of a change that a crash met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Crash {
    /// Nothing.
    Undone,
    /// It was made, but its output is lost.
    Done,
}

impl CrashPoint {
    pub(super) const ALL: [Self; 3] = [Self::Prepared, Self::Stored, Self::Applied];
}

impl Client {
    /// Stores, applies and releases, unless the client is to crash.
    pub(super) fn carry_out<T>(&mut self, prepared: Prepared<T>) -> Result<T, Crash> {
        let crash = self.crash.take();
        if crash == Some(CrashPoint::Prepared) {
            self.keys.undo();
        }
        self.keys.keep();
        let Some(point) = crash else { return Ok(self.member.carry_out(prepared)) };
        self.crashed = Some(point);
        match point {
            CrashPoint::Prepared => drop(prepared),
            CrashPoint::Stored => self.member.store.commit(&prepared.delta).unwrap(),
            CrashPoint::Applied => drop(self.member.carry_out(prepared)),
        }
        self.member.reload();
        Err(if point == CrashPoint::Prepared { Crash::Undone } else { Crash::Done })
    }

    /// Processes a message to its end; after a crash that undid it, it is delivered again.
    pub(super) fn process(&mut self, message: &MlsMessage) -> Result<Outcome, GroupError> {
        loop {
            let outcome = self.process_once(message)?;
            match outcome {
                Ok(outcome) => return Ok(outcome),
                Err(Crash::Undone) => {}
                Err(Crash::Done) => return Ok(Outcome::Known),
            }
        }
    }

    fn process_once(&mut self, message: &MlsMessage) -> Result<Result<Outcome, Crash>, GroupError> {
        match self.group().receive(message, self.member.now)? {
            Received::Application(prepared) => {
                Ok(self.carry_out(prepared).map(|message| Outcome::Data(message.data)))
            }
            Received::Proposal(check) => {
                let answers = self.member.answer(&check.needs().clone());
                let prepared = check.finish(self.group(), answers)?;
                match self.carry_out(prepared) {
                    Ok(_) | Err(Crash::Done) => Ok(Ok(Outcome::Queued)),
                    Err(Crash::Undone) => Ok(Err(Crash::Undone)),
                }
            }
            Received::Commit(check) => {
                let answers = self.member.answer(&check.needs().clone());
                let staged = check.finish(self.group(), answers)?;
                let prepared = self.group().merge(staged)?;
                let merged = match self.carry_out(prepared) {
                    Ok(merged) => merged,
                    Err(Crash::Done) => self.merged_by_the_store(),
                    Err(Crash::Undone) => return Ok(Err(Crash::Undone)),
                };
                Ok(Ok(Outcome::Merged(merged)))
            }
            Received::PendingCommitAccepted => Ok(Ok(Outcome::Echo)),
            _ => Ok(Ok(Outcome::Known)),
        }
    }

    /// What a client that crashed finds to have become of it.
    fn merged_by_the_store(&self) -> Merged {
        let group = self.group();
        match (group.is_removed(), group.reinit()) {
            (true, _) => Merged::Removed,
            (_, Some(_)) => Merged::Reinitialized(group.epoch()),
            _ => Merged::Epoch(group.epoch()),
        }
    }

    /// Sends what `prepared` makes, or tells that it is lost.
    pub(super) fn send(&mut self, prepared: Prepared<MlsMessage>) -> Result<MlsMessage, Crash> {
        self.carry_out(prepared).map(|message| decoded(&encoded(&message)))
    }
}
