//! Opening: unprotecting a message and verifying its signature with the key that its sender type selects.
//!
//! RFC 9420 §6.1 to §6.3.

use alloc::boxed::Box;

use copath_codec::Opaque;
use copath_messages::{
    AuthenticatedContent, ContentType, FramedContentBody, GroupId, PrivateMessage, Proposal, PublicMessage,
    Sender, WireFormat,
};
use copath_rules::{Part, Violation, rule};
use copath_tree_math::LeafIndex;

use crate::message::{Opened, RatchetStep, blank_sender};
use crate::past::MemberThen;
use crate::protection::{OpenKeys, check_membership_tag, open_private, open_sender};
use crate::rules::check_sender;
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
        let content = &message.content;
        self.check_address(&content.group_id)?;
        if content.content_type() == ContentType::Application {
            return Err(Violation::new(rule!("6-01")).at(Part::FramedContent).into());
        }
        self.check_current(content.epoch)?;
        let sender = content.sender;
        if let Sender::Member { leaf_index } = sender {
            // Blank or outside of the tree: refused before its tag is computed.
            self.current_member(leaf_index)?;
            let context = self.public.context_bytes();
            check_membership_tag(self.suite(), &self.secrets.membership_key, context, message)?;
        }
        let content = AuthenticatedContent {
            wire_format: WireFormat::PUBLIC_MESSAGE,
            content: content.clone(),
            auth: message.auth.clone(),
        };
        check_sender(&sender, &content.content.body)?;
        let opened = self.verify_current(content, None)?;
        let own = Sender::Member { leaf_index: self.own_leaf.as_u32() };
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
            if sender.leaf == self.own_leaf {
                return Ok(Private::Own(message.content_type));
            }
            let opened = open_private(&keys, message, &sender, &self.decode_context)?;
            let opened = self.verify_current(opened.content, Some(opened.step))?;
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
        let member = |leaf| self.past.member(message.epoch, leaf, self.public.tree());
        let filled = |leaf| matches!(member(leaf), Ok(Some(_)));
        let sender = open_sender(&keys, message, filled)?;
        if sender.leaf == self.own_leaf {
            return Ok(Private::Own(message.content_type));
        }
        let opened = open_private(&keys, message, &sender, &self.decode_context)?;
        let then = member(sender.leaf)?.ok_or_else(|| blank_sender(sender.leaf))?;
        let context = Some(&*past.context_bytes);
        let content = opened.content.verify(self.suite(), &then.signature_key, context)?;
        let opened = Opened { content, ratchet: Some(opened.step), member: Some(then) };
        Ok(Private::Opened(opened.into()))
    }

    /// Verifies the signature of content of the current epoch with the key that its sender type selects
    /// (RFC 9420 §6.1).
    fn verify_current(
        &self,
        content: AuthenticatedContent,
        ratchet: Option<RatchetStep>,
    ) -> Result<Opened, GroupError> {
        let context = Some(self.public.context_bytes());
        let suite = self.suite();
        let mut member = None;
        let (key, context) = match (&content.content.sender, &content.content.body) {
            (Sender::Member { leaf_index }, _) => {
                let then = self.current_member(*leaf_index)?;
                let key = then.signature_key.clone();
                member = Some(then);
                (key, context)
            }
            (Sender::External { sender_index }, _) => (self.external_sender_key(*sender_index)?, None),
            (Sender::NewMemberProposal, FramedContentBody::Proposal(Proposal::Add(add))) => {
                (add.key_package.leaf_node.signature_key.clone(), None)
            }
            (Sender::NewMemberCommit, FramedContentBody::Commit(commit)) => {
                let path = commit
                    .path
                    .as_ref()
                    .ok_or_else(|| Violation::new(rule!("12.4.3.2-03")).at(Part::Message))?;
                (path.leaf_node.signature_key.clone(), context)
            }
            (Sender::NewMemberProposal | Sender::NewMemberCommit, _) => {
                return Err(Violation::new(rule!("6.1-07")).at(Part::FramedContent).into());
            }
        };
        Ok(Opened { content: content.verify(suite, &key, context)?, ratchet, member })
    }

    fn current_member(&self, leaf_index: u32) -> Result<MemberThen, GroupError> {
        LeafIndex::new(leaf_index)
            .and_then(|leaf| MemberThen::in_tree(self.public.tree(), leaf))
            .ok_or_else(|| Violation::new(rule!("6.1-03")).at(Part::Leaf(leaf_index)).into())
    }

    /// RFC 9420 §12.1.8.1.
    fn external_sender_key(&self, sender_index: u32) -> Result<Opaque, GroupError> {
        let senders = self
            .public
            .context()
            .extensions
            .external_senders()?
            .ok_or_else(|| Violation::new(rule!("12.1.8-01")).at(Part::ExternalSender(sender_index)))?;
        let entry = usize::try_from(sender_index).ok().and_then(|index| senders.get(index));
        let entry =
            entry.ok_or_else(|| Violation::new(rule!("6.1-04")).at(Part::ExternalSender(sender_index)))?;
        Ok(entry.signature_key.clone())
    }

    fn check_address(&self, group_id: &GroupId) -> Result<(), GroupError> {
        if group_id == self.group_id() { Ok(()) } else { Err(GroupError::WrongGroup) }
    }

    fn check_current(&self, epoch: u64) -> Result<(), GroupError> {
        if epoch == self.epoch() { Ok(()) } else { Err(self.wrong_epoch(epoch)) }
    }
}
