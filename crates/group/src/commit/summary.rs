//! What a commit does, in terms that an application can decide on.

use alloc::vec::Vec;

use copath_codec::Opaque;
use copath_credentials::Credential;
use copath_messages::{Commit, Extensions, LeafNode, PreSharedKeyId, Proposal, ReInit, Sender};
use copath_tree_math::LeafIndex;

use super::CheckedCommit;
use crate::Group;
use crate::message::Opened;

/// What a commit does. Indices are those of the epoch after it, except for removed members.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommitSummary {
    /// The epoch that the commit ends.
    pub epoch: u64,
    /// Who committed, with the credential before the commit (after it for an external commit).
    pub committer: MemberChange,
    /// Whether the committer joins by this commit (RFC 9420 §12.4.3.2).
    pub joins_externally: bool,
    /// The committer's new leaf, if the commit has a path.
    pub committer_update: Option<MemberChange>,
    /// Who is added.
    pub added: Vec<MemberChange>,
    /// Who updated, with the new credentials.
    pub updated: Vec<MemberChange>,
    /// Who is removed, with the old credentials.
    pub removed: Vec<MemberChange>,
    /// The pre-shared keys that are injected.
    pub psks: Vec<PreSharedKeyId>,
    /// The group context's new extensions, if they change.
    pub extensions: Option<Extensions>,
    /// The ReInit that closes the group.
    pub reinit: Option<ReInit>,
    /// Octets that the committer authenticated with the commit.
    pub authenticated_data: Vec<u8>,
}

/// A member as a commit leaves it, or finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberChange {
    /// The member's leaf.
    pub leaf: LeafIndex,
    /// Its credential.
    pub credential: Credential,
    /// Its signature key.
    pub signature_key: Opaque,
    /// Who proposed the change.
    pub proposed_by: Sender,
}

impl MemberChange {
    fn of_leaf_node(leaf: LeafIndex, node: &LeafNode, proposed_by: &Sender) -> Self {
        Self {
            leaf,
            credential: node.credential.clone(),
            signature_key: node.signature_key.clone(),
            proposed_by: *proposed_by,
        }
    }

    fn of_member(group: &Group, leaf: LeafIndex, proposed_by: &Sender) -> Option<Self> {
        let node = group.public.tree().leaf(leaf)?;
        Some(Self {
            leaf,
            credential: node.credential(),
            signature_key: Opaque::from(node.signature_key()),
            proposed_by: *proposed_by,
        })
    }
}

impl CommitSummary {
    pub(super) fn new(group: &Group, opened: &Opened, commit: &Commit, checked: &CheckedCommit) -> Self {
        let content = &opened.content.content;
        let entries = &checked.list.entries;
        let committer_update = commit
            .path
            .as_ref()
            .map(|path| MemberChange::of_leaf_node(checked.committer_leaf, &path.leaf_node, &content.sender));
        let joins_externally = content.sender == Sender::NewMemberCommit;
        let before = MemberChange::of_member(group, checked.committer_leaf, &content.sender);
        let committer = match (joins_externally, before, &committer_update) {
            (false, Some(before), _) => before,
            (_, _, Some(after)) => after.clone(),
            (_, _, None) => MemberChange {
                leaf: checked.committer_leaf,
                credential: Credential::basic(&[]),
                signature_key: Opaque::default(),
                proposed_by: content.sender,
            },
        };
        let at = |position: u32| entries.get(usize::try_from(position).unwrap_or(usize::MAX));
        Self {
            epoch: content.epoch,
            committer,
            joins_externally,
            committer_update,
            added: checked
                .applied
                .added
                .iter()
                .filter_map(|(leaf, position)| match at(*position) {
                    Some(entry) => match &entry.proposal {
                        Proposal::Add(add) => {
                            Some(MemberChange::of_leaf_node(*leaf, &add.key_package.leaf_node, &entry.sender))
                        }
                        _ => None,
                    },
                    None => None,
                })
                .collect(),
            updated: checked
                .applied
                .updated
                .iter()
                .filter_map(|(leaf, position)| {
                    match at(*position).map(|entry| (&entry.proposal, &entry.sender)) {
                        Some((Proposal::Update(update), sender)) => {
                            Some(MemberChange::of_leaf_node(*leaf, &update.leaf_node, sender))
                        }
                        _ => None,
                    }
                })
                .collect(),
            removed: entries
                .iter()
                .filter_map(|entry| match &entry.proposal {
                    Proposal::Remove(remove) => {
                        MemberChange::of_member(group, LeafIndex::new(remove.removed)?, &entry.sender)
                    }
                    _ => None,
                })
                .collect(),
            psks: checked.applied.psks.clone(),
            extensions: checked.applied.extensions_changed.then(|| checked.applied.extensions.clone()),
            reinit: checked.applied.reinit.clone(),
            authenticated_data: content.authenticated_data.to_vec(),
        }
    }
}
