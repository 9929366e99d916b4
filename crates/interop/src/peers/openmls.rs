//! OpenMLS as a peer, on its RustCrypto provider.

use openmls::messages::group_info::VerifiableGroupInfo;
use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _};
use openmls::prelude::*;
use openmls::schedule::psk::{ExternalPsk, PreSharedKeyId, Psk, ResumptionPsk, ResumptionPskUsage};
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::{MemoryStorage, OpenMlsRustCrypto};

use crate::certificates;
use crate::peer::{
    self, Accepted, CommitHow, Drafts, Format, Octets, Operation, Padded, Path, Peer, PeerError, PeerResult,
    Received, Setup, Shown, TEST_EXTENSION, View,
};

/// Past epochs whose messages can be read.
const PAST_EPOCHS: usize = 3;

/// A client of OpenMLS.
pub(super) struct OpenMlsPeer {
    name: String,
    provider: OpenMlsRustCrypto,
    suite: Ciphersuite,
    signer: SignatureKeyPair,
    credential: CredentialWithKey,
    /// The key that the pending commit or an Update brings.
    new_signer: Option<(SignatureKeyPair, CredentialWithKey)>,
    setup: Setup,
    welcome: Option<Octets>,
    group: Option<MlsGroup>,
}

impl OpenMlsPeer {
    /// A client called `name`.
    pub(super) fn new(name: &str, setup: Setup) -> PeerResult<Self> {
        let provider = OpenMlsRustCrypto::default();
        let suite = Ciphersuite::try_from(setup.suite).map_err(PeerError::of)?;
        provider.crypto().supports(suite).map_err(|_| PeerError::Unsupported("this suite"))?;
        let signer = SignatureKeyPair::new(suite.signature_algorithm()).map_err(PeerError::of)?;
        signer.store(provider.storage()).map_err(PeerError::of)?;
        let credential = credential(name, &signer, setup, setup.shown)?;
        let name = name.to_owned();
        Ok(Self {
            name,
            provider,
            suite,
            signer,
            credential,
            new_signer: None,
            setup,
            welcome: None,
            group: None,
        })
    }

    fn group(&mut self) -> PeerResult<&mut MlsGroup> {
        self.group.as_mut().ok_or_else(|| PeerError::of("no group"))
    }

    /// The group beside the provider and the signer.
    fn parts(&mut self) -> PeerResult<(&mut MlsGroup, &OpenMlsRustCrypto, &SignatureKeyPair)> {
        let group = self.group.as_mut().ok_or_else(|| PeerError::of("no group"))?;
        Ok((group, &self.provider, &self.signer))
    }

    fn wire_format_policy(&self) -> WireFormatPolicy {
        match self.setup.format {
            Format::Private => MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY,
            Format::Public => MIXED_PLAINTEXT_WIRE_FORMAT_POLICY,
        }
    }

    fn padding(&self) -> usize {
        match self.setup.padded {
            Padded::No => 0,
            Padded::Yes => 32,
        }
    }

    fn capabilities(&self) -> Capabilities {
        let extensions = [ExtensionType::Unknown(TEST_EXTENSION)];
        let both = [CredentialType::Basic, CredentialType::X509];
        let credentials = self.setup.knows_certificates().then_some(both.as_slice());
        let proposals = match self.setup.drafts {
            Drafts::None | Drafts::SupersededSelfRemove => None,
            Drafts::SelfRemove => Some([ProposalType::SelfRemove].as_slice()),
        };
        Capabilities::new(None, Some(&[self.suite]), Some(&extensions), proposals, credentials)
    }

    fn join_config(&self) -> MlsGroupJoinConfig {
        MlsGroupJoinConfig::builder()
            .wire_format_policy(self.wire_format_policy())
            .padding_size(self.padding())
            .max_past_epochs(PAST_EPOCHS)
            .number_of_resumption_psks(16)
            .use_ratchet_tree_extension(true)
            .build()
    }

