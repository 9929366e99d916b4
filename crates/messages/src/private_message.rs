//! Messages that are signed and encrypted.

use copath_codec::{Decode, DecodeError, DecodeErrorKind, Encode, Opaque, Reader, Writer, wire_struct};
use copath_rules::rule;

use crate::{ContentType, FramedContentAuthData, FramedContentBody, FramedContentBodyRef, GroupId};

wire_struct! {
    /// A message that is signed and encrypted.
    ///
    /// RFC 9420 §6.3.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct PrivateMessage {
        /// The group.
        pub group_id: GroupId,
        /// The epoch.
        pub epoch: u64,
        /// What is inside.
        pub content_type: ContentType,
        /// Octets of the application's, in the clear.
        pub authenticated_data: Opaque,
        /// The [`SenderData`], encrypted.
        pub encrypted_sender_data: Opaque,
        /// The [`PrivateMessageContent`], encrypted.
        pub ciphertext: Opaque,
    }
}

wire_struct! {
    /// What the content's encryption authenticates.
    ///
    /// RFC 9420 §6.3.1.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct PrivateContentAad {
        /// The group.
        pub group_id: GroupId,
        /// The epoch.
        pub epoch: u64,
        /// What is inside.
        pub content_type: ContentType,
        /// Octets of the application's.
        pub authenticated_data: Opaque,
    }
}

wire_struct! {
    /// What the sender data's encryption authenticates.
    ///
    /// RFC 9420 §6.3.2.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SenderDataAad {
        /// The group.
        pub group_id: GroupId,
        /// The epoch.
        pub epoch: u64,
        /// What is inside.
        pub content_type: ContentType,
    }
}

/// Who sent a PrivateMessage, and which key opens it: 12 octets.
///
/// RFC 9420 §6.3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderData {
    /// The sender's leaf index; any value decodes.
    pub leaf_index: u32,
    /// The generation of the sender's ratchet.
    pub generation: u32,
    /// Random octets that are XORed to the nonce.
    pub reuse_guard: [u8; 4],
}

/// What is encrypted in a PrivateMessage.
///
/// RFC 9420 §6.3.1: content and auth data, then zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateMessageContent {
    /// The content.
    pub body: FramedContentBody,
    /// What authenticates it.
    pub auth: FramedContentAuthData,
}

impl PrivateMessageContent {
    /// Reads a plaintext of this content type up to the reader's end, padding included.
    ///
    /// # Errors
    /// The input is malformed, or an octet of the padding isn't zero (rule 6.3.1-02).
    pub fn decode(reader: &mut Reader<'_>, content_type: ContentType) -> Result<Self, DecodeError> {
        let body = FramedContentBody::decode_untyped(content_type, reader)?;
        let auth =
            reader.field("PrivateMessageContent.auth", |r| FramedContentAuthData::decode(r, content_type))?;
        reader.field("PrivateMessageContent.padding", padding)?;
        Ok(Self { body, auth })
    }

    /// Appends the plaintext without padding: the content without its type, and its auth data.
    pub fn encode_parts<'a>(
        body: impl Into<FramedContentBodyRef<'a>>,
        auth: &FramedContentAuthData,
        writer: &mut Writer,
    ) {
        body.into().encode_untyped(writer);
        auth.encode(writer);
    }
}

/// Zeros up to the end.
fn padding(reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let start = reader.offset();
    match reader.rest().iter().position(|octet| *octet != 0) {
        None => Ok(()),
        Some(at) => {
            Err(DecodeError::new(start.saturating_add(at), DecodeErrorKind::Rule { rule: rule!("6.3.1-02") }))
        }
    }
}

impl Encode for SenderData {
    fn encode(&self, writer: &mut Writer) {
        writer.value(&self.leaf_index).value(&self.generation).bytes(&self.reuse_guard);
    }
}

impl Decode for SenderData {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            leaf_index: reader.field("SenderData.leaf_index", u32::decode)?,
            generation: reader.field("SenderData.generation", u32::decode)?,
            reuse_guard: reader.field("SenderData.reuse_guard", Reader::array)?,
        })
    }
}

copath_codec::impl_tls_codec!(SenderData);
