//! A client in a test: signer, credential and group, with every need answered at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use copath_codec::{Decode, Encode};
use copath_credentials::{Credential, CredentialQuestion, CredentialVerdict, RejectionReason, Timestamp};
use copath_crypto::{CryptoProvider, Secret, Signer, Suite};
use copath_group::draft_ietf_mls_extensions::KeyPackageFate;
use copath_group::{
    Answers, CommitOptions, ExternalJoinOptions, ExternalJoinStart, Grease, Group, GroupError,
    GroupParameters, GroupSettings, JoinRequests, JoinStep, Joining, KeyPackageParameters, KeyPackageSecrets,
    LeafParameters, Merged, Needs, ParentGroup, ParentNeed, PendingExternalJoin, Prepared, Received,
    WelcomeOptions,
};
use copath_messages::{
    Add, Extensions, GroupId, GroupInfo, KeyPackage, MlsMessage, MlsMessageBody, PreSharedKey,
    PreSharedKeyId, Proposal, Psk, Remove,
};
use copath_records::{MemoryStore, Store};
use copath_tree_math::LeafIndex;

/// A time at which the key packages of tests are valid.
pub const NOW: Timestamp = Timestamp(1_700_000_000);

/// A client with a store, and with a group once it created or joined one.
#[derive(Debug)]
pub struct Member {
    /// Its name, which is its basic credential's identity.
    pub name: String,
    /// What its clock says.
    pub now: Timestamp,
    /// The suite on the member's backend.
    pub suite: Suite,
    /// The settings of its groups.
    pub settings: GroupSettings,
    /// Its signature key.
    pub signer: Arc<dyn Signer>,
    /// What its leaves say.
    pub leaf: LeafParameters,
    /// Its store; every delta goes there before its patch is applied.
    pub store: Arc<MemoryStore>,
    /// External PSKs by id.
    pub psks: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Key packages that wait for a Welcome, by reference.
    pub key_packages: BTreeMap<Vec<u8>, KeyPackageSecrets>,
    group: Option<Group>,
}

impl Member {
    /// A client called `name` with a fresh signature key.
    pub fn new(provider: &Arc<dyn CryptoProvider>, suite: copath_crypto::CipherSuite, name: &str) -> Self {
        let suite = Suite::new(provider, suite).unwrap();
        let keys = suite.generate_signature_key_pair().unwrap();
        let signer = suite.signature().signer(&keys.private_key).unwrap();
        let leaf = LeafParameters::new(Credential::basic(name.as_bytes()), &[suite.cipher_suite()]);
        Self {
            name: name.to_owned(),
            now: NOW,
            suite,
            settings: open_to_requests(),
            signer,
            leaf,
            store: Arc::new(MemoryStore::new()),
            psks: BTreeMap::new(),
            key_packages: BTreeMap::new(),
            group: None,
        }
    }

    /// Its group.
    ///
    /// # Panics
    /// It has none.
    pub fn group(&self) -> &Group {
        self.group.as_ref().unwrap()
    }

    /// Deletes its group, from memory and store.
    pub fn forget(&mut self) {
        if let Some(group) = self.group.take() {
            self.store.commit(&Group::delete_records(group.group_id())).unwrap();
        }
    }

    /// Whether it has created or joined a group.
    pub fn has_group(&self) -> bool {
        self.group.is_some()
    }

    /// Creates a group of one.
    pub fn create(&mut self, extensions: Extensions) {
        let lifetime = KeyPackageParameters::new(self.leaf.clone(), self.now, 30).lifetime;
        let parameters = GroupParameters { leaf: self.leaf.clone(), lifetime, group_id: None, extensions };
        let group = Group::create(&self.suite, &parameters, &self.settings, &*self.signer).unwrap();
        self.store.commit(&group.all_records().unwrap()).unwrap();
        self.group = Some(group);
    }

    /// A fresh key package, whose secrets are kept.
    pub fn key_package(&mut self) -> KeyPackage {
        self.key_package_for(30)
    }

    /// A fresh key package that can be used for so many days, whose secrets are kept.
    pub fn key_package_for(&mut self, days: u32) -> KeyPackage {
        self.key_package_of(self.key_package_parameters(days))
    }

    /// What its key packages are made from.
    pub fn key_package_parameters(&self, days: u32) -> KeyPackageParameters {
        let mut parameters = KeyPackageParameters::new(self.leaf.clone(), self.now, days);
        parameters.grease = self.settings.policy.grease;
        parameters.registrations(&self.settings.registrations)
    }

