//! mls-rs as a peer, on AWS-LC.

mod identities;

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use mls_rs::client_builder::MlsConfig;
use mls_rs::crypto::SignatureSecretKey;
use mls_rs::extension::ExtensionType;
use mls_rs::external_client::ExternalClient;
use mls_rs::group::proposal::ProposalType;
use mls_rs::group::{CommitEffect, ExportedTree, GroupContext, ReceivedMessage, ReinitClient, Roster};
use mls_rs::identity::SigningIdentity;
use mls_rs::mls_rs_codec::MlsEncode;
use mls_rs::mls_rules::{CommitDirection, CommitOptions, CommitSource, EncryptionOptions, ProposalBundle};
use mls_rs::psk::{ExternalPskId, PreSharedKey};
use mls_rs::storage_provider::in_memory::InMemoryPreSharedKeyStorage;
use mls_rs::time::MlsTime;
use mls_rs::{
    CipherSuite, CipherSuiteProvider, Client, CryptoProvider, Extension, ExtensionList, Group, MlsMessage,
    MlsRules, ProtocolVersion,
};
use mls_rs_crypto_awslc::AwsLcCryptoProvider;

use self::identities::{Identities, content, identity};
use crate::peer::{
    Accepted, CommitHow, Drafts, ExternalJoin, Format, Octets, Operation, Padded, Path, Peer, PeerError,
    PeerResult, Received, Setup, Shown, TEST_EXTENSION, Tree, View,
};

/// A client of mls-rs.
pub(super) struct MlsRsPeer<C: MlsConfig> {
    client: Client<C>,
    psks: InMemoryPreSharedKeyStorage,
    rules: Rules,
    name: String,
    identities: Identities,
    secret: SignatureSecretKey,
    welcome: Option<Octets>,
    /// The suite of the ReInit that closed the group.
    reinit_suite: Option<u16>,
    successor: Option<ReinitClient<C>>,
    group: Option<Group<C>>,
}

/// A client called `name`.
pub(super) fn new(name: &str, setup: Setup) -> PeerResult<Box<dyn Peer>> {
    let crypto = AwsLcCryptoProvider::new();
    let suite = CipherSuite::from(setup.suite);
    let provider = crypto.cipher_suite_provider(suite).ok_or(PeerError::Unsupported("this suite"))?;
    let (secret, public) = provider.signature_key_generate().map_err(PeerError::of)?;
    let identities = Identities::new(setup)?;
    let signing_identity = identity((setup.suite, name), public, setup.shown)?;
    let rules = Rules { setup, how: Arc::default() };
    let kept = secret.clone();
    let drafts = (setup.drafts == Drafts::SupersededSelfRemove).then_some(ProposalType::SELF_REMOVE);
    let psks = InMemoryPreSharedKeyStorage::default();
    let client = Client::builder()
        .identity_provider(identities.clone())
        .crypto_provider(crypto)
        .psk_store(psks.clone())
        .mls_rules(rules.clone())
        .extension_type(ExtensionType::new(TEST_EXTENSION))
        .custom_proposal_types(drafts)
        .signing_identity(signing_identity, secret, suite)
        .build();
    Ok(Box::new(MlsRsPeer {
        client,
        psks,
        rules,
        name: name.into(),
        identities,
        secret: kept,
        welcome: None,
        reinit_suite: None,
        successor: None,
        group: None,
    }))
}

impl<C: MlsConfig> MlsRsPeer<C> {
    fn group(&mut self) -> PeerResult<&mut Group<C>> {
        self.group.as_mut().ok_or_else(|| PeerError::of("no group"))
    }

    fn new_identity(&self, suite: u16, shown: Shown) -> PeerResult<(SignatureSecretKey, SigningIdentity)> {
        let provider = AwsLcCryptoProvider::new()
            .cipher_suite_provider(CipherSuite::from(suite))
            .ok_or(PeerError::Unsupported("this suite"))?;
        let (secret, public) = provider.signature_key_generate().map_err(PeerError::of)?;
        Ok((secret, identity((suite, &self.name), public, shown)?))
    }

    /// The client of the group that a ReInit asks for, with a new key if the suite is another one.
    fn successor(&mut self) -> PeerResult<ReinitClient<C>> {
        let suite = self.reinit_suite.ok_or_else(|| PeerError::of("no ReInit"))?;
        let group = self.group.take().ok_or_else(|| PeerError::of("no group"))?;
        let (secret, identity) = if suite == self.rules.setup.suite {
            (None, None)
        } else {
            let (secret, identity) = self.new_identity(suite, self.rules.setup.shown)?;
            (Some(secret), Some(identity))
        };
        group.get_reinit_client(secret, identity).map_err(PeerError::of)
    }
}

