//! Opening: unprotecting a message and verifying its signature with the key that its sender type selects.
//!
//! RFC 9420 §6.1 to §6.3.

use alloc::boxed::Box;

use copath_messages::{AuthenticatedContent, ContentType, GroupId, PrivateMessage, PublicMessage, Sender};

use crate::message::{Opened, RatchetStep, blank_sender};
use crate::protection::{OpenKeys, check_membership_tag, open_private, open_sender};
use crate::{Group, GroupError, Misuse};

/// A private message whose sender data is open.
pub(crate) enum Private {
    /// Opened and verified.
    Opened(Box<Opened>),
    /// One's own, whose key was used up by sending it.
    Own(ContentType),
}

impl Group {
    /// RFC 9420 §6.2.
    pub(crate) fn open_public_message(&self, message: &PublicMessage) -> Result<Opened, GroupError> {
        self.public.check_public_message(message)?;
        let sender = message.content.sender;
        if let Sender::Member { .. } = sender {
            let context = self.public.context_bytes();
            check_membership_tag(self.suite(), &self.secrets.membership_key, context, message)?;
        }
        let content = message.clone().into_authenticated_content();
        let opened = self.verify_current(content, None)?;
        let own = self.own_sender();
        if sender == own && opened.content.content.content_type() == ContentType::Commit {
            return Err(Misuse::DroppedCommit.into());
        }
        Ok(opened)
    }

    /// RFC 9420 §6.3: handshake messages of the current epoch, application messages also of past ones.
    pub(crate) fn open_private_message(&self, message: &PrivateMessage) -> Result<Private, GroupError> {
        self.check_address(&message.group_id)?;
        if message.epoch == self.epoch() {
            let tree = self.public.tree();
            let keys = self.open_keys();
            let sender = open_sender(&keys, message, |leaf| tree.leaf(leaf).is_some())?;
            // A key that was never used can't be of one's own: what names it is opened, and refused, like any other.
            if sender.leaf == self.own_leaf && keys.is_past(&sender, message.content_type) {
                return Ok(Private::Own(message.content_type));
            }
            let opened = open_private(&keys, message, &sender, self.registrations.decode_context())?;
            let opened = self.verify_current(opened.content, Some(opened.step))?;
            if sender.leaf == self.own_leaf {
                return Ok(Private::Own(message.content_type));
            }
            return Ok(Private::Opened(opened.into()));
        }
        if message.content_type != ContentType::Application {
            return Err(self.wrong_epoch(message.epoch));
        }
        self.open_past_message(message)
    }

    /// RFC 9420 §15.3: verified against the leaf as of the message's epoch.
    fn open_past_message(&self, message: &PrivateMessage) -> Result<Private, GroupError> {
        let past = self.past.find(message.epoch).ok_or_else(|| self.wrong_epoch(message.epoch))?;
        let keys = OpenKeys {
            suite: self.suite(),
            sender_data_secret: &past.sender_data_secret,
            secret_tree: &past.secret_tree,
            limits: self.policy.ratchet_limits(),
        };
        let member = |leaf| {
            self.past.member(message.epoch, leaf, self.public.tree(), self.registrations.decode_context())
        };
        let filled = |leaf| matches!(member(leaf), Ok(Some(_)));
        let sender = open_sender(&keys, message, filled)?;
        if sender.leaf == self.own_leaf && keys.is_past(&sender, message.content_type) {
            return Ok(Private::Own(message.content_type));
        }
        let opened = open_private(&keys, message, &sender, self.registrations.decode_context())?;
        let then = member(sender.leaf)?.ok_or_else(|| blank_sender(sender.leaf))?;
        let context = Some(&*past.context_bytes);
        let content = opened.content.verify(self.suite(), &then.signature_key, context)?;
        let opened = Opened { content, ratchet: Some(opened.step), member: Some(then) };
        Ok(Private::Opened(opened.into()))
    }

    fn verify_current(
        &self,
        content: AuthenticatedContent,
        ratchet: Option<RatchetStep>,
    ) -> Result<Opened, GroupError> {
        let (content, member) = self.public.verify_content(content)?;
        Ok(Opened { content, ratchet, member })
    }

    fn check_address(&self, group_id: &GroupId) -> Result<(), GroupError> {
        if group_id == self.group_id() { Ok(()) } else { Err(GroupError::WrongGroup) }
    }
}
