//! A message with what authenticates it, independent of its framing.

use copath_codec::{Decode, DecodeError, Encode, Reader, Writer};

use crate::{FramedContent, FramedContentAuthData, WireFormat};

/// A message with what authenticates it, independent of its framing.
///
/// RFC 9420 §6. Having one says nothing about its signature: see
/// [`VerifiedContent`](crate::VerifiedContent).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatedContent {
    /// The framing that the signature is bound to.
    pub wire_format: WireFormat,
    /// What the message says.
    pub content: FramedContent,
    /// What authenticates it.
    pub auth: FramedContentAuthData,
}

impl Encode for AuthenticatedContent {
    fn encode(&self, writer: &mut Writer) {
        writer.value(&self.wire_format).value(&self.content).value(&self.auth);
    }
}

impl Decode for AuthenticatedContent {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let wire_format = reader.field("AuthenticatedContent.wire_format", WireFormat::decode)?;
        let content = reader.field("AuthenticatedContent.content", FramedContent::decode)?;
        let auth = reader.field("AuthenticatedContent.auth", |r| {
            FramedContentAuthData::decode_for(content.content_type(), r)
        })?;
        Ok(Self { wire_format, content, auth })
    }
}

copath_codec::impl_tls_codec!(AuthenticatedContent);
