//! What a registered rule is told about the proposal that it judges.

use copath_messages::{GroupContext, Proposal, Sender};
use copath_tree_math::LeafIndex;

use crate::proposals::{ProposalList, Source};
use crate::public_state::PublicState;
use crate::{Inclusion, Member};

/// Where a proposal of a registered type stands: in which group, from whom, and beside which others.
#[derive(Clone, Copy, Debug)]
pub struct ProposalContext<'a> {
    state: &'a PublicState,
    sender: Sender,
    commit: Option<ProposalsOfCommit<'a>>,
}

/// The list of a commit, as a registered rule sees it.
#[derive(Clone, Copy, Debug)]
pub struct ProposalsOfCommit<'a> {
    list: &'a ProposalList,
    position: u32,
}

/// A proposal in the list of a commit.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CoveredProposal<'a> {
    /// Its position in the list.
    pub position: u32,
    /// What it proposes.
    pub proposal: &'a Proposal,
    /// Who sent it.
    pub sender: Sender,
    /// How the commit covers it: by value or by reference.
    pub inclusion: Inclusion,
}

impl<'a> ProposalContext<'a> {
    /// A proposal from `sender`, alone.
    pub(crate) fn alone(state: &'a PublicState, sender: Sender) -> Self {
        Self { state, sender, commit: None }
    }

    /// The proposal at `position` of a commit's list.
    pub(crate) fn in_commit(
        state: &'a PublicState,
        sender: Sender,
        list: &'a ProposalList,
        position: u32,
    ) -> Self {
        Self { state, sender, commit: Some(ProposalsOfCommit { list, position }) }
    }

    /// Who sent the proposal.
    pub fn sender(&self) -> Sender {
        self.sender
    }

    /// The member that sent it, if a member did.
    pub fn member_sender(&self) -> Option<Member> {
        match self.sender {
            Sender::Member { leaf_index } => self.member(LeafIndex::new(leaf_index)?),
            _ => None,
        }
    }

    /// The group context of the epoch in which it was sent (RFC 9420 §8.1).
    pub fn group_context(&self) -> &'a GroupContext {
        self.state.context()
    }

    /// What everybody who follows the group knows of that epoch.
    pub fn public_state(&self) -> &'a PublicState {
        self.state
    }

    /// The member at a leaf in that epoch.
    pub fn member(&self, leaf: LeafIndex) -> Option<Member> {
        self.state.member(leaf)
    }

    /// The members of that epoch from left to right. Goes over all leaves as it is consumed.
    pub fn members(&self) -> impl Iterator<Item = Member> + 'a {
        self.state.members()
    }

    /// The commit that covers the proposal; `None` while it is judged alone.
    pub fn commit(&self) -> Option<&ProposalsOfCommit<'a>> {
        self.commit.as_ref()
    }
}

impl<'a> ProposalsOfCommit<'a> {
    /// The position of the proposal that is judged.
    pub fn position(&self) -> u32 {
        self.position
    }

    /// Who commits.
    pub fn committer(&self) -> Sender {
        self.list.committer.sender()
    }

    /// All proposals of the commit in its order, the one that is judged among them.
    pub fn proposals(&self) -> impl Iterator<Item = CoveredProposal<'a>> + use<'a> {
        self.list.numbered().map(|(position, entry)| CoveredProposal {
            position,
            proposal: &entry.proposal,
            sender: entry.sender,
            inclusion: match entry.source {
                Source::Value => Inclusion::ByValue,
                Source::Reference(_) => Inclusion::ByReference,
            },
        })
    }
}
