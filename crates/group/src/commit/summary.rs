//! What a commit does, in terms that an application can decide on.

use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_codec::Opaque;
use copath_credentials::Credential;
use copath_messages::{
    AuthenticatedContent, Commit, CustomProposal, Extensions, LeafNode, PreSharedKeyId, Proposal,
    ProposalType, ReInit,
};
use copath_rules::{Part, Violation, rule};
use copath_tree_math::LeafIndex;

use super::CheckedCommit;
use crate::GroupError;
use crate::author::{Author, Authors};
use crate::proposals::ListedProposal;
use crate::public_state::PublicState;
use crate::rules::removed_leaf;

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
    /// Who is removed or leaves, with the old credentials.
    pub removed: Vec<MemberChange>,
    /// The pre-shared keys that are injected.
    pub psks: Vec<PreSharedKeyId>,
    /// The group context's new extensions, if they change.
    pub extensions: Option<Extensions>,
    /// The ReInit that closes the group.
    pub reinit: Option<ReInit>,
    /// The proposals of registered types beyond RFC 9420, in the commit's order; those by which members leave too.
    pub custom: Vec<CustomChange>,
    /// All proposals that the commit covers, in its order, with who proposed each.
    pub proposals: Vec<CommittedProposal>,
    /// Octets that the committer authenticated with the commit.
    pub authenticated_data: Vec<u8>,
}

/// A proposal of a registered type beyond RFC 9420. Beside what its registration says that it does to the group, the
/// application carries it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomChange {
    /// The proposal.
    pub proposal: CustomProposal,
    /// Who proposed it.
    pub proposed_by: Arc<Author>,
}

/// A proposal that a commit covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedProposal {
    /// Its type.
    pub proposal_type: ProposalType,
    /// Who proposed it.
    pub proposed_by: Arc<Author>,
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
    pub proposed_by: Arc<Author>,
}

impl MemberChange {
    fn of_leaf_node(leaf: LeafIndex, node: &LeafNode, proposed_by: Arc<Author>) -> Self {
        Self {
            leaf,
            credential: node.credential.clone(),
            signature_key: node.signature_key.clone(),
            proposed_by,
        }
    }

    fn of_member(state: &PublicState, leaf: LeafIndex, proposed_by: Arc<Author>) -> Option<Self> {
        let node = state.tree().leaf(leaf)?;
        Some(Self {
            leaf,
            credential: node.credential(),
            signature_key: Opaque::from(node.signature_key()),
            proposed_by,
        })
    }
}

impl CommitSummary {
    /// What `commit`, whose list is valid, does to `state`.
    ///
    /// # Errors
    /// Rule 6.1-03 if the committer is no member and brings no leaf.
    pub(crate) fn new(
        state: &PublicState,
        content: &AuthenticatedContent,
        commit: &Commit,
        checked: &CheckedCommit,
    ) -> Result<Self, GroupError> {
        let content = &content.content;
        let leaf = checked.committer_leaf;
        let path = commit.path.as_ref().map(|path| &*path.leaf_node);
        let mut authors = Authors::new(state, path);
        let committer = authors.committer(content.sender)?;
        let after = path.map(|path| MemberChange::of_leaf_node(leaf, path, Arc::clone(&committer)));
        let before = if checked.is_external() {
            after.clone()
        } else {
            MemberChange::of_member(state, leaf, committer)
        };
        let missing = || Violation::new(rule!("6.1-03")).at(Part::Leaf(leaf.as_u32()));
        let applied = &checked.applied;
        let entries = Proposed::all(checked, &mut authors)?;
        Ok(Self {
            epoch: content.epoch,
            committer: before.ok_or_else(missing)?,
            joins_externally: checked.is_external(),
            committer_update: after,
            added: changes(&entries, &applied.added),
            updated: changes(&entries, &applied.updated),
            removed: entries.iter().filter_map(|entry| entry.removed(state)).collect(),
            psks: applied.psks.clone(),
            extensions: applied.extensions_changed.then(|| applied.extensions.clone()),
            reinit: applied.reinit.clone(),
            custom: entries.iter().filter_map(Proposed::custom).collect(),
            proposals: entries.iter().map(Proposed::covered).collect(),
            authenticated_data: content.authenticated_data.to_vec(),
        })
    }
}

/// A proposal of the commit's list, with its author.
struct Proposed<'a> {
    listed: &'a ListedProposal,
    author: Arc<Author>,
}

impl<'a> Proposed<'a> {
    fn all(checked: &'a CheckedCommit, authors: &mut Authors<'_>) -> Result<Vec<Self>, GroupError> {
        let entries = checked.list.entries.iter();
        entries
            .map(|listed| Ok(Self { listed, author: authors.of(listed.sender, &listed.proposal)? }))
            .collect()
    }

    fn covered(&self) -> CommittedProposal {
        let proposal_type = self.listed.proposal.proposal_type();
        CommittedProposal { proposal_type, proposed_by: Arc::clone(&self.author) }
    }

    fn custom(&self) -> Option<CustomChange> {
        match &*self.listed.proposal {
            Proposal::Custom(proposal) => {
                let proposed_by = Arc::clone(&self.author);
                Some(CustomChange { proposal: proposal.clone(), proposed_by })
            }
            _ => None,
        }
    }

    fn removed(&self, state: &PublicState) -> Option<MemberChange> {
        MemberChange::of_member(state, removed_leaf(state, self.listed)?, Arc::clone(&self.author))
    }
}

/// The leaves that Adds or Updates at these positions brought in.
fn changes(entries: &[Proposed<'_>], at: &[(LeafIndex, u32)]) -> Vec<MemberChange> {
    let entry = |position: u32| entries.get(usize::try_from(position).ok()?);
    at.iter()
        .filter_map(|(leaf, position)| {
            let entry = entry(*position)?;
            let node = match &*entry.listed.proposal {
                Proposal::Add(add) => &add.key_package.leaf_node,
                Proposal::Update(update) => &update.leaf_node,
                _ => return None,
            };
            Some(MemberChange::of_leaf_node(*leaf, node, Arc::clone(&entry.author)))
        })
        .collect()
}
