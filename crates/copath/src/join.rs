//! Joining by a Welcome.
//!
//! RFC 9420 §12.4.3.1.

use std::sync::Arc;

use copath_codec::Decode;
use copath_credentials::Timestamp;
use copath_group::{Author, JoinStep, Joining};
use copath_messages::{Extensions, MlsMessage, MlsMessageBody, Welcome};

use crate::{Client, Error, Group, Misuse};

/// A group that was joined by a Welcome.
#[derive(Debug)]
#[non_exhaustive]
pub struct Joined {
    /// The group.
    pub group: Group,
    /// The member that signed the GroupInfo, and so vouches for the state that was joined.
    pub invited_by: Arc<Author>,
    /// The extensions that the application put into the GroupInfo.
    pub extensions: Extensions,
}

impl Client {
    /// Joins the group of a Welcome. Give `tree` if it comes without the ratchet tree. The key package that the
    /// Welcome was for is deleted in the same batch that stores the group, unless it is one of last resort.
    ///
    /// # Errors
    /// The Welcome breaks a rule, is for none of this client's key packages, or the validator refuses a member.
    pub fn join(&self, welcome: &[u8], tree: Option<&[u8]>, now: Timestamp) -> Result<Group, Error> {
        self.join_and_read(welcome, tree, now).map(|joined| joined.group)
    }

    /// As [`Client::join`], and tells who vouches for the group and what the application put into the GroupInfo.
    ///
    /// # Errors
    /// As [`Client::join`].
    pub fn join_and_read(
        &self,
        welcome: &[u8],
        tree: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<Joined, Error> {
        let welcome = self.decode_welcome(welcome)?;
        let mut joining = Joining::new(self.provider(), self.settings(), welcome, now);
        loop {
            let answers = self.answer(joining.needs(), tree, now)?;
            match joining.answer(answers).map_err(|error| Error::from(error).on(self.provider()))? {
                JoinStep::Needs(next) => joining = *next,
                JoinStep::Joined(joined) => {
                    let (package, fate) = (&joined.key_package_ref, joined.key_package_fate);
                    let used = self.use_key_package(package, fate, now)?;
                    let group = self.enter(joined.group, used)?;
                    let (invited_by, extensions) = (joined.invited_by, joined.group_info_extensions);
                    return Ok(Joined { group, invited_by, extensions });
                }
            }
        }
    }

    fn decode_welcome(&self, message: &[u8]) -> Result<Welcome, Error> {
        match self.decode(message)?.body {
            MlsMessageBody::Welcome(welcome) => Ok(welcome),
            _ => Err(Misuse::WrongKind { expected: "Welcome" }.into()),
        }
    }

    /// Decodes a message that belongs to no group of this client yet.
    pub(crate) fn decode(&self, message: &[u8]) -> Result<MlsMessage, Error> {
        let settings = self.settings();
        if message.len() > settings.policy.max_message_size {
            let too_large = copath_group::Misuse::Policy(copath_group::PolicyRefusal::MessageSize);
            return Err(Misuse::Group(too_large).into());
        }
        Ok(MlsMessage::from_bytes_in(message, settings.registrations.decode_context())?)
    }
}