impl<C: MlsConfig> Peer for MlsRsPeer<C> {
    fn key_package(&mut self) -> PeerResult<Octets> {
        let made = self.client.generate_key_package_message(
            ExtensionList::default(),
            ExtensionList::default(),
            Some(MlsTime::now()),
        );
        encoded(&made.map_err(PeerError::of)?)
    }

    fn create(&mut self, list: &[(u16, Octets)]) -> PeerResult<()> {
        let group =
            self.client.create_group(extensions(list), ExtensionList::default(), Some(MlsTime::now()));
        self.group = Some(group.map_err(PeerError::of)?);
        self.group()?.write_to_storage().map_err(PeerError::of)
    }

    fn join(&mut self, welcome: &[u8], tree: Option<&[u8]>) -> PeerResult<()> {
        let tree = tree.map(ExportedTree::from_bytes).transpose().map_err(PeerError::of)?;
        let (group, _) =
            self.client.join_group(tree, &decoded(welcome)?, Some(MlsTime::now())).map_err(PeerError::of)?;
        self.group = Some(group);
        self.group()?.write_to_storage().map_err(PeerError::of)
    }

    fn group_info(&mut self, tree: Tree) -> PeerResult<Octets> {
        let info = self.group()?.group_info_message_allowing_ext_commit(tree == Tree::Inside);
        encoded(&info.map_err(PeerError::of)?)
    }

    fn tree(&mut self) -> PeerResult<Octets> {
        self.group()?.export_tree().to_bytes().map_err(PeerError::of)
    }

    fn join_externally(&mut self, how: &ExternalJoin<'_>) -> PeerResult<Octets> {
        let mut builder = self.client.external_commit_builder().map_err(PeerError::of)?;
        if let Some(tree) = how.tree {
            builder = builder.with_tree_data(ExportedTree::from_bytes(tree).map_err(PeerError::of)?);
        }
        if let Some(leaf) = how.replaces {
            builder = builder.with_removal(leaf);
        }
        if let Some(id) = how.psk {
            builder = builder.with_external_psk(ExternalPskId::new(id.to_vec()));
        }
        for message in how.pending {
            builder = builder.with_received_custom_proposal(decoded(message)?);
        }
        let (group, commit) =
            builder.commit_time(MlsTime::now()).build(decoded(how.group_info)?).map_err(PeerError::of)?;
        self.group = Some(group);
        self.group()?.write_to_storage().map_err(PeerError::of)?;
        encoded(&commit)
    }

    fn propose_self_add(&mut self, group_info: &[u8]) -> PeerResult<Octets> {
        let none = ExtensionList::default;
        let message = self.client.external_add_proposal(
            &decoded(group_info)?,
            None,
            Vec::new(),
            none(),
            none(),
            Some(MlsTime::now()),
        );
        encoded(&message.map_err(PeerError::of)?)
    }

    fn external_sender(&mut self) -> PeerResult<Octets> {
        let (identity, _) = self.client.signing_identity().map_err(PeerError::of)?;
        identity.mls_encode_to_vec().map_err(PeerError::of)
    }

    fn propose_from_outside(&mut self, group_info: &[u8], operation: &Operation) -> PeerResult<Octets> {
        let (identity, _) = self.client.signing_identity().map_err(PeerError::of)?;
        let client = ExternalClient::builder()
            .identity_provider(self.identities.clone())
            .crypto_provider(AwsLcCryptoProvider::new())
            .extension_type(ExtensionType::new(TEST_EXTENSION))
            .signer(self.secret.clone(), identity.clone())
            .build();
        let observed = client.observe_group(decoded(group_info)?, None, Some(MlsTime::now()));
        let mut group = observed.map_err(PeerError::of)?;
        let message = match operation {
            Operation::Add(key_package) => group.propose_add(decoded(key_package)?, Vec::new()),
            Operation::Remove(leaf) => group.propose_remove(*leaf, Vec::new()),
            _ => return Err(PeerError::Unsupported("this proposal from outside")),
        };
        encoded(&message.map_err(PeerError::of)?)
    }

    fn propose(&mut self, operation: &Operation) -> PeerResult<Octets> {
        let new = match operation {
            Operation::NewKey(shown) => Some(self.new_identity(self.rules.setup.suite, *shown)?),
            _ => None,
        };
        let group = self.group()?;
        let none = Vec::new;
        let message = match operation {
            Operation::Add(key_package) => group.propose_add(decoded(key_package)?, none()),
            Operation::Remove(leaf) => group.propose_remove(*leaf, none()),
            Operation::Update => group.propose_update(none()),
            Operation::NewKey(_) => {
                let (secret, identity) = new.ok_or_else(|| PeerError::of("no new key"))?;
                group.propose_update_with_identity(secret, identity, none())
            }
            Operation::SelfRemove => group.propose_self_remove(none()),
            Operation::ExternalPsk(id) => group.propose_external_psk(ExternalPskId::new(id.clone()), none()),
            Operation::ResumptionPsk(epoch) => group.propose_resumption_psk(*epoch, none()),
            Operation::Extensions(list) => group.propose_group_context_extensions(extensions(list), none()),
            Operation::ReInit(id, suite) => group.propose_reinit(
                Some(id.clone()),
                ProtocolVersion::MLS_10,
                CipherSuite::from(*suite),
                ExtensionList::default(),
                none(),
            ),
        };
        encoded(&message.map_err(PeerError::of)?)
    }

