//! What a message says, borrowed.

use copath_codec::{Encode, Writer};
use copath_crypto::{Signer, Suite};

use crate::framed_content::LABEL;
use crate::{
    Commit, ContentType, FramedContent, FramedContentAuthData, FramedContentBody, GroupId, MessageError,
    Proposal, ProtocolVersion, Sender, WireFormat,
};

/// A [`FramedContent`] whose parts are elsewhere: application data is signed and encrypted from
/// where the application has it, and not copied before.
///
/// RFC 9420 §6.
#[derive(Clone, Copy, Debug)]
pub struct FramedContentRef<'a> {
    /// The group.
    pub group_id: &'a GroupId,
    /// The epoch that the message is sent in.
    pub epoch: u64,
    /// Who sent it.
    pub sender: Sender,
    /// Octets of the application's that are signed but never encrypted.
    pub authenticated_data: &'a [u8],
    /// The content.
    pub body: FramedContentBodyRef<'a>,
}

/// A [`FramedContentBody`], borrowed.
///
/// RFC 9420 §6.
#[derive(Clone, Copy, Debug)]
pub enum FramedContentBodyRef<'a> {
    /// Application data.
    Application(&'a [u8]),
    /// A Proposal.
    Proposal(&'a Proposal),
    /// A Commit.
    Commit(&'a Commit),
}

impl FramedContentRef<'_> {
    /// Signs the message for the framing that it will have; its auth data lack the confirmation tag that a Commit gets
    /// when the new epoch is derived. `group_context` is the encoded GroupContext of the epoch that the message is sent
    /// in; it counts for members and external commits alone (rule 6.1-01).
    ///
    /// # Errors
    /// [`MessageError::GroupContextRequired`], a vector is too long, or the signer fails.
    pub fn sign(
        &self,
        suite: &Suite,
        signer: &dyn Signer,
        wire_format: WireFormat,
        group_context: Option<&[u8]>,
    ) -> Result<FramedContentAuthData, MessageError> {
        let context = self.signed_context(group_context)?;
        let write = |writer: &mut Writer| self.write_to_be_signed(wire_format, context, writer);
        let signature = suite.sign_written(signer, LABEL, self.rough_length(group_context), write)?.into();
        Ok(FramedContentAuthData { signature, confirmation_tag: None })
    }

    /// The part of the FramedContentTBS that is the group context; empty for senders who don't sign it.
    pub(crate) fn signed_context<'c>(
        &self,
        group_context: Option<&'c [u8]>,
    ) -> Result<&'c [u8], MessageError> {
        if !self.sender.signs_group_context() {
            return Ok(&[]);
        }
        group_context.ok_or(MessageError::GroupContextRequired)
    }

    pub(crate) fn write_to_be_signed(&self, wire_format: WireFormat, context: &[u8], writer: &mut Writer) {
        writer.value(&ProtocolVersion::MLS10).value(&wire_format).value(self).bytes(context);
    }

    /// About how many octets the FramedContentTBS takes, so that writing application data needs one allocation.
    pub(crate) fn rough_length(&self, group_context: Option<&[u8]>) -> usize {
        /// Room for all fields of fixed size and all length headers.
        const HEADERS: usize = 64;
        let context = group_context.map_or(0, <[u8]>::len);
        [self.group_id.len(), self.authenticated_data.len(), self.body.rough_length(), context]
            .into_iter()
            .fold(HEADERS, usize::saturating_add)
    }
}

impl FramedContentBodyRef<'_> {
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
            Self::Application(application_data) => {
                writer.opaque(application_data);
            }
            Self::Proposal(proposal) => proposal.encode(writer),
            Self::Commit(commit) => commit.encode(writer),
        }
    }

    fn rough_length(&self) -> usize {
        match self {
            Self::Application(application_data) => application_data.len(),
            Self::Proposal(_) | Self::Commit(_) => 512,
        }
    }
}

impl<'a> From<&'a FramedContent> for FramedContentRef<'a> {
    fn from(content: &'a FramedContent) -> Self {
        Self {
            group_id: &content.group_id,
            epoch: content.epoch,
            sender: content.sender,
            authenticated_data: &content.authenticated_data,
            body: FramedContentBodyRef::from(&content.body),
        }
    }
}

impl<'a> From<&'a FramedContentBody> for FramedContentBodyRef<'a> {
    fn from(body: &'a FramedContentBody) -> Self {
        match body {
            FramedContentBody::Application(application_data) => Self::Application(application_data),
            FramedContentBody::Proposal(proposal) => Self::Proposal(proposal),
            FramedContentBody::Commit(commit) => Self::Commit(commit),
        }
    }
}

impl Encode for FramedContentRef<'_> {
    fn encode(&self, writer: &mut Writer) {
        writer.value(self.group_id).value(&self.epoch).value(&self.sender).opaque(self.authenticated_data);
        writer.value(&self.body.content_type());
        self.body.encode_untyped(writer);
    }
}
