//! PublicMessage.
//!
//! RFC 9420 §6.2.

use copath_codec::Opaque;
use copath_crypto::Suite;
use copath_key_schedule::MembershipKey;
use copath_messages::{AuthenticatedContent, PublicMessage, Sender};

use crate::GroupError;

/// The message for signed content; that of a member gets a membership tag under the sending epoch's key.
pub(crate) fn to_public(
    suite: &Suite,
    membership_key: &MembershipKey,
    group_context: &[u8],
    content: &AuthenticatedContent,
) -> Result<PublicMessage, GroupError> {
    let membership_tag = match content.content.sender {
        Sender::Member { .. } => {
            let tag = content.membership_tag(suite, membership_key.as_secret(), group_context)?;
            Some(Opaque::from(tag.as_ref()))
        }
        _ => None,
    };
    Ok(PublicMessage { content: content.content.clone(), auth: content.auth.clone(), membership_tag })
}

/// Checks the membership tag of a member's message in constant time (rule 6.2-02).
pub(crate) fn check_membership_tag(
    suite: &Suite,
    membership_key: &MembershipKey,
    group_context: &[u8],
    message: &PublicMessage,
) -> Result<(), GroupError> {
    Ok(message.verify_membership_tag(suite, membership_key.as_secret(), group_context)?)
}
