//! A client: what it is made of, and the groups that it has.

use std::fmt;
use std::sync::Arc;

use copath_codec::Writer;
use copath_credentials::{CredentialValidator, Timestamp};
use copath_crypto::{CipherSuite, CryptoProvider, Secret, SignatureScheme, Signer, Suite};
use copath_group::{GroupParameters, GroupSettings, KeyPackageParameters, LeafParameters};
use copath_messages::{ExtensionType, Extensions, GroupId, Lifetime, ProposalType};
use copath_records::{RecordKey, RecordKind, StateDelta, Store, wrap_payload};

use crate::builder::ClientBuilder;
use crate::enter::Doors;
use crate::error::failed_batch;
use crate::identity::Identity;
use crate::mark::{ATTEMPTS, Mark};
use crate::open_groups::{OpenGroup, OpenGroups};
use crate::tombstone::{Place, Tombstone};
use crate::{Error, Group, Inbox, Misuse, Outbox, Unavailable, records};

/// One client: an identity with its key packages, pre-shared keys and groups, all of them in one store.
///
/// RFC 9420 §2. Cheap to clone; clones are the same client.
#[derive(Clone)]
pub struct Client(pub(crate) Arc<Configuration>);

/// What a client is made of.
pub(crate) struct Configuration {
    pub(crate) provider: Arc<dyn CryptoProvider>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) validator: Arc<dyn CredentialValidator>,
    pub(crate) suites: Vec<Suite>,
    pub(crate) identities: Vec<Identity>,
    pub(crate) settings: GroupSettings,
    pub(crate) supported: Supported,
    pub(crate) key_package_days: u32,
    pub(crate) outbox: Outbox,
    pub(crate) inbox: Inbox,
    pub(crate) open_groups: OpenGroups,
    pub(crate) doors: Doors,
}

/// What new leaves say beyond RFC 9420.
#[derive(Clone, Debug, Default)]
pub(crate) struct Supported {
    pub(crate) extensions: Vec<ExtensionType>,
    pub(crate) proposals: Vec<ProposalType>,
    pub(crate) leaf_extensions: Extensions,
}

/// What a new group is made from, beyond the client.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct NewGroup {
    /// Its suite; the client's first if absent.
    pub suite: Option<CipherSuite>,
    /// Its id; random if absent (RFC 9420 §11).
    pub group_id: Option<GroupId>,
    /// Extensions of the group context.
    pub extensions: Extensions,
}

impl NewGroup {
    /// A group of the client's first suite, with a random id and without extensions.
    pub fn new() -> Self {
        Self::default()
    }

    /// With this suite, which the client has to be built with.
    #[must_use]
    pub fn suite(mut self, suite: CipherSuite) -> Self {
        self.suite = Some(suite);
        self
    }

    /// With this id.
    #[must_use]
    pub fn group_id(mut self, group_id: impl Into<GroupId>) -> Self {
        self.group_id = Some(group_id.into());
        self
    }

    /// With these extensions of the group context.
    #[must_use]
    pub fn extensions(mut self, extensions: Extensions) -> Self {
        self.extensions = extensions;
        self
    }

    /// Octets by which a second call with the same parameters is told.
    pub(crate) fn to_octets(&self) -> Result<Vec<u8>, Error> {
        let mut writer = Writer::new();
        writer.optional(self.suite.as_ref()).optional(self.group_id.as_ref()).value(&self.extensions);
        Ok(writer.finish()?)
    }
}

impl Client {
    /// Begins to build a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// A new group with this client as its only member (RFC 9420 §11).
    ///
    /// # Errors
    /// [`Error::Rejected`] if the extensions break a rule or the group id is in use (rule 12.4.3-04);
    /// [`Error::CredentialRejected`] if the validator refuses an external sender among them.
    pub fn create_group(&self, parameters: NewGroup, now: Timestamp) -> Result<Group, Error> {
        let entrance = self.call("create", &[&parameters.to_octets()?])?;
        if let Some(group) = self.entered_before(entrance)? {
            return Ok(group);
        }
        let suite = match parameters.suite {
            Some(suite) => self.0.chosen_suite(suite)?,
            None => self.0.first_suite()?,
        };
        let identity = self.0.identity_for(suite)?;
        let parameters = GroupParameters {
            leaf: self.leaf_parameters(identity),
            lifetime: self.lifetime(now),
            group_id: parameters.group_id,
            extensions: parameters.extensions,
        };
        let answers = self.answer(&parameters.needs(self.settings())?, None, now)?;
        parameters.check_answers(self.settings(), &answers)?;
        let signer = identity.signer().as_ref();
        let engine = copath_group::Group::create(suite, &parameters, self.settings(), signer)?;
        self.enter(engine, StateDelta::new(), entrance.into())
    }

