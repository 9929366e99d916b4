//! Messages that are signed and not encrypted.

use copath_codec::{Decode, DecodeError, Encode, Reader, Writer};

use crate::{AuthenticatedContent, FramedContent, FramedContentAuthData, Mac, Sender, WireFormat};

/// A message that is signed and not encrypted.
///
/// RFC 9420 §6.2. On the wire the membership tag is there exactly for members (rule 6.2-04).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicMessage {
    /// What the message says.
    pub content: FramedContent,
    /// What authenticates it.
    pub auth: FramedContentAuthData,
    /// For a member: the MAC that shows that the sender is one.
    pub membership_tag: Option<Mac>,
}

impl PublicMessage {
    /// The message without its framing; its signature is not verified.
    pub fn into_authenticated_content(self) -> AuthenticatedContent {
        AuthenticatedContent {
            wire_format: WireFormat::PUBLIC_MESSAGE,
            content: self.content,
            auth: self.auth,
        }
    }
}

impl Encode for PublicMessage {
    fn encode(&self, writer: &mut Writer) {
        writer.value(&self.content).value(&self.auth);
        if let Some(membership_tag) = &self.membership_tag {
            writer.value(membership_tag);
        }
    }
}

impl Decode for PublicMessage {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let content = reader.field("PublicMessage.content", FramedContent::decode)?;
        let auth = reader
            .field("PublicMessage.auth", |r| FramedContentAuthData::decode_for(content.content_type(), r))?;
        let membership_tag = match content.sender {
            Sender::Member { .. } => Some(reader.field("PublicMessage.membership_tag", Mac::decode)?),
            Sender::External { .. } | Sender::NewMemberProposal | Sender::NewMemberCommit => None,
        };
        Ok(Self { content, auth, membership_tag })
    }
}

copath_codec::impl_tls_codec!(PublicMessage);
