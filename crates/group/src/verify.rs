//! Verifying messages of the current epoch, as far as it takes no secrets.
//!
//! RFC 9420 §6.1 and §6.2. Members and observers share this.

use copath_codec::Opaque;
use copath_messages::{
    AuthenticatedContent, ContentType, FramedContentBody, Proposal, PublicMessage, Sender, VerifiedContent,
};
use copath_rules::{Part, Violation, rule};
use copath_tree_math::LeafIndex;

use crate::GroupError;
use crate::past::MemberThen;
use crate::public_state::PublicState;
use crate::rules::check_sender;

impl PublicState {
    /// What can be said of a PublicMessage before its tag and signature: address, epoch, sender, content type.
    pub(crate) fn check_public_message(&self, message: &PublicMessage) -> Result<(), GroupError> {
        let content = &message.content;
        if content.group_id != self.context().group_id {
            return Err(GroupError::WrongGroup);
        }
        if content.content_type() == ContentType::Application {
            return Err(Violation::new(rule!("6-01")).at(Part::FramedContent).into());
        }
        if content.epoch != self.epoch() {
            return Err(self.wrong_epoch(content.epoch));
        }
        if let Sender::Member { leaf_index } = content.sender {
            // Blank or outside of the tree: refused before its tag is computed.
            self.current_member(leaf_index)?;
        }
        Ok(check_sender(self.registrations(), &content.sender, &content.body)?)
    }

    /// Verifies the signature of content of this epoch with the key that its sender type selects (RFC 9420 §6.1);
    /// tells the member that sent it, if a member did.
    pub(crate) fn verify_content(
        &self,
        content: AuthenticatedContent,
    ) -> Result<(VerifiedContent, Option<MemberThen>), GroupError> {
        let context = Some(self.context_bytes());
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
                let missing = || Violation::new(rule!("12.4.3.2-03")).at(Part::Message);
                let path = commit.path.as_ref().ok_or_else(missing)?;
                (path.leaf_node.signature_key.clone(), context)
            }
            (Sender::NewMemberProposal | Sender::NewMemberCommit, _) => {
                return Err(Violation::new(rule!("6.1-07")).at(Part::FramedContent).into());
            }
        };
        Ok((content.verify(self.suite(), &key, context)?, member))
    }

    pub(crate) fn wrong_epoch(&self, epoch: u64) -> GroupError {
        GroupError::WrongEpoch { message: epoch, group: self.epoch(), rule: rule!("12.4.2-01") }
    }

    fn current_member(&self, leaf_index: u32) -> Result<MemberThen, GroupError> {
        LeafIndex::new(leaf_index)
            .and_then(|leaf| MemberThen::in_tree(self.tree(), leaf))
            .ok_or_else(|| Violation::new(rule!("6.1-03")).at(Part::Leaf(leaf_index)).into())
    }

    /// RFC 9420 §12.1.8.1.
    fn external_sender_key(&self, sender_index: u32) -> Result<Opaque, GroupError> {
        let part = Part::ExternalSender(sender_index);
        let senders = self.context().extensions.external_senders_in(self.registrations().decode_context())?;
        let senders = senders.ok_or_else(|| Violation::new(rule!("12.1.8-01")).at(part))?;
        let entry = usize::try_from(sender_index).ok().and_then(|index| senders.get(index));
        let entry = entry.ok_or_else(|| Violation::new(rule!("6.1-04")).at(part))?;
        Ok(entry.signature_key.clone())
    }
}
