//! Copath's observer, which follows a group that frames its handshakes as PublicMessage.

use std::sync::Arc;

use copath_codec::Decode;
use copath_credentials::CredentialVerdict;
use copath_crypto::CryptoProvider;
use copath_group::{
    Answers, GroupSettings, JoinRequests, Observed, ObserverStart, PublicGroup, PublicPrepared,
};
use copath_messages::{MlsMessage, MlsMessageBody};
use copath_records::{MemoryStore, Store};

use crate::clock::now;
use crate::peer::{Octets, PeerError, PeerResult};

/// An observer with a store, from which it is loaded again after each message.
#[derive(Debug)]
pub struct Watcher {
    provider: Arc<dyn CryptoProvider>,
    settings: GroupSettings,
    store: MemoryStore,
    group: PublicGroup,
}

impl Watcher {
    /// An observer of the group of a GroupInfo, with the tree inside.
    ///
    /// # Errors
    /// The GroupInfo is refused.
    pub fn new(group_info: &[u8]) -> PeerResult<Self> {
        let provider: Arc<dyn CryptoProvider> = copath_provider_rustcrypto::provider();
        let mut settings = GroupSettings::default();
        settings.policy.join_requests = JoinRequests::Queued;
        let message = MlsMessage::from_bytes(group_info).map_err(PeerError::of)?;
        let MlsMessageBody::GroupInfo(info) = message.body else {
            return Err(PeerError::of("not a GroupInfo"));
        };
        let start = ObserverStart::new(&provider, &settings, info, now()).map_err(PeerError::of)?;
        let check = start.verify(Answers::none()).map_err(PeerError::of)?;
        let answers = accepting(check.needs().credentials.len());
        let group = check.finish(answers).map_err(PeerError::of)?;
        let store = MemoryStore::new();
        store.commit(&group.all_records().map_err(PeerError::of)?).map_err(PeerError::of)?;
        Ok(Self { provider, settings, store, group })
    }

    /// Follows a proposal or a commit.
    ///
    /// # Errors
    /// It is refused.
    pub fn follow(&mut self, message: &[u8]) -> PeerResult<()> {
        let message = MlsMessage::from_bytes(message).map_err(PeerError::of)?;
        match self.group.receive(&message, now()).map_err(PeerError::of)? {
            Observed::Proposal(proposal) => {
                let answers = accepting(proposal.needs().credentials.len());
                let prepared = proposal.finish(&self.group, answers).map_err(PeerError::of)?;
                self.carry_out(prepared)
            }
            Observed::Commit(commit) => {
                let answers = accepting(commit.needs().credentials.len());
                let prepared = commit.follow(&self.group, answers).map_err(PeerError::of)?;
                self.carry_out(prepared)?;
                self.reload()
            }
            other => Err(PeerError::of(other)),
        }
    }

    /// Epoch and tree hash.
    pub fn view(&self) -> (u64, Octets) {
        let context = self.group.public_state().context();
        (context.epoch, context.tree_hash.to_vec())
    }

    fn carry_out<T>(&mut self, prepared: PublicPrepared<T>) -> PeerResult<()> {
        self.store.commit(&prepared.delta).map_err(PeerError::of)?;
        self.group.apply(prepared.patch).map_err(PeerError::of)
    }

    fn reload(&mut self) -> PeerResult<()> {
        let group_id = self.group.group_id().clone();
        let loaded = PublicGroup::load(&self.store, &self.provider, &self.settings, &group_id);
        self.group = loaded.map_err(PeerError::of)?.ok_or_else(|| PeerError::of("nothing stored"))?;
        Ok(())
    }
}

fn accepting(count: usize) -> Answers {
    let mut answers = Answers::none();
    answers.credentials = vec![CredentialVerdict::Accepted; count];
    answers
}
