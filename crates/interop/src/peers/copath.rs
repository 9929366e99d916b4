//! Copath as a peer: its engine with a memory store.

mod drafts;
mod trust;

use std::collections::BTreeMap;
use std::sync::Arc;

use copath_codec::{Decode, Encode, Opaque};
use copath_credentials::{Credential, CredentialValidator};
use copath_crypto::{CipherSuite, CryptoProvider, Secret, Signer, Suite};
use copath_group::{
    Answers, BranchParameters, CommitOptions, ExternalJoinOptions, ExternalJoinStart, ExternalJoins,
    ExternalProposer, Grease, Group, GroupParameters, GroupSettings, HandshakeFormat, JoinRequests, JoinStep,
    Joining, KeyPackageParameters, KeyPackageSecrets, LeafChange, LeafParameters, Needs, Padding, PathChoice,
    Prepared, Resumption, ResumptionDraft, ResumptionParameters, TreeTransfer, WelcomeOptions,
};
use copath_messages::{
    Add, Extension, ExtensionType, Extensions, ExternalSender, GroupContextExtensions, GroupId, GroupInfo,
    MlsMessage, MlsMessageBody, PreSharedKey, PreSharedKeyId, Proposal, ProtocolVersion, Psk, ReInit, Remove,
    ResumptionPskUsage,
};
use copath_records::{MemoryStore, Store};
use copath_tree_math::LeafIndex;

use crate::certificates;
use crate::clock::now;
use crate::peer::{
    Accepted, CommitHow, ExternalJoin, Format, Greased, Octets, Operation, Padded, Path, Peer, PeerError,
    PeerResult, Received, Setup, Shown, TEST_EXTENSION, Tree, View,
};

/// A key, and what it is shown by.
type NewIdentity = (Arc<dyn Signer>, Credential);

/// A client of Copath.
pub(super) struct CopathPeer {
    name: String,
    shown: Shown,
    validator: Arc<dyn CredentialValidator>,
    suite: Suite,
    settings: GroupSettings,
    signer: Arc<dyn Signer>,
    /// The key and the credential that the pending commit or an Update brings.
    new_identity: Option<NewIdentity>,
    leaf: LeafParameters,
    store: MemoryStore,
    psks: BTreeMap<Octets, Octets>,
    key_packages: BTreeMap<Octets, KeyPackageSecrets>,
    transfer: TreeTransfer,
    group: Option<Group>,
}

impl CopathPeer {
    /// A client called `name`.
    pub(super) fn new(name: &str, setup: Setup) -> PeerResult<Self> {
        let provider: Arc<dyn CryptoProvider> = copath_provider_rustcrypto::provider();
        let suite = Suite::new(&provider, CipherSuite(setup.suite)).map_err(PeerError::of)?;
        let signer = new_signer(&suite)?;
        let mut settings = GroupSettings::default();
        settings.policy.handshake_format = match setup.format {
            Format::Private => HandshakeFormat::Private,
            Format::Public => HandshakeFormat::Public,
        };
        if setup.padded == Padded::No {
            settings.policy.padding = Padding::None;
        }
        settings.policy.join_requests = JoinRequests::Queued;
        settings.policy.grease = match setup.greased {
            Greased::Yes => Grease::Send,
            Greased::No => Grease::Omit,
        };
        settings.registrations = drafts::registrations(setup.drafts)?;
        let credential = trust::credential((setup.suite, name), &*signer, setup.shown)?;
        let leaf = LeafParameters::new(credential, &[suite.cipher_suite()])
            .supporting_extension(ExtensionType(TEST_EXTENSION))
            .supporting_registered(&settings.registrations);
        Ok(Self {
            name: name.to_owned(),
            shown: setup.shown,
            validator: trust::validator(setup)?,
            suite,
            settings,
            signer,
            new_identity: None,
            leaf,
            store: MemoryStore::new(),
            psks: BTreeMap::new(),
            key_packages: BTreeMap::new(),
            transfer: TreeTransfer::Inside,
            group: None,
        })
    }

    fn group(&self) -> PeerResult<&Group> {
        self.group.as_ref().ok_or_else(|| PeerError::of("no group"))
    }

