//! Receiving: from an MLSMessage to verified content, and on to what it is.
//!
//! RFC 9420 §6. The way of a message: bytes -> [`MlsMessage`] -> opened and verified -> an application message, a
//! proposal to be queued ([`crate::ProposalCheck`]) or a commit to be staged ([`crate::CommitCheck`]).

use alloc::boxed::Box;
use alloc::vec::Vec;

use copath_codec::{DecodeContext, Encode, Opaque};
use copath_credentials::{Credential, Timestamp};
use copath_key_schedule::{ContentKind, RatchetChange};
use copath_messages::{
    AuthenticatedContent, ContentType, FramedContentBody, GroupId, MlsMessage, MlsMessageBody,
    PrivateMessage, Proposal, PublicMessage, Sender, VerifiedContent, WireFormat,
};
use copath_rules::{Part, Violation, rule};
use copath_tree_math::LeafIndex;

use crate::past::MemberThen;
use crate::propose::ProposalCheck;
use crate::protection::{OpenKeys, check_membership_tag, open_private};
use crate::rules::check_sender;
use crate::transition::{Change, Prepared};
use crate::{CommitCheck, Group, GroupError, Misuse, PolicyRefusal};

/// What a received message turned out to be. Nothing has changed yet.
#[derive(Debug)]
#[non_exhaustive]
pub enum Received {
    /// Application data: store the delta, apply the patch, then use the data.
    Application(Prepared<ApplicationMessage>),
    /// A proposal to be queued.
    Proposal(Box<ProposalCheck>),
    /// A commit of somebody else, to be staged.
    Commit(Box<CommitCheck>),
    /// The echo of the pending commit: it was accepted ([`Group::accept_pending_commit`]).
    PendingCommitAccepted,
    /// The echo of one's own proposal, which is queued already.
    OwnProposal,
}

/// Application data of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApplicationMessage {
    /// The data.
    pub data: Vec<u8>,
    /// Octets that the sender authenticated but did not encrypt.
    pub authenticated_data: Vec<u8>,
    /// Who sent it, as of the message's epoch.
    pub sender: MessageSender,
    /// The epoch in which it was sent.
    pub epoch: u64,
}

/// A member that sent something, as of the epoch in which it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageSender {
    /// Its leaf in that epoch.
    pub leaf: LeafIndex,
    /// Its credential in that epoch.
    pub credential: Credential,
    /// The signature key under which the message was verified.
    pub signature_key: Opaque,
}

/// Content whose signature has been verified with the key that its sender type selects.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) content: VerifiedContent,
    /// The step of the sender's ratchet, for a PrivateMessage.
    pub(crate) ratchet: Option<RatchetStep>,
    /// The member that sent it, if a member did.
    pub(crate) member: Option<MemberThen>,
}

/// A step of a ratchet of some epoch, by which a message was opened.
#[derive(Debug)]
pub(crate) struct RatchetStep {
    pub(crate) epoch: u64,
    pub(crate) leaf: LeafIndex,
    pub(crate) kind: ContentKind,
    pub(crate) generation: u32,
    pub(crate) change: RatchetChange,
}

impl Group {
    /// Decodes a message within the policy's size limit.
    ///
    /// # Errors
    /// It is malformed or too large.
    pub fn decode(&self, octets: &[u8]) -> Result<MlsMessage, GroupError> {
        decode_message(octets, self.policy.max_message_size, &self.decode_context)
    }

    /// Opens and verifies a message of this group and tells what it is.
    ///
    /// # Errors
    /// It is not of this group, not of a known epoch, forged, or breaks a rule; the group is unchanged.
    pub fn receive(&self, message: &MlsMessage, now: Timestamp) -> Result<Received, GroupError> {
        self.check_active()?;
        if self.is_pending_commit(message)? {
            return Ok(Received::PendingCommitAccepted);
        }
        let opened = match &message.body {
            MlsMessageBody::PublicMessage(message) => self.open_public_message(message)?,
            MlsMessageBody::PrivateMessage(message) => self.open_private_message(message)?,
            _ => return Err(Misuse::WrongMessageKind.into()),
        };
        match opened.content.content.content_type() {
            ContentType::Application => self.received_application(opened).map(Received::Application),
            ContentType::Proposal => self.received_proposal(opened, now),
            ContentType::Commit => {
                self.check_received_commit(opened, now).map(|check| Received::Commit(check.into()))
            }
        }
    }

    /// The echo of one's own pending commit is recognised by its hash, so it needs no opening.
    fn is_pending_commit(&self, message: &MlsMessage) -> Result<bool, GroupError> {
        let Some(pending) = &self.pending_commit else { return Ok(false) };
        let encoded = message.to_bytes()?;
        Ok(self.suite().hash(&[&encoded]) == pending.message_hash)
    }

    /// RFC 9420 §6.2.
    fn open_public_message(&self, message: &PublicMessage) -> Result<Opened, GroupError> {
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
        self.verify_current(content, None)
    }

