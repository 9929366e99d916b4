//! A message with what authenticates it, independent of its framing.

use core::ops::Deref;

use copath_codec::{Decode, DecodeError, Encode, Reader, Writer};
use copath_crypto::{HashOutput, Secret, Suite};
use copath_rules::{Part, rule};

use crate::error::refused;
use crate::framed_content::LABEL;
use crate::public_message::membership_tag;
use crate::{
    ContentType, FramedContent, FramedContentAuthData, FramedContentRef, MessageError, ProposalRef,
    WireFormat,
};

/// The label of a ProposalRef, in full (RFC 9420 §5.2).
const REFERENCE_LABEL: &str = "MLS 1.0 Proposal Reference";

/// A message with what authenticates it, independent of its framing.
///
/// RFC 9420 §6. Having one says nothing about its signature: see [`VerifiedContent`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatedContent {
    /// The framing that the signature is bound to.
    pub wire_format: WireFormat,
    /// What the message says.
    pub content: FramedContent,
    /// What authenticates it.
    pub auth: FramedContentAuthData,
}

/// An [`AuthenticatedContent`] whose signature has been verified. A Commit's confirmation tag is still to be checked,
/// when the new epoch is derived (rule 6.1-10).
///
/// RFC 9420 §6.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedContent(AuthenticatedContent);

impl AuthenticatedContent {
    /// Verifies the signature with the key that the sender type selects. `group_context` is the encoded GroupContext
    /// of the message's epoch; it counts for members and external commits alone.
    ///
    /// # Errors
    /// The signature doesn't verify (rule 6.1-08), or [`MessageError::GroupContextRequired`].
    pub fn verify_signature(
        &self,
        suite: &Suite,
        public_key: &[u8],
        group_context: Option<&[u8]>,
    ) -> Result<(), MessageError> {
        let content = FramedContentRef::from(&self.content);
        let context = content.signed_context(group_context)?;
        let write = |writer: &mut Writer| content.write_to_be_signed(self.wire_format, context, writer);
        suite
            .verify_written(
                public_key,
                &self.auth.signature,
                (LABEL, content.rough_length(group_context)),
                write,
            )
            .map_err(|error| refused(error, rule!("6.1-08"), Part::Signature))
    }

    /// Verifies as [`AuthenticatedContent::verify_signature`] does and keeps the outcome in the type.
    ///
    /// # Errors
    /// As [`AuthenticatedContent::verify_signature`].
    pub fn verify(
        self,
        suite: &Suite,
        public_key: &[u8],
        group_context: Option<&[u8]>,
    ) -> Result<VerifiedContent, MessageError> {
        self.verify_signature(suite, public_key, group_context)?;
        Ok(VerifiedContent(self))
    }

    /// The membership tag of a member's message that is to be sent as PublicMessage: the MAC of the
    /// AuthenticatedContentTBM (RFC 9420 §6.2).
    ///
    /// # Errors
    /// The sender isn't a member (rule 6.2-04), the content was signed for another framing
    /// ([`MessageError::WrongWireFormat`]), or a vector is too long.
    pub fn membership_tag(
        &self,
        suite: &Suite,
        membership_key: &Secret,
        group_context: &[u8],
    ) -> Result<HashOutput, MessageError> {
        if self.wire_format != WireFormat::PUBLIC_MESSAGE {
            return Err(MessageError::WrongWireFormat);
        }
        membership_tag(suite, membership_key, group_context, &self.content, &self.auth)
    }

    /// The hash that names the proposal in Commits (RFC 9420 §5.2).
    ///
    /// # Errors
    /// This is no proposal ([`MessageError::NotAProposal`]), or a vector is too long.
    pub fn proposal_reference(&self, suite: &Suite) -> Result<ProposalRef, MessageError> {
        if self.content.content_type() != ContentType::Proposal {
            return Err(MessageError::NotAProposal);
        }
        Ok(suite.ref_hash(REFERENCE_LABEL, &self.to_bytes()?)?.into())
    }
}

impl VerifiedContent {
    /// The content itself.
    pub fn into_authenticated_content(self) -> AuthenticatedContent {
        self.0
    }
}

impl Deref for VerifiedContent {
    type Target = AuthenticatedContent;

    fn deref(&self) -> &AuthenticatedContent {
        &self.0
    }
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
            FramedContentAuthData::decode(r, content.content_type())
        })?;
        Ok(Self { wire_format, content, auth })
    }
}

copath_codec::impl_tls_codec!(AuthenticatedContent);
