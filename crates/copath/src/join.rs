//! Joining by a Welcome.
//!
//! RFC 9420 §12.4.3.1.

use std::sync::Arc;

use copath_codec::Decode;
use copath_credentials::Timestamp;
use copath_group::draft_ietf_mls_extensions::KeyPackageFate;
use copath_group::{Author, GroupError, JoinStep, Joining};
use copath_messages::{Extensions, MlsMessage, MlsMessageBody, Welcome};
use copath_records::StoreError;

use crate::enter::{Entrance, Invitation, Way};
use crate::{Client, Error, Group, Misuse, Unavailable};

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
    /// Welcome was for is deleted in the same batch that stores the group, unless it is one of last resort. Joining by
    /// the same Welcome again, as after a crash, opens the group as it is now.
    ///
    /// # Errors
    /// The Welcome breaks a rule, is for none of this client's key packages, or the validator refuses a member;
    /// [`Error::Misuse`] if the group that it leads to is open or on its way to another store, or if this client was
    /// removed from it since; [`Misuse::OldWelcome`] if it is for a key package of last resort, and this client has
    /// left the group, by deleting or moving it, in the Welcome's epoch or a later one.
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
        let entrance = self.by_message(welcome)?;
        if let Some(group) = self.entered_before(entrance)? {
            return self.joined(group);
        }
        let welcome = self.decode_welcome(welcome)?;
        let mut joining = Joining::new(self.provider(), self.settings(), welcome, now);
        loop {
            let answers = self.answer(joining.needs(), tree, now)?;
            let step = match joining.answer(answers) {
                Err(GroupError::NoKeyPackage) => return self.join_again(entrance),
                step => step.map_err(|error| Error::from(error).on(self.provider()))?,
            };
            match step {
                JoinStep::Needs(next) => joining = *next,
                JoinStep::Joined(joined) => {
                    let (package, fate) = (&joined.key_package_ref, joined.key_package_fate);
                    let used = self.use_key_package(package, fate, now)?;
                    let (by, extensions) = (joined.invited_by, joined.group_info_extensions);
                    let invitation = Invitation { by, extensions };
                    let last_resort = (fate == KeyPackageFate::Keep).then_some(package.as_slice());
                    let way = Way { entrance, invitation: Some(&invitation), last_resort };
                    let group = self.enter(joined.group, used, way)?;
                    let Invitation { by: invited_by, extensions } = invitation;
                    return Ok(Joined { group, invited_by, extensions });
                }
            }
        }
    }

    /// The group that this Welcome has brought in before: its key package is used up since.
    fn join_again(&self, entrance: Entrance) -> Result<Joined, Error> {
        let unused = Error::Unavailable(Unavailable::KeyPackage);
        let group_id = self.find_entered(entrance)?.ok_or(unused)?;
        let group = self.load_group(&group_id)?;
        if group.is_removed() { Err(Misuse::OldWelcome.into()) } else { self.joined(group) }
    }

    fn joined(&self, group: Group) -> Result<Joined, Error> {
        let invitation = self.invitation(group.group_id())?;
        let Invitation { by: invited_by, extensions } = invitation.ok_or(StoreError::Corrupt)?;
        Ok(Joined { group, invited_by, extensions })
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
        let (octets, limit) = (message.len(), settings.policy.max_message_size);
        if octets > limit {
            let too_large = copath_group::PolicyRefusal::MessageSize { octets, limit };
            return Err(Misuse::Group(copath_group::Misuse::Policy(too_large)).into());
        }
        Ok(MlsMessage::from_bytes_in(message, settings.registrations.decode_context())?)
    }
}
