//! Who did something.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_codec::Opaque;
use copath_credentials::Credential;
use copath_messages::{ExternalSender, LeafNode, Proposal, Sender};
use copath_rules::{Part, Violation, rule};
use copath_tree_math::LeafIndex;

use crate::GroupError;
use crate::public_state::PublicState;

/// Who sent a verified message, as of the message's epoch.
///
/// RFC 9420 §6.1. Its signature was verified with the key here, and the validator has accepted the credential with that
/// key, but for clients that ask to join, whose credential is accepted with their proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// What kind of sender it is: the leaf of a member, the position of an external sender, a client that joins.
    pub sender: Sender,
    /// Its credential: that of the leaf or of the external sender; of a client that joins, that of the leaf it brings.
    pub credential: Credential,
    /// The key that the signature was verified with.
    pub signature_key: Opaque,
}

impl Author {
    /// The leaf in the message's epoch, if a member sent it.
    pub fn leaf(&self) -> Option<LeafIndex> {
        match self.sender {
            Sender::Member { leaf_index } => LeafIndex::new(leaf_index),
            _ => None,
        }
    }

    fn of_leaf_node(sender: Sender, leaf: &LeafNode) -> Self {
        Self { sender, credential: leaf.credential.clone(), signature_key: leaf.signature_key.clone() }
    }
}

/// The authors in one epoch; each is made once and shared, since one member may have sent many proposals.
pub(crate) struct Authors<'a> {
    state: &'a PublicState,
    /// The leaf in the path of a commit, which is that of its sender if it joins by it.
    path_leaf: Option<&'a LeafNode>,
    external_senders: Option<Vec<ExternalSender>>,
    known: BTreeMap<Sender, Arc<Author>>,
}

impl<'a> Authors<'a> {
    pub(crate) fn new(state: &'a PublicState, path_leaf: Option<&'a LeafNode>) -> Self {
        Self { state, path_leaf, external_senders: None, known: BTreeMap::new() }
    }

    /// Who sent `proposal` as `sender`. The message was verified before, so the author is found.
    pub(crate) fn of(&mut self, sender: Sender, proposal: &Proposal) -> Result<Arc<Author>, GroupError> {
        if let (Sender::NewMemberProposal, Proposal::Add(add)) = (sender, proposal) {
            // Each brings a leaf of its own.
            return Ok(Arc::new(Author::of_leaf_node(sender, &add.key_package.leaf_node)));
        }
        self.committer(sender)
    }

    /// Who sent a commit as `sender`.
    pub(crate) fn committer(&mut self, sender: Sender) -> Result<Arc<Author>, GroupError> {
        if let Some(author) = self.known.get(&sender) {
            return Ok(Arc::clone(author));
        }
        let author = Arc::new(self.find(sender)?);
        self.known.insert(sender, Arc::clone(&author));
        Ok(author)
    }

    fn find(&mut self, sender: Sender) -> Result<Author, GroupError> {
        match sender {
            Sender::Member { leaf_index } => {
                let missing = || Violation::new(rule!("6.1-03")).at(Part::Leaf(leaf_index));
                let leaf = LeafIndex::new(leaf_index).and_then(|leaf| self.state.tree().leaf(leaf));
                let leaf = leaf.ok_or_else(missing)?;
                let (credential, signature_key) = (leaf.credential(), Opaque::from(leaf.signature_key()));
                Ok(Author { sender, credential, signature_key })
            }
            Sender::External { sender_index } => {
                let listed = match &mut self.external_senders {
                    Some(listed) => listed,
                    unread => unread.insert(self.state.external_senders()?),
                };
                let found = usize::try_from(sender_index).ok().and_then(|index| listed.get(index));
                let missing = || Violation::new(rule!("6.1-04")).at(Part::ExternalSender(sender_index));
                let ExternalSender { signature_key, credential } = found.ok_or_else(missing)?.clone();
                Ok(Author { sender, credential, signature_key })
            }
            Sender::NewMemberProposal | Sender::NewMemberCommit => {
                let missing = || Violation::new(rule!("6.1-06")).at(Part::Message);
                let leaf = self.path_leaf.ok_or_else(missing)?;
                Ok(Author::of_leaf_node(sender, leaf))
            }
        }
    }
}
