//! What stands in a group's records, in the presentation language.
//!
//! docs/storage-format.md describes it.

use alloc::vec::Vec;

use copath_codec::{
    Decode, DecodeContext, DecodeError, DecodeErrorKind, Encode, LengthHeader, Reader, Writer,
};
use copath_crypto::{HashOutput, Secret, Suite};
use copath_key_schedule::{
    ConfirmationKey, EpochAuthenticator, ExporterSecret, ExternalSecret, InitSecret, JoinerSecret,
    MembershipKey, PskSecret, ResumptionPsk, SenderDataSecret,
};
use copath_messages::{GroupContext, PreSharedKeyId, Proposal, ReInit, Sender};
use copath_ratchet_tree::NodeKey;
use copath_tree_math::{LeafIndex, TreeSize};

use crate::commit::{Joiner, MemberSecrets, WelcomeMaterial};
use crate::group::Lifecycle;
use crate::group_info::{SignedGroupInfo, TreeTransfer};
use crate::proposals::QueuedProposal;
use crate::public_state::PublicState;
use crate::{GroupError, StoredStateError};

/// The content of a record, wiped with it.
fn finish(writer: Writer) -> Result<Secret, GroupError> {
    Ok(Secret::from(writer.finish()?))
}

/// Reads a whole record. A failure means that it is damaged, or holds what was registered when it was written.
pub(crate) fn read_record<T>(
    octets: &[u8],
    context: &DecodeContext,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, DecodeError>,
) -> Result<T, StoredStateError> {
    let mut reader = Reader::new(octets, context);
    let value = read(&mut reader).map_err(|error| match error.kind() {
        DecodeErrorKind::UnregisteredBody { code, .. } => StoredStateError::Unregistered(code),
        _ => StoredStateError::Damaged,
    })?;
    reader.finish().map_err(|_| StoredStateError::Damaged)?;
    Ok(value)
}

/// What the head record holds.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) context: GroupContext,
    pub(crate) confirmation_tag: Vec<u8>,
    pub(crate) own_leaf: u32,
    pub(crate) lifecycle: Lifecycle,
}

const ACTIVE: u8 = 0;
const REMOVED: u8 = 1;
const REINITIALIZED: u8 = 2;

pub(crate) fn encode_head(
    public: &PublicState,
    own_leaf: LeafIndex,
    lifecycle: &Lifecycle,
) -> Result<Secret, GroupError> {
    /// Room for the tag and the rest.
    const MORE: usize = 96;
    let mut writer = Writer::with_capacity(public.context_bytes().len().saturating_add(MORE));
    writer.bytes(public.context_bytes()).value(public.confirmation_tag()).value(&own_leaf.as_u32());
    match lifecycle {
        Lifecycle::Active => writer.u8(ACTIVE),
        Lifecycle::Removed => writer.u8(REMOVED),
        Lifecycle::Reinitialized(reinit) => writer.u8(REINITIALIZED).value(reinit),
    };
    finish(writer)
}

impl Head {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let context = GroupContext::decode(reader)?;
        let confirmation_tag = reader.opaque()?.to_vec();
        let own_leaf = u32::decode(reader)?;
        let at = reader.clone();
        let lifecycle = match reader.u8()? {
            ACTIVE => Lifecycle::Active,
            REMOVED => Lifecycle::Removed,
            REINITIALIZED => Lifecycle::Reinitialized(ReInit::decode(reader)?),
            value => return Err(at.error(copath_codec::DecodeErrorKind::Presence { value })),
        };
        Ok(Self { context, confirmation_tag, own_leaf, lifecycle })
    }
}

pub(super) fn encode_secrets(secrets: &MemberSecrets) -> Result<Secret, GroupError> {
    let parts = [
        secrets.sender_data_secret.as_secret().expose(),
        secrets.exporter_secret.as_secret().expose(),
        secrets.external_secret.as_secret().expose(),
        secrets.confirmation_key.as_secret().expose(),
        secrets.membership_key.as_secret().expose(),
        secrets.resumption_psk.as_secret().expose(),
        secrets.epoch_authenticator.as_slice(),
        secrets.init_secret.as_secret().expose(),
    ];
    vectors(&parts)
}

/// These octets, each as a vector, in a buffer that is as long as they are: it is never moved, nor wiped half full.
fn vectors(parts: &[&[u8]]) -> Result<Secret, GroupError> {
    let header = |part: &[u8]| LengthHeader::of(part.len()).map_or(0, |header| header.as_bytes().len());
    let length = parts.iter().fold(0usize, |sum, part| sum.saturating_add(header(part) + part.len()));
    let mut writer = Writer::wiping_with_capacity(length);
    for part in parts {
        writer.opaque(part);
    }
    finish(writer)
}

pub(super) fn read_secrets(reader: &mut Reader<'_>) -> Result<MemberSecrets, DecodeError> {
    Ok(MemberSecrets {
        sender_data_secret: SenderDataSecret::from_secret(Secret::decode(reader)?),
        exporter_secret: ExporterSecret::from_secret(Secret::decode(reader)?),
        external_secret: ExternalSecret::from_secret(Secret::decode(reader)?),
        confirmation_key: ConfirmationKey::from_secret(Secret::decode(reader)?),
        membership_key: MembershipKey::from_secret(Secret::decode(reader)?),
        resumption_psk: ResumptionPsk::from_secret(Secret::decode(reader)?),
        epoch_authenticator: EpochAuthenticator::new(
            HashOutput::from_slice(reader.opaque()?).unwrap_or(HashOutput::EMPTY),
        ),
        init_secret: InitSecret::from_secret(Secret::decode(reader)?),
    })
}

