//! The client: its backend and all that ids stand for.

use std::sync::Arc;

use copath_crypto::{CipherSuite, CryptoProvider, Suite};

use crate::actor::Actor;
use crate::external_signer::ExternalSigner;
use crate::join::Join;
use crate::member::Member;
use crate::registry::{Ids, Table};
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
}
