//! Messages that are signed and not encrypted.

use copath_codec::{Decode, DecodeError, Encode, Reader, Writer};
use copath_crypto::{HashOutput, Secret, Suite};
use copath_rules::{Part, RuleId, Violation, rule};

use crate::{
    AuthenticatedContent, FramedContent, FramedContentAuthData, Mac, MessageError, Sender, WireFormat,
};

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
    /// Checks a member's membership tag, in constant time. Messages of other senders have none, and pass.
    ///
    /// # Errors
    /// The tag is missing or wrong (rule 6.2-02), or there is one where there must be none (rule 6.2-04).
    pub fn verify_membership_tag(
        &self,
        suite: &Suite,
        membership_key: &Secret,
        group_context: &[u8],
    ) -> Result<(), MessageError> {
        match (self.content.sender, &self.membership_tag) {
            (Sender::Member { .. }, Some(received)) => {
                let tag = membership_tag(suite, membership_key, group_context, &self.content, &self.auth)?;
                if tag.ct_eq(received) { Ok(()) } else { Err(wrong_tag(rule!("6.2-02"))) }
            }
            (Sender::Member { .. }, None) => Err(wrong_tag(rule!("6.2-02"))),
            (_, Some(_)) => Err(wrong_tag(rule!("6.2-04"))),
            (_, None) => Ok(()),
        }
    }
}

/// The MAC of the AuthenticatedContentTBM: the FramedContentTBS and the auth data (RFC 9420 §6.2).
pub(crate) fn membership_tag(
    suite: &Suite,
    membership_key: &Secret,
    group_context: &[u8],
    content: &FramedContent,
    auth: &FramedContentAuthData,
) -> Result<HashOutput, MessageError> {
    if !matches!(content.sender, Sender::Member { .. }) {
        return Err(wrong_tag(rule!("6.2-04")));
    }
    let signed = content.to_be_signed(WireFormat::PUBLIC_MESSAGE, Some(group_context))?;
    Ok(suite.mac(membership_key, &[&signed, &auth.to_bytes()?]))
}

fn wrong_tag(rule: RuleId) -> MessageError {
    Violation::new(rule).at(Part::MembershipTag).into()
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
            .field("PublicMessage.auth", |r| FramedContentAuthData::decode(r, content.content_type()))?;
        let membership_tag = match content.sender {
            Sender::Member { .. } => Some(reader.field("PublicMessage.membership_tag", Mac::decode)?),
            Sender::External { .. } | Sender::NewMemberProposal | Sender::NewMemberCommit => None,
        };
        Ok(Self { content, auth, membership_tag })
    }
}

copath_codec::impl_tls_codec!(PublicMessage);
