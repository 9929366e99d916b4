//! What a message says.

use copath_codec::{Decode, DecodeError, Encode, Opaque, Reader, Writer, wire_struct};

use crate::{Commit, ContentType, GroupId, Proposal, Sender};

wire_struct! {
    /// What a message says, to which group, in which epoch and from whom.
    ///
    /// RFC 9420 §6.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct FramedContent {
        /// The group.
        pub group_id: GroupId,
        /// The epoch that the message is sent in.
        pub epoch: u64,
        /// Who sent it.
        pub sender: Sender,
        /// Octets of the application's that are signed but never encrypted.
        pub authenticated_data: Opaque,
        /// The content, with its type before it.
        pub body: FramedContentBody,
    }
}

/// The content of a message.
///
/// RFC 9420 §6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FramedContentBody {
    /// Application data.
    Application(Opaque),
    /// A Proposal.
    Proposal(Proposal),
    /// A Commit.
    Commit(Commit),
}

impl FramedContent {
    /// The type of the content.
    pub fn content_type(&self) -> ContentType {
        self.body.content_type()
    }
}

impl FramedContentBody {
    /// The selector.
    pub fn content_type(&self) -> ContentType {
        match self {
            Self::Application(_) => ContentType::Application,
            Self::Proposal(_) => ContentType::Proposal,
            Self::Commit(_) => ContentType::Commit,
        }
    }

    /// Appends the content without its type.
    pub(crate) fn encode_untyped(&self, writer: &mut Writer) {
        match self {
            Self::Application(application_data) => application_data.encode(writer),
            Self::Proposal(proposal) => proposal.encode(writer),
            Self::Commit(commit) => commit.encode(writer),
        }
    }

    /// Reads content of a type that is known.
    pub(crate) fn decode_untyped(
        content_type: ContentType,
        reader: &mut Reader<'_>,
    ) -> Result<Self, DecodeError> {
        Ok(match content_type {
            ContentType::Application => {
                Self::Application(reader.field("FramedContent.application_data", Opaque::decode)?)
            }
            ContentType::Proposal => {
                Self::Proposal(reader.field("FramedContent.proposal", Proposal::decode)?)
            }
            ContentType::Commit => Self::Commit(reader.field("FramedContent.commit", Commit::decode)?),
        })
    }
}

impl Encode for FramedContentBody {
    fn encode(&self, writer: &mut Writer) {
        writer.value(&self.content_type());
        self.encode_untyped(writer);
    }
}

impl Decode for FramedContentBody {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let content_type = reader.field("FramedContent.content_type", ContentType::decode)?;
        Self::decode_untyped(content_type, reader)
    }
}

copath_codec::impl_tls_codec!(FramedContentBody);