    /// A fresh key package of these parameters, whose secrets are kept.
    pub fn key_package_of(&mut self, parameters: KeyPackageParameters) -> KeyPackage {
        let secrets = KeyPackageSecrets::generate(&self.suite, &parameters, &*self.signer).unwrap();
        let key_package = secrets.key_package.clone();
        self.key_packages.insert(secrets.reference(&self.suite).unwrap(), secrets);
        key_package
    }

    /// Stores, applies and releases.
    pub fn carry_out<T>(&mut self, prepared: Prepared<T>) -> T {
        self.store.commit(&prepared.delta).unwrap();
        self.group.as_mut().unwrap().apply(prepared.patch).unwrap();
        prepared.output
    }

    /// Applies a patch whose delta is not stored.
    ///
    /// # Errors
    /// The patch is stale.
    pub fn apply(&mut self, patch: copath_group::Patch) -> Result<(), copath_group::Misuse> {
        self.group.as_mut().unwrap().apply(patch)
    }

    /// Answers whatever is needed; every credential is accepted, and equal ones stand for the same client.
    pub fn answer(&mut self, needs: &Needs) -> Answers {
        let mut answers = Answers::none();
        answers.psks = needs.psks.iter().map(|id| self.find_psk(id)).collect();
        answers.credentials = needs.credentials.iter().map(verdict).collect();
        answers.parent = needs.parent.as_ref().and_then(|need| self.parent(need));
        let found = needs.key_packages.iter().find(|reference| self.key_packages.contains_key(*reference));
        let context = self.settings.registrations.decode_context();
        answers.key_package = found.map(|reference| duplicate(&self.key_packages[reference], context));
        answers
    }

    /// The stored group of that id as a parent.
    fn parent(&self, need: &ParentNeed) -> Option<ParentGroup> {
        let provider = self.suite.provider();
        let group = Group::load(&*self.store, provider, &self.settings, &need.group_id).unwrap()?;
        group.as_parent(need).ok()
    }

    fn find_psk(&self, id: &PreSharedKeyId) -> Option<Secret> {
        match &id.psk {
            Psk::External { psk_id } => self.psks.get(psk_id.as_slice()).map(|psk| Secret::copy_of(psk)),
            // A client that was a member before has that of an epoch of its old state.
            Psk::Resumption { psk_group_id, psk_epoch, .. } => {
                let group = self.group.as_ref().filter(|group| group.group_id() == psk_group_id)?;
                group.resumption_psk(*psk_epoch).map(|psk| psk.as_secret().duplicate())
            }
        }
    }

    /// Prepares a commit, and makes it the pending one.
    ///
    /// # Errors
    /// The group refuses.
    pub fn commit(&mut self, options: CommitOptions) -> Result<MlsMessage, GroupError> {
        let mut draft = self.group().draft_commit(options, self.now)?;
        let mut answers = self.answer(&draft.needs().clone());
        let missing = draft.unanswered(&answers);
        if !missing.is_empty() {
            draft = self.group().draft_commit(draft.into_options().without(missing), self.now)?;
            answers = self.answer(&draft.needs().clone());
        }
        let prepared = draft.finish(self.group(), &*self.signer, answers)?;
        let message = self.carry_out(prepared);
        Ok(self.over_the_wire(&message))
    }

    /// Enters the epoch of the pending commit; returns the Welcomes, if somebody was added.
    pub fn accept(&mut self, options: WelcomeOptions) -> Vec<MlsMessage> {
        let prepared = self.group().accept_pending_commit().unwrap();
        self.carry_out(prepared);
        if !self.group().has_welcome() {
            return Vec::new();
        }
        let built = self.group().build_welcome(options, &*self.signer).unwrap();
        let welcomes = self.carry_out(built);
        let released = self.group().release_welcome().unwrap();
        self.carry_out(released);
        welcomes.iter().map(over_the_wire).collect()
    }

    /// Gives up the Welcomes of the present epoch, if there are any.
    pub fn accept_released(&mut self) {
        if self.group().has_welcome() {
            let released = self.group().release_welcome().unwrap();
            self.carry_out(released);
        }
    }

