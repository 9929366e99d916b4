//! What authenticates a message.

use copath_codec::{Decode, DecodeError, Encode, Opaque, Reader, Writer};

use crate::{ContentType, Mac};

/// Signature and confirmation tag of a message.
///
/// RFC 9420 §6.1. On the wire the tag is there exactly for commits (rule 6.1-09), so that reading it takes the
/// content type, and writing it a tag that is set exactly for commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FramedContentAuthData {
    /// The sender's signature over the FramedContentTBS.
    pub signature: Opaque,
    /// For a Commit, once the new epoch is derived: the MAC that shows that the committer knows it.
    pub confirmation_tag: Option<Mac>,
}

impl FramedContentAuthData {
    /// Reads the auth data of content of this type.
    ///
    /// # Errors
    /// The input is malformed.
    pub fn decode(reader: &mut Reader<'_>, content_type: ContentType) -> Result<Self, DecodeError> {
        let signature = reader.field("FramedContentAuthData.signature", Opaque::decode)?;
        let confirmation_tag = match content_type {
            ContentType::Commit => Some(reader.field("FramedContentAuthData.confirmation_tag", Mac::decode)?),
            ContentType::Application | ContentType::Proposal => None,
        };
        Ok(Self { signature, confirmation_tag })
    }
}

impl Encode for FramedContentAuthData {
    fn encode(&self, writer: &mut Writer) {
        writer.value(&self.signature);
        if let Some(confirmation_tag) = &self.confirmation_tag {
            writer.value(confirmation_tag);
        }
    }
}
