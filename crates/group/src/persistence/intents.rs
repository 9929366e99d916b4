//! What a commit was asked to do, as a record.

use alloc::vec::Vec;

use copath_codec::{Decode, DecodeError, DecodeErrorKind, Encode, Reader, Writer};
use copath_crypto::Secret;
use copath_tree_math::LeafIndex;

use crate::commit::{CommitIntents, IntendedMember, Intent, LeafChange, PathChoice};
use crate::{GroupError, StoredStateError};

use super::read_record;

const ADD: u8 = 0;
const REMOVE: u8 = 1;
const EXTENSIONS: u8 = 2;
const EXTERNAL_PSK: u8 = 3;
const RESUMPTION_PSK: u8 = 4;
const PROPOSAL: u8 = 5;

pub(super) fn encode_intents(intents: &CommitIntents) -> Result<Secret, GroupError> {
    let mut writer = Writer::new();
    writer.u8(match intents.path {
        PathChoice::Always => 0,
        PathChoice::WhenNeeded => 1,
    });
    writer.optional(intents.leaf.credential.as_ref());
    writer.optional(intents.leaf.capabilities.as_ref());
    writer.optional(intents.leaf.extensions.as_ref());
    writer.optional(intents.signature_key.as_ref());
    writer.opaque(&intents.authenticated_data);
    writer.vector(|w| {
        for intent in &intents.intents {
            w.value(intent);
        }
    });
    Ok(Secret::from(writer.finish()?))
}

pub(super) fn read_intents(
    record: &[u8],
    context: &copath_codec::DecodeContext,
) -> Result<CommitIntents, StoredStateError> {
    read_record(record, context, |reader| {
        let at = reader.clone();
        let path = match reader.u8()? {
            0 => PathChoice::Always,
            1 => PathChoice::WhenNeeded,
            value => return Err(at.error(DecodeErrorKind::Presence { value })),
        };
        Ok(CommitIntents {
            path,
            leaf: LeafChange {
                credential: Decode::decode(reader)?,
                capabilities: Decode::decode(reader)?,
                extensions: Decode::decode(reader)?,
            },
            signature_key: Decode::decode(reader)?,
            authenticated_data: reader.opaque()?.to_vec(),
            intents: reader.list()?,
        })
    })
}

impl Encode for Intent {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Add(key_package) => writer.u8(ADD).value(&**key_package),
            Self::Remove(member) => writer
                .u8(REMOVE)
                .value(&member.leaf.as_u32())
                .value(&member.credential)
                .value(&member.signature_key),
            Self::Extensions { wanted, replaced } => writer.u8(EXTENSIONS).value(wanted).value(replaced),
            Self::ExternalPsk(id) => writer.u8(EXTERNAL_PSK).value(id),
            Self::ResumptionPsk { group_id, epoch } => {
                writer.u8(RESUMPTION_PSK).opaque(group_id).value(epoch)
            }
            Self::Proposal(proposal) => writer.u8(PROPOSAL).value(proposal),
        };
    }
}

impl Decode for Intent {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.clone();
        Ok(match reader.u8()? {
            ADD => Self::Add(Decode::decode(reader)?),
            REMOVE => Self::Remove(IntendedMember {
                leaf: leaf(reader)?,
                credential: Decode::decode(reader)?,
                signature_key: Decode::decode(reader)?,
            }),
            EXTENSIONS => {
                Self::Extensions { wanted: Decode::decode(reader)?, replaced: Decode::decode(reader)? }
            }
            EXTERNAL_PSK => Self::ExternalPsk(Decode::decode(reader)?),
            RESUMPTION_PSK => {
                let group_id: Vec<u8> = reader.opaque()?.to_vec();
                Self::ResumptionPsk { group_id: group_id.into(), epoch: Decode::decode(reader)? }
            }
            PROPOSAL => Self::Proposal(Decode::decode(reader)?),
            value => return Err(at.error(DecodeErrorKind::Presence { value })),
        })
    }
}

fn leaf(reader: &mut Reader<'_>) -> Result<LeafIndex, DecodeError> {
    let at = reader.clone();
    LeafIndex::new(u32::decode(reader)?).ok_or_else(|| at.error(DecodeErrorKind::Presence { value: REMOVE }))
}
