//! The observer: a delivery service that follows the group by its plaintext handshakes.

use std::sync::Arc;

use copath_credentials::{CredentialVerdict, Timestamp};
use copath_crypto::CryptoProvider;
use copath_group::{Answers, GroupError, GroupSettings, Observed, PublicGroup, PublicPrepared, Unchecked};
use copath_messages::MlsMessage;
use copath_records::{MemoryStore, RecordKey, RecordKind, Store};

/// An observer with its store.
#[derive(Debug)]
pub(super) struct Observer {
    pub(super) group: PublicGroup,
    pub(super) store: MemoryStore,
    pub(super) settings: GroupSettings,
    /// Proposals of its epoch that it has not seen yet.
    pub(super) seen: Vec<usize>,
}

/// What an observer makes of a message.
#[derive(Debug, PartialEq)]
pub(super) enum Followed {
    Queued,
    Known,
    Entered(Vec<Unchecked>),
    Application,
}

impl Observer {
    pub(super) fn epoch(&self) -> u64 {
        self.group.epoch()
    }

    fn carry_out<T>(&mut self, prepared: PublicPrepared<T>) -> T {
        self.store.commit(&prepared.delta).unwrap();
        self.group.apply(prepared.patch).unwrap();
        prepared.output
    }

    pub(super) fn follow(&mut self, message: &MlsMessage, now: Timestamp) -> Result<Followed, GroupError> {
        match self.group.receive(message, now)? {
            Observed::Proposal(proposal) => {
                let answers = accepting(proposal.needs().credentials.len());
                let prepared = proposal.finish(&self.group, answers)?;
                self.carry_out(prepared);
                Ok(Followed::Queued)
            }
            Observed::Commit(commit) => {
                let unchecked = commit.unchecked().to_vec();
                let answers = accepting(commit.needs().credentials.len());
                let prepared = commit.follow(&self.group, answers)?;
                self.carry_out(prepared);
                self.seen.clear();
                Ok(Followed::Entered(unchecked))
            }
            Observed::Application => Ok(Followed::Application),
            _ => Ok(Followed::Known),
        }
    }

    pub(super) fn go_back(&mut self) -> Result<(), GroupError> {
        let prepared = self.group.go_back()?;
        self.carry_out(prepared);
        self.seen.clear();
        Ok(())
    }

    pub(super) fn reload(&mut self, provider: &Arc<dyn CryptoProvider>) {
        let group_id = self.group.group_id().clone();
        self.group = PublicGroup::load(&self.store, provider, &self.settings, &group_id).unwrap().unwrap();
    }

    pub(super) fn records(&self) -> Vec<Vec<u8>> {
        let all = RecordKind::ALL.iter().flat_map(|kind| self.store.scan(&RecordKey::new(*kind)).unwrap());
        all.map(|(_, record)| record.expose().to_vec()).collect()
    }
}

/// Answers that accept so many credentials.
pub(super) fn accepting(count: usize) -> Answers {
    let mut answers = Answers::none();
    answers.credentials = vec![CredentialVerdict::Accepted; count];
    answers
}