    /// Joins by a Welcome.
    ///
    /// # Errors
    /// The Welcome is refused.
    pub fn join(&mut self, welcome: &MlsMessage, tree: Option<Vec<u8>>) -> Result<(), GroupError> {
        let MlsMessageBody::Welcome(welcome) = &welcome.body else { panic!("not a Welcome") };
        let provider = Arc::clone(self.suite.provider());
        let mut joining = Joining::new(&provider, &self.settings, welcome.clone(), self.now);
        let joined = loop {
            let mut answers = self.answer(&joining.needs().clone());
            if joining.needs().ratchet_tree.is_some() {
                answers.ratchet_tree.clone_from(&tree);
            }
            match joining.answer(answers)? {
                JoinStep::Needs(next) => joining = *next,
                JoinStep::Joined(joined) => break joined,
            }
        };
        if joined.key_package_fate == KeyPackageFate::Delete {
            self.key_packages.remove(&joined.key_package_ref);
        }
        self.enter(joined.group);
        Ok(())
    }

    /// Stores a new group and has it from now on.
    pub fn enter(&mut self, group: Group) {
        self.store.commit(&group.all_records().unwrap()).unwrap();
        self.group = Some(group);
    }

    /// Joins by an external commit, which is returned; the group is entered at once.
    ///
    /// # Errors
    /// The GroupInfo is refused.
    pub fn join_externally(
        &mut self,
        group_info: GroupInfo,
        tree: Option<Vec<u8>>,
        options: ExternalJoinOptions,
    ) -> Result<MlsMessage, GroupError> {
        let pending = self.prepare_external_join(group_info, tree, options)?;
        self.enter(pending.group);
        Ok(self.over_the_wire(&pending.message))
    }

    /// Makes an external commit without entering its group.
    ///
    /// # Errors
    /// The GroupInfo is refused.
    pub fn prepare_external_join(
        &mut self,
        group_info: GroupInfo,
        tree: Option<Vec<u8>>,
        options: ExternalJoinOptions,
    ) -> Result<PendingExternalJoin, GroupError> {
        let provider = Arc::clone(self.suite.provider());
        let start = ExternalJoinStart::new(&provider, &self.settings, group_info, self.now)?;
        let mut answers = Answers::none();
        answers.ratchet_tree = tree;
        let join = start.verify(options, answers)?;
        let answers = self.answer(&join.needs().clone());
        join.finish(&self.leaf, &*self.signer, answers)
    }

    /// The message as it comes out of its encoding, with the types that this member knows.
    fn over_the_wire(&self, message: &MlsMessage) -> MlsMessage {
        let context = self.settings.registrations.decode_context();
        MlsMessage::from_bytes_in(&message.to_bytes().unwrap(), context).unwrap()
    }

    /// Sends a proposal.
    ///
    /// # Errors
    /// The group refuses.
    pub fn propose(&mut self, proposal: Proposal) -> Result<MlsMessage, GroupError> {
        let prepared = self.group().propose(proposal, &*self.signer, self.now)?;
        let message = self.carry_out(prepared);
        Ok(self.over_the_wire(&message))
    }

    /// Sends an Update of its leaf.
    ///
    /// # Errors
    /// The group refuses.
    pub fn propose_update(&mut self) -> Result<MlsMessage, GroupError> {
        let change = copath_group::LeafChange::default();
        let prepared = self.group().propose_update(&change, &*self.signer, &*self.signer, self.now)?;
        let message = self.carry_out(prepared);
        Ok(self.over_the_wire(&message))
    }

    /// Encrypts application data.
    ///
    /// # Errors
    /// The group refuses.
    pub fn encrypt(&mut self, data: &[u8]) -> Result<MlsMessage, GroupError> {
        let prepared = self.group().encrypt(data, b"", &*self.signer)?;
        let message = self.carry_out(prepared);
        Ok(self.over_the_wire(&message))
    }

    /// Processes a message to its end: proposals are queued, commits merged.
    ///
    /// # Errors
    /// The message is refused; nothing has changed then.
    pub fn receive(&mut self, message: &MlsMessage) -> Result<Outcome, GroupError> {
        match self.group().receive(message, self.now)? {
            Received::Application(prepared) => Ok(Outcome::Data(self.carry_out(prepared).data)),
            Received::Proposal(check) => {
                let answers = self.answer(&check.needs().clone());
                let prepared = check.finish(self.group(), answers)?;
                self.carry_out(prepared);
                Ok(Outcome::Queued)
            }
            Received::Commit(check) => {
                let answers = self.answer(&check.needs().clone());
                let staged = check.finish(self.group(), answers)?;
                let prepared = self.group().merge(staged)?;
                Ok(Outcome::Merged(self.carry_out(prepared)))
            }
            Received::PendingCommitAccepted => Ok(Outcome::Echo),
            _ => Ok(Outcome::Known),
        }
    }

