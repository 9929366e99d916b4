//! `messages`: each structure once, as a group sends it.

use copath_codec::{Decode, Encode};
use copath_crypto::Suite;
use copath_group::{CommitOptions, HandshakeFormat, TreeTransfer};
use copath_messages::{
    Add, Commit, CredentialType, Extension, Extensions, ExternalInit, FramedContent, FramedContentBody,
    GroupContextExtensions, GroupSecrets, MlsMessage, MlsMessageBody, PathSecret, PreSharedKey,
    ProtocolVersion, PublicMessage, ReInit, Remove, RequiredCapabilities, Sender, Update, WireFormat,
};

use super::world::{Newcomer, World, external_psk};
use crate::Mismatch;
use crate::hex_bytes::Hex;
use crate::kinds::messages::Case;

/// The proposals that are shown by themselves.
struct Shown {
    add: Add,
    update: Update,
    remove: Remove,
    pre_shared_key: PreSharedKey,
    re_init: ReInit,
    external_init: ExternalInit,
    group_context_extensions: GroupContextExtensions,
}

/// One case.
pub(super) fn cases(suite: &Suite) -> Result<Vec<Case>, Mismatch> {
    let mut world = World::new(suite, HandshakeFormat::Public)?;
    let first = world.newcomer("first")?;
    let add_first = CommitOptions::new().propose(first.add());
    let welcome = world.commit(0, add_first, TreeTransfer::Inside)?.welcome.unwrap_or_default();
    world.join(first, &welcome)?;
    let newcomer = world.newcomer("second")?;
    let shown = shown(&world, &newcomer)?;
    let application = application(&world)?;
    let private = world.member(0)?.follower.group().encrypt(b"data", b"more", &*world.member(0)?.signer)?;
    let group_info = MlsMessage::from(world.group_info()?).to_bytes()?;
    let tree = world.group(0)?.export_ratchet_tree()?;
    let proposal = world.propose_update(1)?;
    let options = CommitOptions::new().propose(newcomer.add());
    let commit_message = world.commit(0, options, TreeTransfer::Inside)?.commit;
    let commit = commit_of(&commit_message)?;
    Ok(vec![Case {
        mls_welcome: welcome.into(),
        mls_group_info: group_info.into(),
        mls_key_package: MlsMessage::from(newcomer.package.key_package).to_bytes()?.into(),
        ratchet_tree: tree.into(),
        group_secrets: group_secrets(suite)?,
        add_proposal: shown.add.to_bytes()?.into(),
        update_proposal: shown.update.to_bytes()?.into(),
        remove_proposal: shown.remove.to_bytes()?.into(),
        pre_shared_key_proposal: shown.pre_shared_key.to_bytes()?.into(),
        re_init_proposal: shown.re_init.to_bytes()?.into(),
        external_init_proposal: shown.external_init.to_bytes()?.into(),
        group_context_extensions_proposal: shown.group_context_extensions.to_bytes()?.into(),
        commit: commit.to_bytes()?.into(),
        public_message_application: application,
        public_message_proposal: proposal.into(),
        public_message_commit: commit_message.into(),
        private_message: private.output.to_bytes()?.into(),
    }])
}

fn shown(world: &World, newcomer: &Newcomer) -> Result<Shown, Mismatch> {
    let suite = &world.suite;
    let leaf = world.group(1)?.tree().leaf(world.group(1)?.own_leaf());
    let leaf = leaf.ok_or_else(|| Mismatch::new("no leaf"))?.to_leaf_node()?;
    let required = RequiredCapabilities {
        extension_types: Vec::new(),
        proposal_types: Vec::new(),
        credential_types: vec![CredentialType::BASIC],
    };
    let extensions: Extensions = [Extension::of(&required)?].into_iter().collect();
    Ok(Shown {
        add: Add { key_package: newcomer.package.key_package.clone().into() },
        update: Update { leaf_node: leaf.into() },
        remove: Remove { removed: u32::MAX },
        pre_shared_key: PreSharedKey { psk: external_psk(suite)? },
        re_init: ReInit {
            group_id: suite.random_bytes(16)?.into(),
            version: ProtocolVersion::MLS10,
            cipher_suite: suite.cipher_suite(),
            extensions: extensions.clone(),
        },
        external_init: ExternalInit { kem_output: suite.generate_kem_key_pair()?.public_key.into() },
        group_context_extensions: GroupContextExtensions { extensions },
    })
}

fn group_secrets(suite: &Suite) -> Result<Hex, Mismatch> {
    let secrets = GroupSecrets {
        joiner_secret: suite.random_secret(suite.hash_length())?,
        path_secret: Some(PathSecret { path_secret: suite.random_secret(suite.hash_length())? }),
        psks: vec![external_psk(suite)?],
    };
    Ok(secrets.to_bytes()?.into())
}

/// A PublicMessage with application data: nobody may send it, and it decodes all the same.
fn application(world: &World) -> Result<Hex, Mismatch> {
    let group = world.group(0)?;
    let content = FramedContent {
        group_id: group.group_id().clone(),
        epoch: group.epoch(),
        sender: Sender::Member { leaf_index: 0 },
        authenticated_data: Vec::new().into(),
        body: FramedContentBody::Application(b"data".into()),
    };
    let signer = &*world.member(0)?.signer;
    let context = group.public_state().context_bytes();
    let signed = content.sign(&world.suite, signer, WireFormat::PUBLIC_MESSAGE, Some(context))?;
    let tag = world.suite.random_bytes(world.suite.hash_length())?;
    let message =
        PublicMessage { content: signed.content, auth: signed.auth, membership_tag: Some(tag.into()) };
    Ok(MlsMessage::from(message).to_bytes()?.into())
}

/// The Commit in a message.
fn commit_of(message: &[u8]) -> Result<Commit, Mismatch> {
    match MlsMessage::from_bytes(message)?.body {
        MlsMessageBody::PublicMessage(PublicMessage {
            content: FramedContent { body: FramedContentBody::Commit(commit), .. },
            ..
        }) => Ok(commit),
        _ => Err(Mismatch::new("no Commit")),
    }
}