    fn key_package_of(&self, octets: &[u8]) -> PeerResult<KeyPackage> {
        match decoded(octets)?.extract() {
            MlsMessageBodyIn::KeyPackage(key_package) => {
                key_package.validate(self.provider.crypto(), ProtocolVersion::Mls10).map_err(PeerError::of)
            }
            _ => Err(PeerError::of("not a key package")),
        }
    }

    fn psk(&self, psk: Psk) -> PeerResult<PreSharedKeyId> {
        PreSharedKeyId::new(self.suite, self.provider.rand(), psk).map_err(PeerError::of)
    }

    fn resumption_psk(&mut self, epoch: u64) -> PeerResult<PreSharedKeyId> {
        let group_id = self.group()?.group_id().clone();
        let psk = ResumptionPsk::new(ResumptionPskUsage::Application, group_id, epoch.into());
        self.psk(Psk::Resumption(psk))
    }

    fn external_psk(&self, id: &[u8]) -> PeerResult<PreSharedKeyId> {
        self.psk(Psk::External(ExternalPsk::new(id.to_vec())))
    }
}

impl OpenMlsPeer {
    fn new_key(&self, shown: Shown) -> PeerResult<(SignatureKeyPair, CredentialWithKey)> {
        let signer = SignatureKeyPair::new(self.suite.signature_algorithm()).map_err(PeerError::of)?;
        signer.store(self.provider.storage()).map_err(PeerError::of)?;
        let credential = credential(&self.name, &signer, self.setup, shown)?;
        Ok((signer, credential))
    }

    fn propose_new_key(&mut self, shown: Shown) -> PeerResult<Octets> {
        let (signer, credential) = self.new_key(shown)?;
        let (group, provider, old) = self.parts()?;
        let new = NewSignerBundle { signer: &signer, credential_with_key: credential.clone() };
        let proposed =
            group.propose_self_update_with_new_signer(provider, old, new, LeafNodeParameters::default());
        let message = encoded(&proposed.map_err(PeerError::of)?.0)?;
        self.new_signer = Some((signer, credential));
        Ok(message)
    }
}

/// What a commit carries by value, sorted by how the builder takes it.
#[derive(Default)]
struct ByValue {
    adds: Vec<KeyPackage>,
    removes: Vec<LeafNodeIndex>,
    psks: Vec<PreSharedKeyId>,
    extensions: Option<Extensions<GroupContext>>,
}

impl OpenMlsPeer {
    fn by_value(&mut self, operations: &[Operation]) -> PeerResult<ByValue> {
        let mut sorted = ByValue::default();
        for operation in operations {
            match operation {
                Operation::Add(key_package) => sorted.adds.push(self.key_package_of(key_package)?),
                Operation::Remove(leaf) => sorted.removes.push(LeafNodeIndex::new(*leaf)),
                Operation::Update | Operation::NewKey(_) | Operation::SelfRemove => {
                    return Err(PeerError::Unsupported("Update or SelfRemove by value"));
                }
                Operation::ExternalPsk(id) => sorted.psks.push(self.external_psk(id)?),
                Operation::ResumptionPsk(epoch) => {
                    let psk = self.resumption_psk(*epoch)?;
                    sorted.psks.push(psk);
                }
                Operation::Extensions(list) => sorted.extensions = Some(extensions(list)?),
                Operation::ReInit(..) => return Err(PeerError::Unsupported("ReInit")),
            }
        }
        Ok(sorted)
    }
}

impl Peer for OpenMlsPeer {
    fn key_package(&mut self) -> PeerResult<Octets> {
        let bundle = KeyPackage::builder()
            .leaf_node_capabilities(self.capabilities())
            .build(self.suite, &self.provider, &self.signer, self.credential.clone())
            .map_err(PeerError::of)?;
        encoded(&MlsMessageOut::from(bundle.into_key_package()))
    }

