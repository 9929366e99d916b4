//! The client: its backend and all that ids stand for.

use std::sync::Arc;

use copath_crypto::{CipherSuite, CryptoProvider, Suite};

use crate::actor::Actor;
use crate::external_signer::ExternalSigner;
use crate::join::Join;
use crate::member::Member;
use crate::registry::{Ids, Table, lock};
use crate::reinit::ReInitialization;
use crate::{Backend, ClientError, decode};

/// One process of the harness, which plays any number of actors.
pub(crate) struct Client {
    pub(crate) backend: Backend,
    pub(crate) provider: Arc<dyn CryptoProvider>,
    pub(crate) suites: Vec<CipherSuite>,
    pub(crate) ids: Ids,
    pub(crate) states: Table<Member>,
    pub(crate) joins: Table<Join>,
    pub(crate) reinitializations: Table<ReInitialization>,
    pub(crate) signers: Table<ExternalSigner>,
}

impl Client {
    pub(crate) fn new(backend: Backend) -> Self {
        let provider = backend.provider();
        let suites = Suite::available(&provider).iter().map(Suite::cipher_suite).collect();
        Self {
            backend,
            provider,
            suites,
            ids: Ids::new(),
            states: Table::new("state"),
            joins: Table::new("transaction"),
            reinitializations: Table::new("reinitialization"),
            signers: Table::new("external signer"),
        }
    }

    /// A new actor, with a fresh signature key for the suite in a request.
    pub(crate) fn actor(&self, cipher_suite: u32, identity: &[u8]) -> Result<Actor, ClientError> {
        self.actor_of_suite(decode::cipher_suite(cipher_suite)?, identity)
    }

    /// A new actor, with a fresh signature key.
    pub(crate) fn actor_of_suite(
        &self,
        cipher_suite: CipherSuite,
        identity: &[u8],
    ) -> Result<Actor, ClientError> {
        Actor::new(Suite::new(&self.provider, cipher_suite)?, identity, &self.suites)
    }

    /// Lets the member of a state do something; other requests to the state wait.
    pub(crate) fn with_member<T>(
        &self,
        state_id: u32,
        act: impl FnOnce(&mut Member) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let state = self.states.find(state_id)?;
        act(&mut lock(&state))
    }

    /// Keeps a member of a group that it has just entered: its state, and its epoch authenticator.
    pub(crate) fn keep(&self, member: Member) -> Result<(u32, Vec<u8>), ClientError> {
        let epoch_authenticator = member.group.epoch_authenticator().to_vec();
        Ok((self.states.insert(&self.ids, member)?, epoch_authenticator))
    }
}