    fn carry_out<T>(&mut self, prepared: Prepared<T>) -> PeerResult<T> {
        self.store.commit(&prepared.delta).map_err(PeerError::of)?;
        let group = self.group.as_mut().ok_or_else(|| PeerError::of("no group"))?;
        group.apply(prepared.patch).map_err(PeerError::of)?;
        Ok(prepared.output)
    }

    fn enter(&mut self, group: Group) -> PeerResult<()> {
        self.store.commit(&group.all_records().map_err(PeerError::of)?).map_err(PeerError::of)?;
        self.group = Some(group);
        Ok(())
    }

    /// The Welcome of the epoch, if somebody was added, and the tree.
    fn release(&mut self) -> PeerResult<Accepted> {
        let mut welcome = None;
        if self.group()?.has_welcome() {
            let options = WelcomeOptions::default().tree(self.transfer);
            let built = self.group()?.build_welcome(options, &*self.signer).map_err(PeerError::of)?;
            let built = self.carry_out(built)?;
            let released = self.group()?.release_welcome().map_err(PeerError::of)?;
            self.carry_out(released)?;
            welcome = built.first().map(encoded).transpose()?;
        }
        Ok(Accepted { welcome, tree: self.tree()? })
    }

    /// Takes over the suite that the ReInit chose, with a key of its own if it is another one.
    fn become_successor(&mut self) -> PeerResult<()> {
        let reinit = self.group()?.reinit().ok_or_else(|| PeerError::of("no ReInit"))?.clone();
        if reinit.cipher_suite != self.suite.cipher_suite() {
            self.suite = Suite::new(self.suite.provider(), reinit.cipher_suite).map_err(PeerError::of)?;
            self.signer = new_signer(&self.suite)?;
            self.leaf.credential = self.credential(&*self.signer, self.shown)?;
            self.leaf.capabilities.cipher_suites = [reinit.cipher_suite].into();
        }
        Ok(())
    }

    /// A message, which may contain what is registered.
    fn read(&self, octets: &[u8]) -> PeerResult<MlsMessage> {
        let context = self.settings.registrations.decode_context();
        MlsMessage::from_bytes_in(octets, context).map_err(PeerError::of)
    }

    fn credential(&self, signer: &dyn Signer, shown: Shown) -> PeerResult<Credential> {
        trust::credential((self.suite.cipher_suite().0, &self.name), signer, shown)
    }

    /// A new key, and the change of the leaf that shows it.
    fn new_leaf(&self, shown: Shown) -> PeerResult<(NewIdentity, LeafChange)> {
        let signer = new_signer(&self.suite)?;
        let credential = self.credential(&*signer, shown)?;
        let mut change = LeafChange::default();
        change.credential = Some(credential.clone());
        Ok(((signer, credential), change))
    }

    fn propose_new_key(&mut self, shown: Shown) -> PeerResult<Octets> {
        let (identity, change) = self.new_leaf(shown)?;
        let prepared = self.group()?.propose_update(&change, &*self.signer, &*identity.0, now());
        let message = self.carry_out(prepared.map_err(PeerError::of)?)?;
        self.new_identity = Some(identity);
        encoded(&message)
    }

    /// A new key counts from the commit on that covers the Update.
    fn adopt_new_key(&mut self) -> PeerResult<()> {
        let Some((signer, credential)) = self.new_identity.take() else { return Ok(()) };
        let is_new = |key: &[u8]| key == signer.public_key();
        if self.group()?.members().any(|member| is_new(&member.signature_key)) {
            self.signer = signer;
            self.leaf.credential = credential;
        }
        Ok(())
    }

    fn resumption_parameters(&self, key_packages: &[Octets]) -> PeerResult<ResumptionParameters> {
        let key_packages = key_packages.iter().map(|octets| match decoded(octets)?.body {
            MlsMessageBody::KeyPackage(key_package) => Ok(key_package),
            _ => Err(PeerError::of("not a key package")),
        });
        let lifetime = KeyPackageParameters::new(self.leaf.clone(), now(), 30).lifetime;
        let key_packages = key_packages.collect::<PeerResult<_>>()?;
        Ok(ResumptionParameters { leaf: self.leaf.clone(), lifetime, key_packages })
    }

