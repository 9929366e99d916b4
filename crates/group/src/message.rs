//! Receiving: from an MLSMessage to verified content, and on to what it is.
//!
//! RFC 9420 §6. The way of a message: bytes -> [`MlsMessage`] -> opened and verified -> an application message, a
//! proposal to be queued ([`crate::ProposalCheck`]) or a commit to be staged ([`crate::CommitCheck`]).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use copath_codec::{DecodeContext, Encode, Opaque};
use copath_credentials::{Credential, Timestamp};
use copath_key_schedule::{ContentKind, RatchetChange};
use copath_messages::{ContentType, FramedContentBody, MlsMessage, MlsMessageBody, Sender, VerifiedContent};
use copath_rules::{Part, Violation, rule};
use copath_tree_math::LeafIndex;

use crate::open::Private;
use crate::past::MemberThen;
use crate::propose::ProposalCheck;
use crate::transition::{Change, Prepared};
use crate::{CommitCheck, Group, GroupError, Misuse, PolicyRefusal};

/// What a received message turned out to be. Nothing has changed yet.
#[derive(Debug)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "it is matched at once; a box would cost each message an allocation"
)]
pub enum Received {
    /// Application data: store the delta, apply the patch, then use the data.
    Application(Prepared<ApplicationMessage>),
    /// A proposal to be queued.
    Proposal(Box<ProposalCheck>),
    /// A commit of somebody else, to be staged.
    Commit(Box<CommitCheck>),
    /// The echo of the pending commit: it was accepted ([`Group::accept_pending_commit`]).
    PendingCommitAccepted,
    /// The echo of one's own proposal or application message, or of a commit of one's own that was accepted or lost
    /// before, or a proposal that is queued already: nothing to do.
    Known,
}

/// Application data of a member. `Debug` tells lengths, not content.
#[derive(Clone, PartialEq, Eq)]
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

impl fmt::Debug for ApplicationMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplicationMessage")
            .field("data.len", &self.data.len())
            .field("authenticated_data.len", &self.authenticated_data.len())
            .field("sender", &self.sender)
            .field("epoch", &self.epoch)
            .finish()
    }
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
        decode_message(octets, self.policy.max_message_size, self.registrations.decode_context())
    }

    /// Opens and verifies a message of this group and tells what it is.
    ///
    /// # Errors
    /// It is not of this group, not of a known epoch, forged, or breaks a rule; the group is unchanged.
    pub fn receive(&self, message: &MlsMessage, now: Timestamp) -> Result<Received, GroupError> {
        if self.is_sent_commit(message)? {
            return Ok(Received::Known);
        }
        if !is_application(message) {
            // Late application messages can still be read after the end.
            self.check_active()?;
        }
        if self.is_pending_commit(message)? {
            return Ok(Received::PendingCommitAccepted);
        }
        let opened = match &message.body {
            MlsMessageBody::PublicMessage(message) => self.open_public_message(message)?,
            MlsMessageBody::PrivateMessage(message) => match self.open_private_message(message)? {
                Private::Opened(opened) => *opened,
                Private::Own(ContentType::Commit) => return Err(Misuse::DroppedCommit.into()),
                Private::Own(_) => return Ok(Received::Known),
            },
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

    /// Whether the message is a commit of one's own that was accepted or lost already.
    fn is_sent_commit(&self, message: &MlsMessage) -> Result<bool, GroupError> {
        let epoch = match &message.body {
            MlsMessageBody::PublicMessage(message) => message.content.epoch,
            MlsMessageBody::PrivateMessage(message) if message.content_type == ContentType::Commit => {
                message.epoch
            }
            _ => return Ok(false),
        };
        let Some(hash) = self.sent_commits.get(&epoch) else { return Ok(false) };
        Ok(self.suite().hash(&[&message.to_bytes()?]) == *hash)
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

    pub(crate) fn wrong_epoch(&self, epoch: u64) -> GroupError {
        self.public.wrong_epoch(epoch)
    }
}

fn sender_leaf(sender: &Sender) -> Result<LeafIndex, GroupError> {
    match sender {
        Sender::Member { leaf_index } => LeafIndex::new(*leaf_index)
            .ok_or_else(|| Violation::new(rule!("6.1-03")).at(Part::Leaf(*leaf_index)).into()),
        _ => Err(Misuse::WrongMessageKind.into()),
    }
}

pub(crate) fn blank_sender(leaf: LeafIndex) -> Violation {
    Violation::new(rule!("6.3.2-04")).at(Part::Leaf(leaf.as_u32()))
}

/// Whether a message carries application data, which only a PrivateMessage may.
fn is_application(message: &MlsMessage) -> bool {
    match &message.body {
        MlsMessageBody::PrivateMessage(message) => message.content_type == ContentType::Application,
        _ => false,
    }
}

/// Decodes one MLSMessage of at most `limit` octets.
pub(crate) fn decode_message(
    octets: &[u8],
    limit: usize,
    context: &DecodeContext,
) -> Result<MlsMessage, GroupError> {
    if octets.len() > limit {
        let refusal = PolicyRefusal::MessageSize { octets: octets.len(), limit };
        return Err(Misuse::Policy(refusal).into());
    }
    Ok(copath_codec::Decode::from_bytes_in(octets, context)?)
}
