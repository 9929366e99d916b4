//! Building a client.

use std::sync::Arc;

use copath_credentials::CredentialValidator;
use copath_crypto::{CipherSuite, CryptoProvider, Suite};
use copath_group::{GroupSettings, Registrations};
use copath_messages::{ExtensionType, Extensions, ProposalType};
use copath_records::Store;

use crate::client::{Client, Configuration, Supported};
use crate::enter::Doors;
use crate::identity::Identity;
use crate::open_groups::OpenGroups;
use crate::suite_choice::suite_on;
use crate::{Error, Inbox, Misuse, Outbox};

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
    inbox: Inbox,
    reached: Option<u64>,
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

    /// The types beyond RFC 9420 that the client knows (RFC 9420 §13), for all its groups. The members of a group have
    /// to agree on them; new leaves and new paths say that they are supported. Call it after
    /// [`ClientBuilder::settings`], whose registrations it replaces.
    ///
    /// # A proposal of the application's own
    ///
    /// ```
    /// use std::sync::Arc;
    /// use copath::{
    ///     BodyShape, CipherSuite, Client, Credential, CustomProposal, Event, FixedDirectory, Identity, MemoryStore,
    ///     NewGroup, Proposal, ProposalContext, ProposalDefinition, ProposalRule, ProposalType, RefusalReason,
    ///     Registrations, RuleRefusal, Timestamp,
    /// };
    ///
    /// /// A title is UTF-8, and a commit has one at most. All members have to judge alike.
    /// struct Title;
    /// const TITLE: ProposalType = ProposalType(0xf0aa); // for private use
    ///
    /// impl ProposalRule for Title {
    ///     fn judge(&self, title: &CustomProposal, context: &ProposalContext<'_>) -> Result<(), RuleRefusal> {
    ///         if std::str::from_utf8(&title.body[1..]).is_err() {
    ///             return Err(RuleRefusal { code: 1, words: "a title is UTF-8" });
    ///         }
    ///         let is_title = |proposal: &Proposal| proposal.proposal_type() == TITLE;
    ///         match context.commit() {
    ///             Some(commit) if commit.proposals().filter(|covered| is_title(covered.proposal)).count() > 1 => {
    ///                 Err(RuleRefusal { code: 2, words: "a commit has one title" })
    ///             }
    ///             _ => Ok(()),
    ///         }
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), copath::Error> {
    /// let now = Timestamp(1_700_000_000);
    /// let titles = ProposalDefinition::new(TITLE, "title", BodyShape::Vector).judged_by(Arc::new(Title));
    /// let registrations = Arc::new(Registrations::new().with_proposal(titles)?.with_self_remove()?);
    /// # let suite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
    /// # let provider = copath_provider_rustcrypto::provider();
    /// # let mut directory = FixedDirectory::new();
    /// # let mut identities = Vec::new();
    /// # for name in ["alice", "bob"] {
    /// #     let identity = Identity::generate(&provider, suite, Credential::basic(name.as_bytes()))?;
    /// #     directory.insert(name.as_bytes(), identity.signature_key());
    /// #     identities.push(identity);
    /// # }
    /// # let directory = Arc::new(directory);
    /// # let mut clients = identities.into_iter().map(|identity| {
    /// #     Client::builder()
    /// #         .provider(provider.clone())
    /// #         .store(Arc::new(MemoryStore::new()))
    /// #         .validator(directory.clone())
    /// #         .suite(suite)
    /// #         .identity(identity)
    /// #         .registrations(&registrations)
    /// #         .build()
    /// # });
    /// # let (alice, bob) = (clients.next().expect("alice")?, clients.next().expect("bob")?);
    /// // Both clients are built with `.registrations(&registrations)`, and are in one group.
    /// # let mut at_alice = alice.create_group(NewGroup::new(), now)?;
    /// # at_alice.commit().add(&bob.key_package(now)?).prepare(now)?;
    /// # at_alice.accept_commit()?;
    /// # let mut at_bob = bob.join(&at_alice.welcome()?, None, now)?;
    /// let title = |octets: &[u8]| {
    ///     let body = [&[octets.len() as u8], octets].concat(); // as opaque<V>
    ///     Proposal::Custom(CustomProposal { proposal_type: TITLE, body })
    /// };
    /// let commit = at_alice.commit().propose(title(b"Lunch")).prepare(now)?;
    /// at_alice.accept_commit()?;
    /// let Event::CommitStaged(staged) = at_bob.receive(&commit, now)? else { panic!("not a commit") };
    /// assert_eq!(staged.summary().custom[0].proposal.body, b"\x05Lunch");
    /// at_bob.merge(*staged)?;
    ///
    /// // What the rule refuses is neither sent nor received.
    /// let error = at_bob.propose(title(b"\xff"), now).unwrap_err();
    /// assert!(matches!(error.refusal(), Some(RefusalReason::Rule(RuleRefusal { code: 1, .. }))));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn registrations(mut self, registrations: &Arc<Registrations>) -> Self {
        self.settings.registrations = Arc::clone(registrations);
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

    /// Whether received application data is kept until the application says that it has it: it isn't unless set.
    #[must_use]
    pub fn inbox(mut self, inbox: Inbox) -> Self {
        self.inbox = inbox;
        self
    }

    /// The generation that the store had reached, which the application has kept outside of it
    /// ([`Client::generation`]). A store that is older is a restored backup or a clone: none of its groups can be
    /// loaded from then on, also without this, until it is rejoined ([`Client::rolled_back_groups`]), and its key
    /// packages are deleted; withdraw them from where they were published.
    #[must_use]
    pub fn reached(mut self, generation: u64) -> Self {
        self.reached = Some(generation);
        self
    }

    /// The client.
    ///
    /// # Errors
    /// [`Error::Misuse`] if something wasn't named or the store doesn't count what it is to be compared by,
    /// [`Error::Unsupported`] if the backend lacks a suite, [`Error::Unavailable`] if the store fails.
    pub fn build(self) -> Result<Client, Error> {
        let provider = self.provider.ok_or(Misuse::Incomplete("provider"))?;
        let store = self.store.ok_or(Misuse::Incomplete("store"))?;
        let validator = self.validator.ok_or(Misuse::Incomplete("validator"))?;
        let suites = self.suites.iter().map(|suite| suite_on(&provider, *suite));
        let suites: Vec<Suite> = suites.collect::<Result<_, _>>()?;
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
            inbox: self.inbox,
            open_groups: OpenGroups::default(),
            doors: Doors::default(),
        };
        for suite in &configuration.suites {
            configuration.identity_for(suite)?;
        }
        if let Some(reached) = self.reached {
            configuration.compare_with(reached)?;
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