    fn enter_draft(&mut self, draft: ResumptionDraft) -> PeerResult<Accepted> {
        let answers = self.answer(&draft.needs().clone());
        let group = draft.finish(&*self.signer, answers).map_err(PeerError::of)?;
        self.enter(group)?;
        self.transfer = TreeTransfer::Inside;
        self.release()
    }

    fn answer(&mut self, needs: &Needs) -> Answers {
        let mut answers = Answers::none();
        let psk_of = |id: &PreSharedKeyId| match &id.psk {
            Psk::External { psk_id } => self.psks.get(psk_id.as_slice()).map(|psk| Secret::copy_of(psk)),
            Psk::Resumption { .. } => None,
        };
        answers.psks = needs.psks.iter().map(psk_of).collect();
        answers.credentials = self.validator.validate(&needs.credentials, now());
        let found = needs.key_packages.iter().find(|reference| self.key_packages.contains_key(*reference));
        let group = self.group.as_ref();
        answers.parent = needs.parent.as_ref().and_then(|need| group?.as_parent(need).ok());
        answers.key_package = found.and_then(|reference| self.key_packages.remove(reference));
        answers
    }

    fn proposal(&self, operation: &Operation) -> PeerResult<Proposal> {
        let psk = |psk: Psk| -> PeerResult<Proposal> {
            let nonce = self.suite.random_bytes(self.suite.hash_length()).map_err(PeerError::of)?;
            Ok(Proposal::PreSharedKey(PreSharedKey { psk: PreSharedKeyId { psk, psk_nonce: nonce.into() } }))
        };
        Ok(match operation {
            Operation::Add(octets) => match decoded(octets)?.body {
                MlsMessageBody::KeyPackage(key_package) => {
                    Proposal::Add(Add { key_package: Box::new(key_package) })
                }
                _ => return Err(PeerError::of("not a key package")),
            },
            Operation::Remove(leaf) => Proposal::Remove(Remove { removed: *leaf }),
            Operation::Update | Operation::NewKey(_) | Operation::SelfRemove => {
                return Err(PeerError::Unsupported("Update or SelfRemove by value"));
            }
            Operation::ExternalPsk(id) => psk(Psk::External { psk_id: id.clone().into() })?,
            Operation::ResumptionPsk(epoch) => psk(Psk::Resumption {
                usage: ResumptionPskUsage::Application,
                psk_group_id: self.group()?.group_id().clone(),
                psk_epoch: *epoch,
            })?,
            Operation::Extensions(list) => {
                Proposal::GroupContextExtensions(GroupContextExtensions { extensions: extensions(list) })
            }
            Operation::ReInit(group_id, suite) => Proposal::ReInit(ReInit {
                group_id: GroupId(group_id.clone().into()),
                version: ProtocolVersion::MLS10,
                cipher_suite: CipherSuite(*suite),
                extensions: Extensions::default(),
            }),
        })
    }
}

impl Peer for CopathPeer {
    fn key_package(&mut self) -> PeerResult<Octets> {
        let mut parameters = KeyPackageParameters::new(self.leaf.clone(), now(), 30);
        parameters.grease = self.settings.policy.grease;
        let secrets =
            KeyPackageSecrets::generate(&self.suite, &parameters, &*self.signer).map_err(PeerError::of)?;
        let key_package = secrets.key_package.clone();
        self.key_packages.insert(secrets.reference(&self.suite).map_err(PeerError::of)?, secrets);
        encoded(&MlsMessage::from(key_package))
    }

    fn create(&mut self, list: &[(u16, Octets)]) -> PeerResult<()> {
        let lifetime = KeyPackageParameters::new(self.leaf.clone(), now(), 30).lifetime;
        let extensions = extensions(list);
        let parameters = GroupParameters { leaf: self.leaf.clone(), lifetime, group_id: None, extensions };
        let group = Group::create(&self.suite, &parameters, &self.settings, &*self.signer);
        self.enter(group.map_err(PeerError::of)?)
    }