    /// Opens a group from the store. A group has one handle at a time: drop it before opening it again.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store has no such group or can't be read, [`Error::Misuse`] if it is open, was
    /// moved away or is [rolled back](Self::rolled_back_groups).
    pub fn load_group(&self, group_id: &GroupId) -> Result<Group, Error> {
        let claim = self.0.open_groups.claim(group_id)?;
        self.open(group_id, claim)
    }

    /// The mark is read first: whatever is written later is noticed by it.
    pub(crate) fn open(&self, group_id: &GroupId, claim: OpenGroup) -> Result<Group, Error> {
        let mark = Mark::read(self.store().as_ref(), group_id, self.0.first_suite()?)?;
        if self.is_rolled_back(group_id)? {
            return Err(Misuse::RolledBack.into());
        }
        let Some(engine) = self.load_engine(group_id)? else {
            let tombstone = Tombstone::load(self.store().as_ref(), group_id)?;
            if tombstone.is_some_and(|tombstone| tombstone.place != Place::Here) {
                return Err(Misuse::Moved.into());
            }
            return Err(Error::Unavailable(Unavailable::Group(group_id.clone())));
        };
        Group::new(self.clone(), engine, claim, mark)
    }

    /// The groups in the store, those included that this client was removed from and hasn't deleted.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails.
    pub fn groups(&self) -> Result<Vec<GroupId>, Error> {
        let heads = self.store().scan(&RecordKey::new(RecordKind::GROUP))?;
        Ok(heads.iter().filter_map(|(key, _)| records::group_of(key)).collect())
    }

    /// Deletes a group's whole state, what was received and not handled included. Nobody else is told: to leave a
    /// group, have somebody commit your removal. Calling again does nothing; a batch that the store carries out late
    /// does nothing to a group of this id that was entered since, and doesn't bring the deleted one back either: a mark
    /// stays, some 40 octets.
    ///
    /// # Errors
    /// [`Error::Misuse`] if the group is open or another client has changed it meanwhile, [`Error::Unavailable`] if
    /// the store fails: call again.
    pub fn delete_group(&self, group_id: &GroupId) -> Result<(), Error> {
        let _claim = self.0.open_groups.claim(group_id)?;
        for _ in 0..ATTEMPTS {
            match self.end_group(group_id) {
                // What came in between has ended the group itself, perhaps an earlier try, late. Another batch makes
                // that durable.
                Err(Error::Misuse(Misuse::OtherWriter)) if !self.is_stored(group_id)? => {}
                outcome => return outcome,
            }
        }
        Err(Misuse::OtherWriter.into())
    }

    /// Whether there is a group, or its remains.
    pub(crate) fn is_stored(&self, group_id: &GroupId) -> Result<bool, Error> {
        Ok(self.store().load(&records::group(group_id))?.is_some())
    }

    fn end_group(&self, group_id: &GroupId) -> Result<(), Error> {
        let store = self.store().as_ref();
        let mut mark = Mark::read_anew(store, group_id, self.0.first_suite()?)?;
        let mut delta = copath_group::Group::delete_records(group_id);
        self.leave_behind(group_id, &mut delta)?;
        mark.end(store, delta)
    }

    /// Keeps an external pre-shared key (RFC 9420 §8.4), so that commits and Welcomes which name `id` can be
    /// processed and made.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails.
    pub fn store_psk(&self, id: &[u8], psk: &Secret) -> Result<(), Error> {
        let mut delta = StateDelta::new();
        delta.put(records::external_psk(id), wrap_payload(psk.expose()));
        self.commit(&delta)
    }

    /// Forgets an external pre-shared key.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails.
    pub fn delete_psk(&self, id: &[u8]) -> Result<(), Error> {
        let mut delta = StateDelta::new();
        delta.delete(records::external_psk(id));
        self.commit(&delta)
    }

    /// The crypto backend.
    pub fn provider(&self) -> &Arc<dyn CryptoProvider> {
        &self.0.provider
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.0.store
    }

    /// The identities, those used for new leaves first.
    pub fn identities(&self) -> &[Identity] {
        &self.0.identities
    }

    /// Policy and code points beyond RFC 9420.
    pub fn settings(&self) -> &GroupSettings {
        &self.0.settings
    }

