//! Who sent a message.

use copath_codec::{Decode, DecodeError, Encode, Reader, Writer};

use crate::SenderType;

/// Who sent a message, as the message claims.
///
/// RFC 9420 §6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    /// A member.
    Member {
        /// Its leaf index; any value decodes.
        leaf_index: u32,
    },
    /// Someone outside who is listed in the external senders extension.
    External {
        /// The position in that list.
        sender_index: u32,
    },
    /// A client that proposes its own addition.
    NewMemberProposal,
    /// A client that joins by an external commit.
    NewMemberCommit,
}

impl Sender {
    /// The selector.
    pub fn sender_type(self) -> SenderType {
        match self {
            Self::Member { .. } => SenderType::Member,
            Self::External { .. } => SenderType::External,
            Self::NewMemberProposal => SenderType::NewMemberProposal,
            Self::NewMemberCommit => SenderType::NewMemberCommit,
        }
    }

    /// Whether the sender's signature covers the group context (rule 6.1-01).
    pub fn signs_group_context(self) -> bool {
        matches!(self, Self::Member { .. } | Self::NewMemberCommit)
    }
}

impl Encode for Sender {
    fn encode(&self, writer: &mut Writer) {
        writer.value(&self.sender_type());
        match self {
            Self::Member { leaf_index: index } | Self::External { sender_index: index } => {
                index.encode(writer)
            }
            Self::NewMemberProposal | Self::NewMemberCommit => {}
        }
    }
}

impl Decode for Sender {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.field("Sender.sender_type", SenderType::decode)? {
            SenderType::Member => {
                Self::Member { leaf_index: reader.field("Sender.leaf_index", u32::decode)? }
            }
            SenderType::External => {
                Self::External { sender_index: reader.field("Sender.sender_index", u32::decode)? }
            }
            SenderType::NewMemberProposal => Self::NewMemberProposal,
            SenderType::NewMemberCommit => Self::NewMemberCommit,
        })
    }
}

copath_codec::impl_tls_codec!(Sender);