    fn create(&mut self, list: &[(u16, Octets)]) -> PeerResult<()> {
        let group = MlsGroup::builder()
            .ciphersuite(self.suite)
            .with_wire_format_policy(self.wire_format_policy())
            .padding_size(self.padding())
            .max_past_epochs(PAST_EPOCHS)
            .number_of_resumption_psks(16)
            .use_ratchet_tree_extension(true)
            .with_capabilities(self.capabilities())
            .with_group_context_extensions(extensions(list)?)
            .build(&self.provider, &self.signer, self.credential.clone())
            .map_err(PeerError::of)?;
        self.group = Some(group);
        Ok(())
    }

    fn join(&mut self, welcome: &[u8], tree: Option<&[u8]>) -> PeerResult<()> {
        let MlsMessageBodyIn::Welcome(welcome) = decoded(welcome)?.extract() else {
            return Err(PeerError::of("not a Welcome"));
        };
        let tree = tree.map(RatchetTreeIn::tls_deserialize_exact).transpose().map_err(PeerError::of)?;
        let processed = ProcessedWelcome::new_from_welcome(&self.provider, &self.join_config(), welcome);
        let mut builder = JoinBuilder::new(&self.provider, processed.map_err(PeerError::of)?);
        builder = builder.replace_old_group();
        if let Some(tree) = tree {
            builder = builder.with_ratchet_tree(tree);
        }
        let staged = builder.build().map_err(PeerError::of)?;
        self.group = Some(staged.into_group(&self.provider).map_err(PeerError::of)?);
        Ok(())
    }

    fn group_info(&mut self, tree: peer::Tree) -> PeerResult<Octets> {
        let (group, provider, signer) = self.parts()?;
        let info = group.export_group_info(provider.crypto(), signer, tree == peer::Tree::Inside);
        encoded(&info.map_err(PeerError::of)?)
    }

    fn tree(&mut self) -> PeerResult<Octets> {
        self.group()?.export_ratchet_tree().tls_serialize_detached().map_err(PeerError::of)
    }

    fn join_externally(&mut self, how: &peer::ExternalJoin<'_>) -> PeerResult<Octets> {
        let info = group_info_of(how.group_info)?;
        let mut builder = MlsGroup::external_commit_builder().with_config(self.join_config());
        if let Some(tree) = how.tree {
            let tree = RatchetTreeIn::tls_deserialize_exact(tree).map_err(PeerError::of)?;
            builder = builder.with_ratchet_tree(tree);
        }
        let pending = how.pending.iter().map(|one| public_message(one)).collect::<PeerResult<_>>()?;
        builder = builder.with_proposals(pending);
        let parameters = LeafNodeParameters::builder().with_capabilities(self.capabilities()).build();
        let mut builder = builder
            .build_group(&self.provider, info, self.credential.clone())
            .map_err(PeerError::of)?
            .leaf_node_parameters(parameters);
        if let Some(id) = how.psk {
            builder = builder.add_psk_proposal(PreSharedKeyProposal::new(self.external_psk(id)?));
        }
        let (group, bundle) = builder
            .load_psks(self.provider.storage())
            .map_err(PeerError::of)?
            .build(self.provider.rand(), self.provider.crypto(), &self.signer, |_| true)
            .map_err(PeerError::of)?
            .finalize(&self.provider)
            .map_err(PeerError::of)?;
        self.group = Some(group);
        encoded(&bundle.into_commit())
    }

    fn propose_self_add(&mut self, group_info: &[u8]) -> PeerResult<Octets> {
        let info = group_info_of(group_info)?;
        let bundle = KeyPackage::builder()
            .leaf_node_capabilities(self.capabilities())
            .build(self.suite, &self.provider, &self.signer, self.credential.clone())
            .map_err(PeerError::of)?;
        let (group_id, epoch) = (info.group_id().clone(), info.epoch());
        let message =
            JoinProposal::new::<MemoryStorage>(bundle.into_key_package(), group_id, epoch, &self.signer);
        encoded(&message.map_err(PeerError::of)?)
    }