pub(super) fn encode_node_key(key: &NodeKey) -> Result<Secret, GroupError> {
    vectors(&[key.public(), key.private().expose()])
}

pub(super) fn read_node_key(reader: &mut Reader<'_>) -> Result<NodeKey, DecodeError> {
    let public = reader.opaque()?.to_vec();
    Ok(NodeKey::new(public, Secret::decode(reader)?))
}

pub(crate) fn encode_proposal(queued: &QueuedProposal) -> Result<Secret, GroupError> {
    let mut writer = Writer::new();
    writer.opaque(&queued.reference).value(&queued.sender).value(&*queued.proposal);
    finish(writer)
}

pub(crate) fn read_proposal(reader: &mut Reader<'_>, position: u64) -> Result<QueuedProposal, DecodeError> {
    let reference = reader.opaque()?.to_vec();
    let sender = Sender::decode(reader)?;
    let proposal = Proposal::decode(reader)?.into();
    Ok(QueuedProposal { reference, sender, proposal, position })
}

pub(super) fn encode_past_epoch(
    sender_data_secret: &SenderDataSecret,
    context_bytes: &[u8],
    size: TreeSize,
) -> Result<Secret, GroupError> {
    /// Room for the depth and the length headers.
    const MORE: usize = 12;
    let secret = sender_data_secret.as_secret();
    let mut writer =
        Writer::wiping_with_capacity(context_bytes.len().saturating_add(secret.len()).saturating_add(MORE));
    writer.value(secret).opaque(context_bytes).value(&size.depth());
    finish(writer)
}

/// Sender data secret, encoded group context and size of a past epoch.
pub(super) fn read_past_epoch(
    reader: &mut Reader<'_>,
) -> Result<(SenderDataSecret, Vec<u8>, TreeSize), DecodeError> {
    let secret = SenderDataSecret::from_secret(Secret::decode(reader)?);
    let context = reader.opaque()?.to_vec();
    let depth = u32::decode(reader)?;
    Ok((secret, context, TreeSize::of_depth(depth).unwrap_or(TreeSize::MAX)))
}

pub(super) fn encode_past_leaf(leaf: Option<&[u8]>) -> Result<Secret, GroupError> {
    let mut writer = Writer::with_capacity(leaf.map_or(0, <[u8]>::len).saturating_add(5));
    match leaf {
        None => writer.u8(0),
        Some(leaf) => writer.u8(1).opaque(leaf),
    };
    finish(writer)
}

pub(super) fn read_past_leaf(reader: &mut Reader<'_>) -> Result<Option<Vec<u8>>, DecodeError> {
    let leaf: Option<copath_codec::Opaque> = Decode::decode(reader)?;
    Ok(leaf.map(copath_codec::Opaque::into_vec))
}

pub(super) fn encode_welcome(
    welcome: &WelcomeMaterial,
    signed: Option<&SignedGroupInfo>,
) -> Result<Secret, GroupError> {
    let mut writer = Writer::wiping();
    write_welcome(&mut writer, welcome, signed);
    finish(writer)
}

pub(super) fn write_welcome(
    writer: &mut Writer,
    welcome: &WelcomeMaterial,
    signed: Option<&SignedGroupInfo>,
) {
    writer
        .value(welcome.joiner_secret.as_secret())
        .value(welcome.psk_secret.as_secret())
        .value(&welcome.psks)
        .vector(|w| {
            for joiner in &welcome.joiners {
                w.opaque(&joiner.key_package_ref)
                    .value(&joiner.init_key)
                    .optional(joiner.path_secret.as_ref());
            }
        });
    match signed {
        None => writer.u8(0),
        Some(signed) => writer.u8(1).value(signed),
    };
}

impl Encode for SignedGroupInfo {
    fn encode(&self, writer: &mut Writer) {
        writer.u8(match self.tree {
            TreeTransfer::Inside => 0,
            TreeTransfer::Outside => 1,
        });
        writer.value(&self.extensions).value(&self.signature);
    }
}

impl Decode for SignedGroupInfo {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.clone();
        let tree = match reader.u8()? {
            0 => TreeTransfer::Inside,
            1 => TreeTransfer::Outside,
            value => return Err(at.error(copath_codec::DecodeErrorKind::Presence { value })),
        };
        Ok(Self { tree, extensions: Decode::decode(reader)?, signature: Decode::decode(reader)? })
    }
}

pub(super) fn read_welcome(reader: &mut Reader<'_>) -> Result<WelcomeMaterial, DecodeError> {
    Ok(WelcomeMaterial {
        joiner_secret: JoinerSecret::from_secret(Secret::decode(reader)?),
        psk_secret: PskSecret::from_secret(Secret::decode(reader)?),
        psks: Vec::<PreSharedKeyId>::decode(reader)?,
        joiners: reader.vector(|r| {
            let mut joiners = Vec::new();
            while !r.is_empty() {
                joiners.push(Joiner {
                    key_package_ref: r.opaque()?.to_vec(),
                    init_key: Decode::decode(r)?,
                    path_secret: Decode::decode(r)?,
                });
            }
            Ok(joiners)
        })?,
        signed: Decode::decode(reader)?,
    })
}

/// The suite of a stored group on `provider`.
pub(super) fn suite_of(
    provider: &alloc::sync::Arc<dyn copath_crypto::CryptoProvider>,
    context: &GroupContext,
) -> Result<Suite, GroupError> {
    Ok(Suite::new(provider, context.cipher_suite)?)
}