    pub(crate) fn validator(&self) -> &dyn CredentialValidator {
        &*self.0.validator
    }

    /// Commits a change of the client's own records, which no mark tells of; to be safe to carry out twice.
    pub(crate) fn commit(&self, delta: &StateDelta) -> Result<(), Error> {
        self.store().commit(delta).map_err(failed_batch)
    }

    /// The signer with the key of the own leaf in a group.
    pub(crate) fn signer_in(&self, engine: &copath_group::Group) -> Result<Arc<dyn Signer>, Error> {
        let leaf = engine.tree().leaf(engine.own_leaf());
        let key = leaf.map(|leaf| leaf.signature_key()).unwrap_or_default();
        Ok(Arc::clone(self.0.identity_of_key(key)?.signer()))
    }

    pub(crate) fn load_engine(&self, group_id: &GroupId) -> Result<Option<copath_group::Group>, Error> {
        self.load_engine_from(self.store().as_ref(), group_id)
    }

    pub(crate) fn load_engine_from(
        &self,
        store: &dyn Store,
        group_id: &GroupId,
    ) -> Result<Option<copath_group::Group>, Error> {
        copath_group::Group::load(store, self.provider(), self.settings(), group_id)
            .map_err(|error| Error::from(error).on(self.provider()))
    }

    pub(crate) fn leaf_parameters(&self, identity: &Identity) -> LeafParameters {
        let suites: Vec<CipherSuite> = self.0.suites.iter().map(Suite::cipher_suite).collect();
        let supported = &self.0.supported;
        let leaf = LeafParameters::new(identity.credential().clone(), &suites);
        let in_leaf = supported.leaf_extensions.types().filter(|extension_type| !extension_type.is_default());
        let extensions = supported.extensions.iter().copied().chain(in_leaf);
        let leaf = extensions.fold(leaf, LeafParameters::supporting_extension);
        let mut leaf = supported.proposals.iter().copied().fold(leaf, LeafParameters::supporting_proposal);
        leaf.extensions = supported.leaf_extensions.clone();
        leaf
    }

    pub(crate) fn lifetime(&self, now: Timestamp) -> Lifetime {
        let leaf = LeafParameters::new(copath_credentials::Credential::basic(&[]), &[]);
        KeyPackageParameters::new(leaf, now, self.0.key_package_days).lifetime
    }

    /// Rule 12.4.3-04: the id of a new group isn't that of a group which this client is in.
    pub(crate) fn check_unused(&self, group_id: &GroupId) -> Result<(), Error> {
        self.left_group(group_id).map(|_| ())
    }

    /// The group of that id which this client was removed from, or can't use any more, if its records are still there.
    ///
    /// # Errors
    /// Rule 12.4.3-04 if the client is in it.
    pub(crate) fn left_group(&self, group_id: &GroupId) -> Result<Option<copath_group::Group>, Error> {
        match self.load_engine(group_id)? {
            Some(present) if !present.is_removed() && !self.is_rolled_back(group_id)? => {
                Err(crate::error::group_id_in_use())
            }
            left => Ok(left),
        }
    }
}

impl Configuration {
    /// The identity that new leaves of the scheme have: the first.
    pub(crate) fn present_identity(&self, scheme: SignatureScheme) -> Option<&Identity> {
        self.identities.iter().find(|identity| identity.signer().scheme() == scheme)
    }

    /// The identity for a new leaf.
    pub(crate) fn identity_for(&self, suite: &Suite) -> Result<&Identity, Error> {
        let scheme = suite.parameters().signature;
        Ok(self.present_identity(scheme).ok_or(Misuse::NoIdentity(scheme))?)
    }

    /// The identity with this signature key.
    pub(crate) fn identity_of_key(&self, signature_key: &[u8]) -> Result<&Identity, Error> {
        let found = self.identities.iter().find(|identity| identity.signature_key() == signature_key);
        Ok(found.ok_or(Misuse::NoSigner)?)
    }

    pub(crate) fn first_suite(&self) -> Result<&Suite, Error> {
        Ok(self.suites.first().ok_or(Misuse::Incomplete("suite"))?)
    }

    pub(crate) fn chosen_suite(&self, suite: CipherSuite) -> Result<&Suite, Error> {
        let found = self.suites.iter().find(|chosen| chosen.cipher_suite() == suite);
        Ok(found.ok_or(Misuse::SuiteNotChosen(suite))?)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("suites", &self.0.suites)
            .field("identities", &self.0.identities)
            .field("store", &self.0.store)
            .finish_non_exhaustive()
    }
}