    fn external_sender(&mut self) -> PeerResult<Octets> {
        let CredentialWithKey { credential, signature_key } = self.credential.clone();
        ExternalSender::new(signature_key, credential).tls_serialize_detached().map_err(PeerError::of)
    }

    fn propose_from_outside(&mut self, group_info: &[u8], operation: &Operation) -> PeerResult<Octets> {
        let info = group_info_of(group_info)?;
        let (group_id, epoch, index) = (info.group_id().clone(), info.epoch(), SenderExtensionIndex::new(0));
        let message = match operation {
            Operation::Remove(leaf) => {
                let removed = LeafNodeIndex::new(*leaf);
                ExternalProposal::new_remove::<OpenMlsRustCrypto>(
                    removed,
                    group_id,
                    epoch,
                    &self.signer,
                    index,
                )
                .map_err(PeerError::of)?
            }
            Operation::Add(key_package) => {
                let added = self.key_package_of(key_package)?;
                ExternalProposal::new_add::<OpenMlsRustCrypto>(added, group_id, epoch, &self.signer, index)
                    .map_err(PeerError::of)?
            }
            _ => return Err(PeerError::Unsupported("this proposal from outside")),
        };
        encoded(&message)
    }

    fn propose(&mut self, operation: &Operation) -> PeerResult<Octets> {
        let key_package = match operation {
            Operation::Add(key_package) => Some(self.key_package_of(key_package)?),
            _ => None,
        };
        let psk = match operation {
            Operation::ExternalPsk(id) => Some(self.external_psk(id)?),
            _ => None,
        };
        if let Operation::NewKey(shown) = operation {
            return self.propose_new_key(*shown);
        }
        let (group, provider, signer) = self.parts()?;
        if *operation == Operation::SelfRemove {
            let message = group.leave_group_via_self_remove(provider, signer);
            return encoded(&message.map_err(PeerError::of)?);
        }
        let (message, _) = match (operation, key_package, psk) {
            (_, Some(key_package), _) => {
                group.propose_add_member(provider, signer, &key_package).map_err(PeerError::of)?
            }
            (_, _, Some(psk)) => {
                group.propose_pre_shared_key(provider, signer, psk).map_err(PeerError::of)?
            }
            (Operation::Remove(leaf), ..) => group
                .propose_remove_member(provider, signer, LeafNodeIndex::new(*leaf))
                .map_err(PeerError::of)?,
            (Operation::Update, ..) => group
                .propose_self_update(provider, signer, LeafNodeParameters::default())
                .map_err(PeerError::of)?,
            (Operation::Extensions(list), ..) => group
                .propose_group_context_extensions(provider, extensions(list)?, signer)
                .map_err(PeerError::of)?,
            (Operation::ReInit(..), ..) => return Err(PeerError::Unsupported("ReInit")),
            _ => return Err(PeerError::Unsupported("proposal of a resumption PSK")),
        };
        encoded(&message)
    }

    fn commit(&mut self, operations: &[Operation], how: CommitHow) -> PeerResult<Octets> {
        let by_value = self.by_value(operations)?;
        let (group, provider, signer) = self.parts()?;
        let mut builder = group
            .commit_builder()
            .force_self_update(how.path == Path::Always)
            .propose_adds(by_value.adds)
            .propose_removals(by_value.removes);
        for psk in by_value.psks {
            builder = builder.add_proposal(Proposal::PreSharedKey(Box::new(PreSharedKeyProposal::new(psk))));
        }
        if let Some(extensions) = by_value.extensions {
            builder = builder.propose_group_context_extensions(extensions).map_err(PeerError::of)?;
        }
        let bundle = builder
            .load_psks(provider.storage())
            .map_err(PeerError::of)?
            .create_group_info(true)
            .use_ratchet_tree_extension(how.tree == peer::Tree::Inside)
            .build(provider.rand(), provider.crypto(), signer, |_| true)
            .map_err(PeerError::of)?
            .stage_commit(provider)
            .map_err(PeerError::of)?;
        let welcome = bundle.to_welcome_msg().as_ref().map(encoded).transpose()?;
        let commit = encoded(bundle.commit())?;
        self.welcome = welcome;
        Ok(commit)
    }