    /// The member as it would be after a restart: loaded from its store.
    pub fn reload(&mut self) {
        self.group = self.load();
    }

    /// Its group as its store has it.
    pub fn load(&self) -> Option<Group> {
        let provider = Arc::clone(self.suite.provider());
        Group::load(&*self.store, &provider, &self.settings, self.group().group_id()).unwrap()
    }

    /// What an attacker has who copies its store, and follows the group with that.
    pub fn stolen_copy(&self) -> Self {
        let mut copy = Self {
            name: self.name.clone(),
            now: self.now,
            suite: self.suite.clone(),
            settings: self.settings.clone(),
            signer: Arc::clone(&self.signer),
            leaf: self.leaf.clone(),
            store: Arc::new(self.store.snapshot().unwrap()),
            psks: self.psks.clone(),
            key_packages: BTreeMap::new(),
            group: None,
        };
        copy.group = self.load();
        copy
    }
}

/// Whether two credentials stand for the same client is decided by their equality, all else is accepted.
fn verdict(question: &CredentialQuestion) -> CredentialVerdict {
    match question {
        CredentialQuestion::SameClient { a, b, .. } if a != b => {
            CredentialVerdict::Rejected(RejectionReason::WrongIdentity)
        }
        _ => CredentialVerdict::Accepted,
    }
}

/// A second copy, as a store would give it: the first is deleted when its Welcome has been verified.
fn duplicate(secrets: &KeyPackageSecrets, context: &copath_codec::DecodeContext) -> KeyPackageSecrets {
    let record = secrets.to_record().unwrap();
    KeyPackageSecrets::from_record(record.expose(), context).unwrap()
}

/// Settings under which clients may ask to join and GREASE is sent; the library's defaults refuse and omit it.
fn open_to_requests() -> GroupSettings {
    let mut settings = GroupSettings::default();
    settings.policy.join_requests = JoinRequests::Queued;
    settings.policy.grease = Grease::Send;
    settings
}

/// What became of a received message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Application data.
    Data(Vec<u8>),
    /// A proposal was queued.
    Queued,
    /// A commit was merged.
    Merged(Merged),
    /// The echo of the pending commit.
    Echo,
    /// Something that is known already.
    Known,
}

/// The message as it comes out of its encoding.
pub fn over_the_wire(message: &MlsMessage) -> MlsMessage {
    MlsMessage::from_bytes(&message.to_bytes().unwrap()).unwrap()
}

/// An Add of `key_package`.
pub fn add(key_package: KeyPackage) -> Proposal {
    Proposal::Add(Add { key_package: Box::new(key_package) })
}

/// A Remove of the member at `leaf`.
pub fn remove(leaf: LeafIndex) -> Proposal {
    Proposal::Remove(Remove { removed: leaf.as_u32() })
}

/// A PreSharedKey of the external PSK `id`.
pub fn external_psk(suite: &Suite, id: &[u8]) -> Proposal {
    let nonce = suite.random_bytes(suite.hash_length()).unwrap();
    let psk = PreSharedKeyId { psk: Psk::External { psk_id: id.into() }, psk_nonce: nonce.into() };
    Proposal::PreSharedKey(PreSharedKey { psk })
}

/// A PreSharedKey of the resumption PSK of `epoch`, for use in the application's own sense.
pub fn resumption_psk(suite: &Suite, group_id: &GroupId, epoch: u64) -> Proposal {
    let nonce = suite.random_bytes(suite.hash_length()).unwrap();
    let psk = Psk::Resumption {
        usage: copath_messages::ResumptionPskUsage::Application,
        psk_group_id: group_id.clone(),
        psk_epoch: epoch,
    };
    Proposal::PreSharedKey(PreSharedKey { psk: PreSharedKeyId { psk, psk_nonce: nonce.into() } })
}

/// Asserts that all members agree on the epoch: authenticator, exporter, tree hash, roster.
pub fn assert_agreement(members: &[&Member]) {
    let view = |member: &Member| {
        let group = member.group();
        let exported = group.export_secret(b"agreement", b"", 32).unwrap().expose().to_vec();
        let roster: Vec<_> = group.members().map(|m| (m.handle, m.signature_key)).collect();
        (group.epoch(), group.epoch_authenticator().to_vec(), exported, group.tree().tree_hash(), roster)
    };
    for member in members.iter().skip(1) {
        assert_eq!(view(members[0]), view(member), "{} and {} disagree", members[0].name, member.name);
    }
}