    fn join(&mut self, welcome: &[u8], tree: Option<&[u8]>) -> PeerResult<()> {
        let MlsMessageBody::Welcome(welcome) = decoded(welcome)?.body else {
            return Err(PeerError::of("not a Welcome"));
        };
        let provider = Arc::clone(self.suite.provider());
        let mut joining = Joining::new(&provider, &self.settings, welcome, now());
        let joined = loop {
            let mut answers = self.answer(&joining.needs().clone());
            if joining.needs().ratchet_tree.is_some() {
                answers.ratchet_tree = tree.map(<[u8]>::to_vec);
            }
            match joining.answer(answers).map_err(PeerError::of)? {
                JoinStep::Needs(next) => joining = *next,
                JoinStep::Joined(joined) => break joined,
            }
        };
        self.enter(joined.group)
    }

    fn group_info(&mut self, tree: Tree) -> PeerResult<Octets> {
        let info = self.group()?.group_info(transfer(tree), ExternalJoins::Possible, &*self.signer);
        encoded(&MlsMessage::from(info.map_err(PeerError::of)?))
    }

    fn tree(&mut self) -> PeerResult<Octets> {
        self.group()?.export_ratchet_tree().map_err(PeerError::of)
    }

    fn join_externally(&mut self, how: &ExternalJoin<'_>) -> PeerResult<Octets> {
        let group_info = group_info_of(how.group_info)?;
        let provider = Arc::clone(self.suite.provider());
        let mut options = ExternalJoinOptions::default();
        options.replaces = how.replaces.and_then(LeafIndex::new);
        if let Some(id) = how.psk {
            let psk = Psk::External { psk_id: id.into() };
            options.psks.push(PreSharedKeyId { psk, psk_nonce: Opaque::default() });
        }
        options.pending = how.pending.iter().map(|one| self.read(one)).collect::<PeerResult<_>>()?;
        let start = ExternalJoinStart::new(&provider, &self.settings, group_info, now());
        let mut answers = Answers::none();
        answers.ratchet_tree = how.tree.map(<[u8]>::to_vec);
        let join = start.map_err(PeerError::of)?.verify(options, answers).map_err(PeerError::of)?;
        let answers = self.answer(&join.needs().clone());
        let pending = join.finish(&self.leaf, &*self.signer, answers).map_err(PeerError::of)?;
        self.enter(pending.group)?;
        encoded(&pending.message)
    }

    fn propose_self_add(&mut self, group_info: &[u8]) -> PeerResult<Octets> {
        let info = group_info_of(group_info)?;
        let mut parameters = KeyPackageParameters::new(self.leaf.clone(), now(), 30);
        parameters.grease = self.settings.policy.grease;
        let secrets =
            KeyPackageSecrets::generate(&self.suite, &parameters, &*self.signer).map_err(PeerError::of)?;
        let (group_id, epoch) = (&info.group_context.group_id, info.group_context.epoch);
        let message = secrets.propose_self_add(&self.suite, group_id, epoch, &*self.signer);
        let message = encoded(&message.map_err(PeerError::of)?)?;
        self.key_packages.insert(secrets.reference(&self.suite).map_err(PeerError::of)?, secrets);
        Ok(message)
    }

    fn external_sender(&mut self) -> PeerResult<Octets> {
        let (signature_key, credential) = (self.signer.public_key().into(), self.leaf.credential.clone());
        ExternalSender { signature_key, credential }.to_bytes().map_err(PeerError::of)
    }

    fn propose_from_outside(&mut self, group_info: &[u8], operation: &Operation) -> PeerResult<Octets> {
        let info = group_info_of(group_info)?;
        let proposer = ExternalProposer::of_group_info(self.suite.provider(), &info, &*self.signer);
        let proposal = self.proposal(operation)?;
        let message = proposer.map_err(PeerError::of)?.propose(proposal, &*self.signer);
        encoded(&message.map_err(PeerError::of)?)
    }