    fn commit_new_key(&mut self, shown: Shown) -> PeerResult<Octets> {
        let (signer, credential) = self.new_key(shown)?;
        let (group, provider, old) = self.parts()?;
        let new = NewSignerBundle { signer: &signer, credential_with_key: credential.clone() };
        let bundle = group
            .commit_builder()
            .load_psks(provider.storage())
            .map_err(PeerError::of)?
            .build_with_new_signer(provider.rand(), provider.crypto(), old, new, |_| true)
            .map_err(PeerError::of)?
            .stage_commit(provider)
            .map_err(PeerError::of)?;
        let commit = encoded(bundle.commit())?;
        self.new_signer = Some((signer, credential));
        Ok(commit)
    }

    fn accept(&mut self) -> PeerResult<Accepted> {
        let (group, provider, _) = self.parts()?;
        group.merge_pending_commit(provider).map_err(PeerError::of)?;
        if let Some((signer, credential)) = self.new_signer.take() {
            (self.signer, self.credential) = (signer, credential);
        }
        Ok(Accepted { welcome: self.welcome.take(), tree: self.tree()? })
    }

    fn drop_commit(&mut self) -> PeerResult<()> {
        self.new_signer = None;
        let (group, provider, _) = self.parts()?;
        group.clear_pending_commit(provider.storage()).map_err(PeerError::of)
    }

    fn receive(&mut self, message: &[u8]) -> PeerResult<Received> {
        let message = decoded(message)?.try_into_protocol_message().map_err(PeerError::of)?;
        let (group, provider, _) = self.parts()?;
        let processed = group.process_message(provider, message).map_err(PeerError::of)?;
        let authenticated = processed.aad().to_vec();
        let leaf = match processed.sender() {
            Sender::Member(leaf) => leaf.u32(),
            _ => u32::MAX,
        };
        match processed.into_content() {
            ProcessedMessageContent::ApplicationMessage(data) => {
                Ok(Received::Data { data: data.into_bytes(), authenticated, leaf })
            }
            ProcessedMessageContent::ProposalMessage(proposal)
            | ProcessedMessageContent::ExternalJoinProposalMessage(proposal) => {
                group.store_pending_proposal(provider.storage(), *proposal).map_err(PeerError::of)?;
                Ok(Received::Proposal)
            }
            ProcessedMessageContent::StagedCommitMessage(staged) => {
                group.merge_staged_commit(provider, *staged).map_err(PeerError::of)?;
                // a new key counts from the commit on that covers the Update
                let own = group.own_leaf_node().map(|leaf| leaf.signature_key().as_slice().to_vec());
                let active = group.is_active();
                if let Some((signer, credential)) = self.new_signer.take()
                    && own.as_deref() == Some(signer.public())
                {
                    (self.signer, self.credential) = (signer, credential);
                }
                Ok(if active { Received::Commit } else { Received::Removed })
            }
            other => Err(PeerError::of(other)),
        }
    }

    fn encrypt(&mut self, data: &[u8], authenticated: &[u8]) -> PeerResult<Octets> {
        let (group, provider, signer) = self.parts()?;
        group.set_aad(authenticated.to_vec());
        encoded(&group.create_message(provider, signer, data).map_err(PeerError::of)?)
    }

