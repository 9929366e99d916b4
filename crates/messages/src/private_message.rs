//! Messages that are signed and encrypted.

use copath_codec::{
    Decode, DecodeContext, DecodeError, DecodeErrorKind, Encode, EncodeError, Opaque, Reader, Writer,
    wire_struct,
};
use copath_crypto::Secret;
use copath_rules::rule;

use crate::{
    AuthenticatedContent, ContentType, FramedContent, FramedContentAuthData, FramedContentBody, GroupId,
    Sender, WireFormat,
};

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

impl PrivateMessage {
    /// What the content's encryption authenticates.
    pub fn content_aad(&self) -> PrivateContentAad {
        PrivateContentAad {
            group_id: self.group_id.clone(),
            epoch: self.epoch,
            content_type: self.content_type,
            authenticated_data: self.authenticated_data.clone(),
        }
    }

    /// What the sender data's encryption authenticates.
    pub fn sender_data_aad(&self) -> SenderDataAad {
        SenderDataAad { group_id: self.group_id.clone(), epoch: self.epoch, content_type: self.content_type }
    }

    /// The message that was opened with the keys of `leaf_index`: what stands in the header and what was inside, put
    /// together as it was signed (rule 6.3.1-10). The signature is not verified.
    pub fn authenticated_content(
        &self,
        leaf_index: u32,
        opened: PrivateMessageContent,
    ) -> AuthenticatedContent {
        AuthenticatedContent {
            wire_format: WireFormat::PRIVATE_MESSAGE,
            content: FramedContent {
                group_id: self.group_id.clone(),
                epoch: self.epoch,
                sender: Sender::Member { leaf_index },
                authenticated_data: self.authenticated_data.clone(),
                body: opened.body,
            },
            auth: opened.auth,
        }
    }
}

impl PrivateMessageContent {
    /// Reads a whole plaintext of this content type.
    ///
    /// # Errors
    /// The input is malformed, or an octet of the padding isn't zero (rule 6.3.1-02).
    pub fn from_plaintext(
        content_type: ContentType,
        plaintext: &[u8],
        context: &DecodeContext,
    ) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(plaintext, context);
        let body = FramedContentBody::decode_untyped(content_type, &mut reader)?;
        let auth = reader
            .field("PrivateMessageContent.auth", |r| FramedContentAuthData::decode_for(content_type, r))?;
        let start = reader.offset();
        match reader.rest().iter().position(|octet| *octet != 0) {
            None => Ok(Self { body, auth }),
            Some(at) => Err(DecodeError::new(
                start.saturating_add(at),
                DecodeErrorKind::Rule { rule: rule!("6.3.1-02") },
            )
            .inside("PrivateMessageContent.padding")),
        }
    }

    /// The plaintext with as many zeros at its end as `padding` says for its length without.
    ///
    /// # Errors
    /// A vector is too long.
    pub fn to_plaintext(&self, padding: impl FnOnce(usize) -> usize) -> Result<Secret, EncodeError> {
        let mut writer = Writer::new();
        self.body.encode_untyped(&mut writer);
        writer.value(&self.auth);
        let unpadded = Secret::from(writer.finish()?);
        match padding(unpadded.len()) {
            0 => Ok(unpadded),
            zeros => Secret::try_fill(unpadded.len().saturating_add(zeros), |octets| {
                for (to, from) in octets.iter_mut().zip(unpadded.expose()) {
                    *to = *from;
                }
                Ok(())
            }),
        }
    }
}

impl From<AuthenticatedContent> for PrivateMessageContent {
    fn from(authenticated: AuthenticatedContent) -> Self {
        Self { body: authenticated.content.body, auth: authenticated.auth }
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