    fn commit(&mut self, operations: &[Operation], how: CommitHow) -> PeerResult<Octets> {
        *self.rules.how.lock().unwrap_or_else(PoisonError::into_inner) = how;
        let mut builder = self.group()?.commit_builder().commit_time(MlsTime::now());
        for operation in operations {
            builder = match operation {
                Operation::Add(key_package) => builder.add_member(decoded(key_package)?),
                Operation::Remove(leaf) => builder.remove_member(*leaf),
                Operation::Update | Operation::NewKey(_) | Operation::SelfRemove => {
                    return Err(PeerError::Unsupported("Update or SelfRemove by value"));
                }
                Operation::ExternalPsk(id) => builder.add_external_psk(ExternalPskId::new(id.clone())),
                Operation::ResumptionPsk(epoch) => builder.add_resumption_psk(*epoch),
                Operation::Extensions(list) => builder.set_group_context_ext(extensions(list)),
                Operation::ReInit(id, suite) => builder.reinit(
                    Some(id.clone()),
                    ProtocolVersion::MLS_10,
                    CipherSuite::from(*suite),
                    ExtensionList::default(),
                ),
            }
            .map_err(PeerError::of)?;
        }
        let output = builder.build().map_err(PeerError::of)?;
        self.welcome = output.welcome_messages.first().map(encoded).transpose()?;
        encoded(&output.commit_message)
    }

    fn commit_new_key(&mut self, shown: Shown) -> PeerResult<Octets> {
        let (secret, identity) = self.new_identity(self.rules.setup.suite, shown)?;
        let builder = self.group()?.commit_builder().commit_time(MlsTime::now());
        let output = builder.set_new_signing_identity(secret, identity).build().map_err(PeerError::of)?;
        self.welcome = None;
        encoded(&output.commit_message)
    }

    fn successor_key_package(&mut self) -> PeerResult<Octets> {
        let client = self.successor()?;
        let key_package = client.generate_key_package(Some(MlsTime::now())).map_err(PeerError::of)?;
        self.successor = Some(client);
        encoded(&key_package)
    }

    fn succeed(&mut self, key_packages: &[Octets]) -> PeerResult<Accepted> {
        let key_packages = key_packages.iter().map(|one| decoded(one)).collect::<PeerResult<_>>()?;
        let made = self.successor()?.commit(key_packages, ExtensionList::default(), Some(MlsTime::now()));
        let (group, welcomes) = made.map_err(PeerError::of)?;
        self.group = Some(group);
        Ok(Accepted { welcome: welcomes.first().map(encoded).transpose()?, tree: self.tree()? })
    }

    fn join_successor(&mut self, welcome: &[u8]) -> PeerResult<()> {
        let client = self.successor.take().ok_or_else(|| PeerError::of("no ReInit"))?;
        let joined = client.join(&decoded(welcome)?, None, Some(MlsTime::now()));
        self.group = Some(joined.map_err(PeerError::of)?.0);
        Ok(())
    }

    fn branch(&mut self, group_id: &[u8], key_packages: &[Octets]) -> PeerResult<Accepted> {
        let key_packages = key_packages.iter().map(|one| decoded(one)).collect::<PeerResult<_>>()?;
        let made = self.group()?.branch(group_id.to_vec(), key_packages, Some(MlsTime::now()));
        let (group, welcomes) = made.map_err(PeerError::of)?;
        self.group = Some(group);
        Ok(Accepted { welcome: welcomes.first().map(encoded).transpose()?, tree: self.tree()? })
    }

    fn join_branch(&mut self, welcome: &[u8]) -> PeerResult<()> {
        let joined = self.group()?.join_subgroup(&decoded(welcome)?, None, Some(MlsTime::now()));
        self.group = Some(joined.map_err(PeerError::of)?.0);
        Ok(())
    }

    fn accept(&mut self) -> PeerResult<Accepted> {
        let applied = self.group()?.apply_pending_commit().map_err(PeerError::of)?;
        if let CommitEffect::ReInit(reinit) = applied.effect {
            self.reinit_suite = Some(reinit.proposal.new_cipher_suite().into());
        }
        self.group()?.write_to_storage().map_err(PeerError::of)?;
        Ok(Accepted { welcome: self.welcome.take(), tree: self.tree()? })
    }