    fn propose(&mut self, operation: &Operation) -> PeerResult<Octets> {
        let group = self.group()?;
        let prepared = match operation {
            Operation::Update => {
                group.propose_update(&LeafChange::default(), &*self.signer, &*self.signer, now())
            }
            Operation::NewKey(shown) => return self.propose_new_key(*shown),
            Operation::SelfRemove => group.propose_self_remove(&*self.signer, now()),
            _ => group.propose(self.proposal(operation)?, &*self.signer, now()),
        };
        let message = self.carry_out(prepared.map_err(PeerError::of)?)?;
        encoded(&message)
    }

    fn commit(&mut self, operations: &[Operation], how: CommitHow) -> PeerResult<Octets> {
        let mut options = CommitOptions::new();
        for operation in operations {
            options = options.propose(self.proposal(operation)?);
        }
        if how.path == Path::WhenNeeded {
            options = options.path(PathChoice::WhenNeeded);
        }
        let draft = self.group()?.draft_commit(options, now()).map_err(PeerError::of)?;
        let answers = self.answer(&draft.needs().clone());
        let prepared = draft.finish(self.group()?, &*self.signer, answers).map_err(PeerError::of)?;
        let message = self.carry_out(prepared)?;
        self.transfer = transfer(how.tree);
        encoded(&message)
    }

    fn accept(&mut self) -> PeerResult<Accepted> {
        let prepared = self.group()?.accept_pending_commit().map_err(PeerError::of)?;
        self.carry_out(prepared)?;
        if let Some((signer, credential)) = self.new_identity.take() {
            self.signer = signer;
            self.leaf.credential = credential;
        }
        self.release()
    }

    fn commit_new_key(&mut self, shown: Shown) -> PeerResult<Octets> {
        let ((signer, credential), change) = self.new_leaf(shown)?;
        let draft = self.group()?.draft_commit(CommitOptions::new().leaf(change), now());
        let draft = draft.map_err(PeerError::of)?;
        let answers = self.answer(&draft.needs().clone());
        let prepared = draft.finish_with_new_signer(self.group()?, &*self.signer, &*signer, answers);
        let message = self.carry_out(prepared.map_err(PeerError::of)?)?;
        self.new_identity = Some((signer, credential));
        encoded(&message)
    }

    fn successor_key_package(&mut self) -> PeerResult<Octets> {
        self.become_successor()?;
        self.key_package()
    }

    fn succeed(&mut self, key_packages: &[Octets]) -> PeerResult<Accepted> {
        self.become_successor()?;
        let parameters = self.resumption_parameters(key_packages)?;
        let resumption = Resumption { settings: &self.settings, signer: &*self.signer, now: now() };
        let draft = self.group()?.draft_successor(&self.suite, &parameters, &resumption);
        self.enter_draft(draft.map_err(PeerError::of)?)
    }

    fn join_successor(&mut self, welcome: &[u8]) -> PeerResult<()> {
        self.join(welcome, None)
    }

    fn branch(&mut self, group_id: &[u8], key_packages: &[Octets]) -> PeerResult<Accepted> {
        let parameters = self.resumption_parameters(key_packages)?;
        let resumption = Resumption { settings: &self.settings, signer: &*self.signer, now: now() };
        let branch = BranchParameters { group_id: Some(GroupId(group_id.into())), extensions: None };
        let draft = self.group()?.draft_branch(&branch, &parameters, &resumption);
        self.enter_draft(draft.map_err(PeerError::of)?)
    }

    fn join_branch(&mut self, welcome: &[u8]) -> PeerResult<()> {
        self.join(welcome, None)
    }

    fn drop_commit(&mut self) -> PeerResult<()> {
        self.new_identity = None;
        let prepared = self.group()?.drop_pending_commit().map_err(PeerError::of)?;
        self.carry_out(prepared).map(drop)
    }

