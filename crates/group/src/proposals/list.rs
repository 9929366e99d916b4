//! The proposals that one commit covers, with who sent each.
//!
//! RFC 9420 §12.2 and §12.4.

use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_messages::{Commit, Proposal, ProposalOrRef, Sender};
use copath_rules::{Part, Violation, rule};
use copath_tree_math::LeafIndex;

use super::{ProposalQueue, QueuedProposal};
use crate::registrations::Registrations;

/// Who commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Committer {
    /// A member of the epoch that the commit ends.
    Member(LeafIndex),
    /// A client that joins by this commit (RFC 9420 §12.4.3.2).
    External,
}

/// How a commit covers a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// It stands in the commit.
    Value,
    /// It was sent before, and the commit names it by this ProposalRef.
    Reference(Vec<u8>),
}

/// A proposal of a commit.
#[derive(Clone, Debug)]
pub(crate) struct ListedProposal {
    /// Shared: a commit may name one proposal as often as it likes.
    pub(crate) proposal: Arc<Proposal>,
    pub(crate) sender: Sender,
    pub(crate) source: Source,
}

/// The proposals of a commit, in its order.
#[derive(Clone, Debug)]
pub(crate) struct ProposalList {
    pub(crate) committer: Committer,
    pub(crate) entries: Vec<ListedProposal>,
}

impl ListedProposal {
    /// A pending proposal, by reference.
    pub(crate) fn by_reference(queued: &QueuedProposal) -> Self {
        Self {
            proposal: Arc::clone(&queued.proposal),
            sender: queued.sender,
            source: Source::Reference(queued.reference.clone()),
        }
    }

    /// A proposal of the committer's own, by value.
    pub(crate) fn by_value(proposal: Proposal, committer: Committer) -> Self {
        Self { proposal: Arc::new(proposal), sender: committer.sender(), source: Source::Value }
    }

    /// The leaf of the member that sent it, if a member did.
    pub(crate) fn member_sender(&self) -> Option<LeafIndex> {
        match self.sender {
            Sender::Member { leaf_index } => LeafIndex::new(leaf_index),
            _ => None,
        }
    }

    /// As it stands in the commit.
    pub(crate) fn into_wire(self) -> ProposalOrRef {
        match self.source {
            Source::Value => ProposalOrRef::Proposal(Arc::unwrap_or_clone(self.proposal)),
            Source::Reference(reference) => ProposalOrRef::Reference(reference.into()),
        }
    }
}

impl Committer {
    /// As it stands in the commit's framing.
    pub(crate) fn sender(self) -> Sender {
        match self {
            Self::Member(leaf) => Sender::Member { leaf_index: leaf.as_u32() },
            Self::External => Sender::NewMemberCommit,
        }
    }
}

impl ProposalList {
    /// Resolves the references of a received commit.
    ///
    /// # Errors
    /// Rule 12.2-02 names every reference that isn't of this epoch; rule 12.4.3.2-04 one of an external commit that no
    /// registration opens to references.
    pub(crate) fn resolve(
        commit: &Commit,
        committer: Committer,
        queue: &ProposalQueue,
        registrations: &Registrations,
    ) -> Result<Self, Violation> {
        let mut entries = Vec::new();
        let mut unknown = Violation::new(rule!("12.2-02"));
        for (position, proposal) in (0u32..).zip(&commit.proposals) {
            match proposal {
                ProposalOrRef::Proposal(proposal) => {
                    entries.push(ListedProposal::by_value(proposal.clone(), committer));
                }
                ProposalOrRef::Reference(reference) => match queue.find(reference.as_ref()) {
                    Some(queued) => entries.push(ListedProposal::by_reference(queued)),
                    None if committer == Committer::External && !registrations.open_external_commits() => {
                        return Err(Violation::new(rule!("12.4.3.2-04")).at(Part::Proposal(position)));
                    }
                    None => unknown = unknown.at(Part::Proposal(position)),
                },
            }
        }
        if unknown.parts().is_empty() { Ok(Self { committer, entries }) } else { Err(unknown) }
    }

    /// As they stand in the commit.
    pub(crate) fn into_wire(self) -> Vec<ProposalOrRef> {
        self.entries.into_iter().map(ListedProposal::into_wire).collect()
    }

    /// The entries with their positions in the commit.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u32, &ListedProposal)> {
        (0u32..).zip(&self.entries)
    }
}