    fn view(&mut self) -> PeerResult<View> {
        let (group, provider, _) = self.parts()?;
        let roster = group.members().map(|member| {
            let identity = member.credential.serialized_content().to_vec();
            (member.index.u32(), identity, member.signature_key)
        });
        let exported = group.export_secret(provider.crypto(), "interop", b"context", 32);
        let context = group.public_group().group_context();
        let extensions = context.extensions().iter().map(plain).collect::<PeerResult<Vec<_>>>()?;
        Ok(View {
            epoch: group.epoch().as_u64(),
            authenticator: group.epoch_authenticator().as_slice().to_vec(),
            exported: exported.map_err(PeerError::of)?,
            roster: roster.collect(),
            tree_hash: context.tree_hash().to_vec(),
            extensions,
        })
    }

    fn own_leaf(&mut self) -> PeerResult<u32> {
        Ok(self.group()?.own_leaf_index().u32())
    }

    fn register_psk(&mut self, id: &[u8], psk: &[u8]) -> PeerResult<()> {
        self.external_psk(id)?.store(&self.provider, psk).map_err(PeerError::of)
    }

    fn reload(&mut self) -> PeerResult<()> {
        let group_id = self.group()?.group_id().clone();
        self.group = MlsGroup::load(self.provider.storage(), &group_id).map_err(PeerError::of)?;
        Ok(())
    }
}

/// OpenMLS carries certificates, and leaves it to the application what they are worth.
fn credential(
    name: &str,
    signer: &SignatureKeyPair,
    setup: Setup,
    shown: Shown,
) -> PeerResult<CredentialWithKey> {
    let credential = match shown {
        Shown::Name => BasicCredential::new(name.as_bytes().to_vec()).into(),
        Shown::Chain(chain) => {
            let chain = certificates::chain(setup.suite, (name, signer.public()), chain)?;
            Credential::new(CredentialType::X509, certificates::content(&chain)?)
        }
    };
    Ok(CredentialWithKey { credential, signature_key: signer.public().into() })
}

/// The extensions, read from their encoding as every other peer would.
fn extensions(list: &[(u16, Octets)]) -> PeerResult<Extensions<GroupContext>> {
    let known = list.iter().map(|(kind, data)| match ExtensionType::from(*kind) {
        ExtensionType::RequiredCapabilities => {
            RequiredCapabilitiesExtension::tls_deserialize_exact(data).map(Extension::RequiredCapabilities)
        }
        ExtensionType::ExternalSenders => {
            ExternalSendersExtension::tls_deserialize_exact(data).map(Extension::ExternalSenders)
        }
        _ => Ok(Extension::Unknown(*kind, UnknownExtension(data.clone()))),
    });
    let known = known.collect::<Result<Vec<_>, _>>().map_err(PeerError::of)?;
    Extensions::from_vec(known).map_err(PeerError::of)
}

/// Type and body of an extension.
fn plain(extension: &Extension) -> PeerResult<(u16, Octets)> {
    let octets = extension.tls_serialize_detached().map_err(PeerError::of)?;
    let kind = u16::from(extension.extension_type());
    let data = VLBytes::tls_deserialize_exact(octets.get(2..).unwrap_or_default()).map_err(PeerError::of)?;
    Ok((kind, data.into()))
}

fn public_message(octets: &[u8]) -> PeerResult<PublicMessageIn> {
    match decoded(octets)?.extract() {
        MlsMessageBodyIn::PublicMessage(message) => Ok(message),
        _ => Err(PeerError::of("not a PublicMessage")),
    }
}

fn group_info_of(octets: &[u8]) -> PeerResult<VerifiableGroupInfo> {
    match decoded(octets)?.extract() {
        MlsMessageBodyIn::GroupInfo(group_info) => Ok(group_info),
        _ => Err(PeerError::of("not a GroupInfo")),
    }
}

fn encoded(message: &MlsMessageOut) -> PeerResult<Octets> {
    message.to_bytes().map_err(PeerError::of)
}

fn decoded(octets: &[u8]) -> PeerResult<MlsMessageIn> {
    MlsMessageIn::tls_deserialize_exact(octets).map_err(PeerError::of)
}