    fn receive(&mut self, message: &[u8]) -> PeerResult<Received> {
        use copath_group::Received as Inner;
        match self.group()?.receive(&self.read(message)?, now()).map_err(PeerError::of)? {
            Inner::Application(prepared) => {
                let message = self.carry_out(prepared)?;
                let (data, authenticated) = (message.data, message.authenticated_data);
                Ok(Received::Data { data, authenticated, leaf: message.sender.leaf.as_u32() })
            }
            Inner::Proposal(check) => {
                let answers = self.answer(&check.needs().clone());
                let prepared = check.finish(self.group()?, answers).map_err(PeerError::of)?;
                self.carry_out(prepared)?;
                Ok(Received::Proposal)
            }
            Inner::Commit(check) => {
                let answers = self.answer(&check.needs().clone());
                let staged = check.finish(self.group()?, answers).map_err(PeerError::of)?;
                let prepared = self.group()?.merge(staged).map_err(PeerError::of)?;
                self.carry_out(prepared)?;
                self.adopt_new_key()?;
                Ok(if self.group()?.is_removed() { Received::Removed } else { Received::Commit })
            }
            other => Err(PeerError::of(other)),
        }
    }

    fn encrypt(&mut self, data: &[u8], authenticated: &[u8]) -> PeerResult<Octets> {
        let prepared = self.group()?.encrypt(data, authenticated, &*self.signer).map_err(PeerError::of)?;
        let message = self.carry_out(prepared)?;
        encoded(&message)
    }

    fn view(&mut self) -> PeerResult<View> {
        let group = self.group()?;
        let roster = group.members().map(|member| {
            let identity = match &member.credential {
                Credential::Basic { identity } => identity.to_vec(),
                Credential::X509 { certificates } => content(certificates)?,
                other => format!("{other:?}").into_bytes(),
            };
            Ok((member.handle.leaf().as_u32(), identity, member.signature_key.to_vec()))
        });
        let exported = group.export_secret(b"interop", b"context", 32).map_err(PeerError::of)?;
        let extensions = group.context().extensions.iter();
        Ok(View {
            epoch: group.epoch(),
            authenticator: group.epoch_authenticator().to_vec(),
            exported: exported.expose().to_vec(),
            roster: roster.collect::<PeerResult<_>>()?,
            tree_hash: group.tree().tree_hash().as_ref().to_vec(),
            extensions: extensions.map(|e| (e.extension_type.0, e.extension_data.to_vec())).collect(),
        })
    }

    fn own_leaf(&mut self) -> PeerResult<u32> {
        Ok(self.group()?.own_leaf().as_u32())
    }

    fn register_psk(&mut self, id: &[u8], psk: &[u8]) -> PeerResult<()> {
        self.psks.insert(id.to_vec(), psk.to_vec());
        Ok(())
    }

    fn reload(&mut self) -> PeerResult<()> {
        let group_id = self.group()?.group_id().clone();
        let provider = Arc::clone(self.suite.provider());
        self.group = Group::load(&self.store, &provider, &self.settings, &group_id).map_err(PeerError::of)?;
        Ok(())
    }
}

/// The list of certificates, as the credential holds it.
fn content(certificates: &[Opaque]) -> PeerResult<Octets> {
    let chain: Vec<Octets> = certificates.iter().map(|der| der.to_vec()).collect();
    certificates::content(&chain)
}

fn group_info_of(octets: &[u8]) -> PeerResult<GroupInfo> {
    match decoded(octets)?.body {
        MlsMessageBody::GroupInfo(group_info) => Ok(group_info),
        _ => Err(PeerError::of("not a GroupInfo")),
    }
}

fn new_signer(suite: &Suite) -> PeerResult<Arc<dyn Signer>> {
    let keys = suite.generate_signature_key_pair().map_err(PeerError::of)?;
    suite.signature().signer(&keys.private_key).map_err(PeerError::of)
}

fn transfer(tree: Tree) -> TreeTransfer {
    match tree {
        Tree::Inside => TreeTransfer::Inside,
        Tree::Outside => TreeTransfer::Outside,
    }
}

fn extensions(list: &[(u16, Octets)]) -> Extensions {
    let extension = |(extension_type, data): &(u16, Octets)| Extension {
        extension_type: ExtensionType(*extension_type),
        extension_data: data.clone().into(),
    };
    Extensions(list.iter().map(extension).collect())
}

fn encoded(message: &MlsMessage) -> PeerResult<Octets> {
    message.to_bytes().map_err(PeerError::of)
}

fn decoded(octets: &[u8]) -> PeerResult<MlsMessage> {
    MlsMessage::from_bytes(octets).map_err(PeerError::of)
}
