//! Building a client.

use std::sync::Arc;

use copath_credentials::CredentialValidator;
use copath_crypto::{CipherSuite, CryptoProvider, Suite};
use copath_group::GroupSettings;
use copath_messages::{ExtensionType, Extensions, ProposalType};
use copath_records::Store;

use crate::client::{Client, Configuration, Supported};
use crate::identity::Identity;
use crate::open_groups::OpenGroups;
use crate::{Error, Misuse, Outbox};

/// Names what a [`Client`] is made of. Nothing is chosen silently: backend, store, validator, at least one suite and
/// one identity have to be named.
#[derive(Clone, Default)]
pub struct ClientBuilder {
    provider: Option<Arc<dyn CryptoProvider>>,
    store: Option<Arc<dyn Store>>,
    validator: Option<Arc<dyn CredentialValidator>>,
    suites: Vec<CipherSuite>,
    identities: Vec<Identity>,
    settings: GroupSettings,
    supported: Supported,
    key_package_days: Option<u32>,
    outbox: Outbox,
}

impl ClientBuilder {
    /// A builder that knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The crypto backend.
    #[must_use]
    pub fn provider(mut self, provider: Arc<dyn CryptoProvider>) -> Self {
        self.provider = Some(provider);
        self
    }

    /// Where the state is kept.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// Who says whether a credential is good: the Authentication Service as this client sees it.
    #[must_use]
    pub fn validator(mut self, validator: Arc<dyn CredentialValidator>) -> Self {
        self.validator = Some(validator);
        self
    }

    /// A suite that the client uses; the first one named is used for new groups and key packages.
    #[must_use]
    pub fn suite(mut self, suite: CipherSuite) -> Self {
        if !self.suites.contains(&suite) {
            self.suites.push(suite);
        }
        self
    }

    /// Who the client is. Name one for each signature scheme of the suites; of several with the same scheme the first
    /// is used for new leaves, the others for groups that still have their keys.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identities.push(identity);
        self
    }

    /// Policy and code points beyond RFC 9420, for all groups of the client.
    #[must_use]
    pub fn settings(mut self, settings: GroupSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Says in new leaves that extensions of a type beyond RFC 9420 are supported.
    #[must_use]
    pub fn supporting_extension(mut self, extension_type: ExtensionType) -> Self {
        self.supported.extensions.push(extension_type);
        self
    }

    /// Says in new leaves that proposals of a type beyond RFC 9420 are supported.
    #[must_use]
    pub fn supporting_proposal(mut self, proposal_type: ProposalType) -> Self {
        self.supported.proposals.push(proposal_type);
        self
    }

    /// Extensions of new leaves; their types are listed as supported.
    #[must_use]
    pub fn leaf_extensions(mut self, extensions: Extensions) -> Self {
        self.supported.leaf_extensions = extensions;
        self
    }

    /// For how many days key packages and the leaf of a group's creator are valid: 90 unless set.
    #[must_use]
    pub fn key_package_days(mut self, days: u32) -> Self {
        self.key_package_days = Some(days);
        self
    }

    /// Whether messages are kept until the application says that they were sent: only the pending commit unless set.
    #[must_use]
    pub fn outbox(mut self, outbox: Outbox) -> Self {
        self.outbox = outbox;
        self
    }

    /// The client.
    ///
    /// # Errors
    /// [`Error::Misuse`] if something wasn't named, [`Error::Unsupported`] if the backend lacks a suite.
    pub fn build(self) -> Result<Client, Error> {
        let provider = self.provider.ok_or(Misuse::Incomplete("provider"))?;
        let store = self.store.ok_or(Misuse::Incomplete("store"))?;
        let validator = self.validator.ok_or(Misuse::Incomplete("validator"))?;
        let suites = self.suites.iter().map(|suite| Suite::new(&provider, *suite));
        let suites: Vec<Suite> =
            suites.collect::<Result<_, _>>().map_err(|error| Error::from(error).on(&provider))?;
        if suites.is_empty() {
            return Err(Misuse::Incomplete("suite").into());
        }
        let configuration = Configuration {
            provider,
            store,
            validator,
            suites,
            identities: self.identities,
            settings: self.settings,
            supported: self.supported,
            key_package_days: self.key_package_days.unwrap_or(90),
            outbox: self.outbox,
            open_groups: OpenGroups::default(),
        };
        for suite in &configuration.suites {
            configuration.identity_for(suite)?;
        }
        Ok(Client(Arc::new(configuration)))
    }
}

impl std::fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("provider", &self.provider)
            .field("store", &self.store)
            .field("suites", &self.suites)
            .field("identities", &self.identities)
            .finish_non_exhaustive()
    }
}