    fn drop_commit(&mut self) -> PeerResult<()> {
        self.group()?.clear_pending_commit();
        self.welcome = None;
        Ok(())
    }

    fn receive(&mut self, message: &[u8]) -> PeerResult<Received> {
        let message = decoded(message)?;
        let group = self.group()?;
        let received =
            match group.process_incoming_message_with_time(message, MlsTime::now()).map_err(PeerError::of)? {
                ReceivedMessage::ApplicationMessage(message) => {
                    let (leaf, data) = (message.sender_index, message.data().to_vec());
                    Received::Data { data, authenticated: message.authenticated_data, leaf }
                }
                ReceivedMessage::Proposal(_) => Received::Proposal,
                ReceivedMessage::Commit(commit) => match commit.effect {
                    CommitEffect::Removed { .. } => Received::Removed,
                    CommitEffect::ReInit(reinit) => {
                        self.reinit_suite = Some(reinit.proposal.new_cipher_suite().into());
                        return Ok(Received::Commit);
                    }
                    _ => Received::Commit,
                },
                other => return Err(PeerError::of(other)),
            };
        group.write_to_storage().map_err(PeerError::of)?;
        Ok(received)
    }

    fn encrypt(&mut self, data: &[u8], authenticated: &[u8]) -> PeerResult<Octets> {
        encoded(
            &self
                .group()?
                .encrypt_application_message(data, authenticated.to_vec())
                .map_err(PeerError::of)?,
        )
    }

    fn view(&mut self) -> PeerResult<View> {
        let group = self.group()?;
        let roster = group.roster().members_iter().map(|member| {
            let identity = content(&member.signing_identity.credential)?;
            Ok((member.index, identity, member.signing_identity.signature_key.to_vec()))
        });
        let extensions = group.context().extensions.iter();
        Ok(View {
            epoch: group.current_epoch(),
            authenticator: group.epoch_authenticator().map_err(PeerError::of)?.to_vec(),
            exported: group.export_secret(b"interop", b"context", 32).map_err(PeerError::of)?.to_vec(),
            roster: roster.collect::<PeerResult<_>>()?,
            tree_hash: group.context().tree_hash.clone(),
            extensions: extensions
                .map(|e| (e.extension_type.raw_value(), e.extension_data.clone()))
                .collect(),
        })
    }

    fn own_leaf(&mut self) -> PeerResult<u32> {
        Ok(self.group()?.current_member_index())
    }

    fn register_psk(&mut self, id: &[u8], psk: &[u8]) -> PeerResult<()> {
        self.psks.insert(ExternalPskId::new(id.to_vec()), PreSharedKey::new(psk.to_vec()));
        Ok(())
    }

    fn reload(&mut self) -> PeerResult<()> {
        self.group()?.write_to_storage().map_err(PeerError::of)?;
        let group_id = self.group()?.group_id().to_vec();
        self.group = Some(self.client.load_group(&group_id).map_err(PeerError::of)?);
        Ok(())
    }
}

/// The options of the commit at hand, which mls-rs asks its rules for.
#[derive(Clone, Debug)]
struct Rules {
    setup: Setup,
    how: Arc<Mutex<CommitHow>>,
}

impl MlsRules for Rules {
    type Error = Infallible;

    fn filter_proposals(
        &self,
        _: CommitDirection,
        _: CommitSource,
        _: &Roster<'_>,
        _: &GroupContext,
        proposals: ProposalBundle,
    ) -> Result<ProposalBundle, Infallible> {
        Ok(proposals)
    }

    fn commit_options(
        &self,
        _: &Roster<'_>,
        _: &GroupContext,
        _: &ProposalBundle,
    ) -> Result<CommitOptions, Infallible> {
        let how = *self.how.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(CommitOptions::new()
            .with_path_required(how.path == Path::Always)
            .with_ratchet_tree_extension(how.tree == Tree::Inside))
    }

    fn encryption_options(&self, _: &Roster<'_>, _: &GroupContext) -> Result<EncryptionOptions, Infallible> {
        let padding = match self.setup.padded {
            Padded::No => mls_rs::client_builder::PaddingMode::None,
            Padded::Yes => mls_rs::client_builder::PaddingMode::StepFunction,
        };
        Ok(EncryptionOptions::new(self.setup.format == Format::Private, padding))
    }
}

fn extensions(list: &[(u16, Octets)]) -> ExtensionList {
    list.iter()
        .map(|(kind, data)| Extension::new(ExtensionType::new(*kind), data.clone()))
        .collect::<Vec<_>>()
        .into()
}

fn encoded(message: &MlsMessage) -> PeerResult<Octets> {
    message.to_bytes().map_err(PeerError::of)
}

fn decoded(octets: &[u8]) -> PeerResult<MlsMessage> {
    MlsMessage::from_bytes(octets).map_err(PeerError::of)
}