    /// RFC 9420 §6.3: handshake messages of the current epoch, application messages also of past ones.
    fn open_private_message(&self, message: &PrivateMessage) -> Result<Opened, GroupError> {
        self.check_address(&message.group_id)?;
        if message.epoch == self.epoch() {
            let tree = self.public.tree();
            let opened = open_private(
                &self.open_keys(),
                message,
                |leaf| tree.leaf(leaf).is_some(),
                &self.decode_context,
            )?;
            return self.verify_current(opened.content, Some(opened.step));
        }
        if message.content_type != ContentType::Application {
            return Err(self.wrong_epoch(message.epoch));
        }
        self.open_past_message(message)
    }

    /// RFC 9420 §15.3: verified against the leaf as of the message's epoch.
    fn open_past_message(&self, message: &PrivateMessage) -> Result<Opened, GroupError> {
        let past = self.past.find(message.epoch).ok_or_else(|| self.wrong_epoch(message.epoch))?;
        let keys = OpenKeys {
            suite: self.suite(),
            sender_data_secret: &past.sender_data_secret,
            secret_tree: &past.secret_tree,
            limits: self.policy.ratchet_limits(),
        };
        let member = |leaf| self.past.member(message.epoch, leaf, self.public.tree());
        let filled = |leaf| matches!(member(leaf), Ok(Some(_)));
        let opened = open_private(&keys, message, filled, &self.decode_context)?;
        let leaf = sender_leaf(&opened.content.content.sender)?;
        let then = member(leaf)?.ok_or_else(|| blank_sender(leaf))?;
        let context = Some(&*past.context_bytes);
        let content = opened.content.verify(self.suite(), &then.signature_key, context)?;
        Ok(Opened { content, ratchet: Some(opened.step), member: Some(then) })
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

    fn received_application(&self, opened: Opened) -> Result<Prepared<ApplicationMessage>, GroupError> {
        let Opened { content, ratchet, member } = opened;
        let framed = content.into_authenticated_content().content;
        let leaf = sender_leaf(&framed.sender)?;
        let then = member.ok_or_else(|| blank_sender(leaf))?;
        let FramedContentBody::Application(data) = framed.body else {
            return Err(Misuse::WrongMessageKind.into());
        };
        let message = ApplicationMessage {
            data: data.into_vec(),
            authenticated_data: framed.authenticated_data.into_vec(),
            sender: MessageSender { leaf, credential: then.credential, signature_key: then.signature_key },
            epoch: framed.epoch,
        };
        let changes = self.ratchet_change(ratchet)?;
        self.prepare(message, changes.into_iter().collect())
    }

    /// The change of the ratchet by which a message was opened, worked out anew if other messages of the epoch came
    /// between.
    ///
    /// # Errors
    /// Rule 6.3.1-11 if the same message has been processed meanwhile.
    pub(crate) fn ratchet_change(&self, step: Option<RatchetStep>) -> Result<Option<Change>, GroupError> {
        let Some(RatchetStep { epoch, leaf, kind, generation, change }) = step else { return Ok(None) };
        let tree = if epoch == self.epoch() {
            Some(&self.secret_tree)
        } else {
            self.past.find(epoch).map(|past| &past.secret_tree)
        };
        let tree = tree.ok_or_else(|| self.wrong_epoch(epoch))?;
        let change = if tree.is_current(&change) {
            change
        } else {
            tree.peek(self.suite(), leaf, kind, generation, &self.policy.ratchet_limits())?.change
        };
        Ok(Some(Change::Ratchet { epoch, change }))
    }

    fn check_address(&self, group_id: &GroupId) -> Result<(), GroupError> {
        if group_id == self.group_id() { Ok(()) } else { Err(GroupError::WrongGroup) }
    }

    fn check_current(&self, epoch: u64) -> Result<(), GroupError> {
        if epoch == self.epoch() { Ok(()) } else { Err(self.wrong_epoch(epoch)) }
    }

    fn wrong_epoch(&self, epoch: u64) -> GroupError {
        GroupError::WrongEpoch { message: epoch, group: self.epoch(), rule: rule!("12.4.2-01") }
    }
}

fn sender_leaf(sender: &Sender) -> Result<LeafIndex, GroupError> {
    match sender {
        Sender::Member { leaf_index } => LeafIndex::new(*leaf_index)
            .ok_or_else(|| Violation::new(rule!("6.1-03")).at(Part::Leaf(*leaf_index)).into()),
        _ => Err(Misuse::WrongMessageKind.into()),
    }
}

fn blank_sender(leaf: LeafIndex) -> Violation {
    Violation::new(rule!("6.3.2-04")).at(Part::Leaf(leaf.as_u32()))
}

/// Decodes one MLSMessage of at most `limit` octets.
pub(crate) fn decode_message(
    octets: &[u8],
    limit: usize,
    context: &DecodeContext,
) -> Result<MlsMessage, GroupError> {
    if octets.len() > limit {
        return Err(Misuse::Policy(PolicyRefusal::MessageSize).into());
    }
    Ok(copath_codec::Decode::from_bytes_in(octets, context)?)
}
