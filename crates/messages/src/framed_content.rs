//! What a message says.

use alloc::vec::Vec;

use copath_codec::{Decode, DecodeError, Encode, Opaque, Reader, Writer, wire_struct};
use copath_crypto::{Signer, Suite};

use crate::{
    AuthenticatedContent, Commit, ContentType, FramedContentBodyRef, FramedContentRef, GroupId, MessageError,
    Proposal, Sender, WireFormat,
};

/// The label of a message's signature (RFC 9420 §6.1).
pub(crate) const LABEL: &str = "FramedContentTBS";

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

    /// The FramedContentTBS: what is signed, bound to the framing. `group_context` is the encoded GroupContext of the
    /// epoch that the message is sent in; it counts for members and external commits alone (rule 6.1-01).
    ///
    /// # Errors
    /// [`MessageError::GroupContextRequired`], or a vector is too long.
    pub fn to_be_signed(
        &self,
        wire_format: WireFormat,
        group_context: Option<&[u8]>,
    ) -> Result<Vec<u8>, MessageError> {
        let content = FramedContentRef::from(self);
        let mut writer = Writer::with_capacity(content.rough_length(group_context));
        content.write_to_be_signed(wire_format, content.signed_context(group_context)?, &mut writer);
        Ok(writer.finish()?)
    }

    /// Signs the message for the framing that it will have. A Commit's confirmation tag is still missing then: the
    /// caller sets it when the new epoch is derived.
    ///
    /// # Errors
    /// As [`FramedContent::to_be_signed`], or the signer fails.
    pub fn sign(
        self,
        suite: &Suite,
        signer: &dyn Signer,
        wire_format: WireFormat,
        group_context: Option<&[u8]>,
    ) -> Result<AuthenticatedContent, MessageError> {
        let auth = FramedContentRef::from(&self).sign(suite, signer, wire_format, group_context)?;
        Ok(AuthenticatedContent { wire_format, content: self, auth })
    }
}

impl FramedContentBody {
    /// The selector.
    pub fn content_type(&self) -> ContentType {
        FramedContentBodyRef::from(self).content_type()
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
        FramedContentBodyRef::from(self).encode_untyped(writer);
    }
}

impl Decode for FramedContentBody {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let content_type = reader.field("FramedContent.content_type", ContentType::decode)?;
        Self::decode_untyped(content_type, reader)
    }
}

copath_codec::impl_tls_codec!(FramedContentBody);
