//! What a commit should do.

use alloc::vec::Vec;

use copath_credentials::Credential;
use copath_messages::{Capabilities, Extensions, Proposal};

use crate::apply::PathNeed;

/// What a commit should do. The default commits all pending proposals, with a path if they need one.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CommitOptions {
    /// Proposals of the committer's own, by value.
    pub proposals: Vec<Proposal>,
    /// ProposalRefs of pending proposals that the commit leaves out.
    pub left_out: Vec<Vec<u8>>,
    /// Whether to send a path although the proposals need none.
    pub path: PathChoice,
    /// Changes of one's own leaf; they make a path.
    pub leaf: LeafChange,
    /// Octets that are authenticated with the commit but not encrypted (RFC 9420 §6.1).
    pub authenticated_data: Vec<u8>,
    /// Whether the commit does again what was lost, which is forgotten with it.
    pub(crate) redoes_lost: bool,
}

/// Whether a commit has a path (RFC 9420 §12.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum PathChoice {
    /// Always: every commit also heals the committer's keys.
    #[default]
    Always,
    /// Only where the proposals ask for one.
    WhenNeeded,
}

/// What to change in one's own leaf; `None` keeps what is there. The signature key is that of the signer given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeafChange {
    /// A new credential.
    pub credential: Option<Credential>,
    /// New capabilities.
    pub capabilities: Option<Capabilities>,
    /// New leaf extensions.
    pub extensions: Option<Extensions>,
}

impl CommitOptions {
    /// Whether a commit of these options, whose proposals ask for a path as `need` says, has one (RFC 9420 §7.5).
    pub(crate) fn makes_path(&self, need: PathNeed) -> bool {
        need == PathNeed::Required || self.path == PathChoice::Always || self.leaf.is_change()
    }

    /// A commit that covers all pending proposals.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a proposal by value.
    #[must_use]
    pub fn propose(mut self, proposal: Proposal) -> Self {
        self.proposals.push(proposal);
        self
    }

    /// Leaves pending proposals out, by their ProposalRefs.
    #[must_use]
    pub fn without(mut self, references: impl IntoIterator<Item = Vec<u8>>) -> Self {
        self.left_out.extend(references);
        self
    }

    /// Sends a path only where the proposals ask for one.
    #[must_use]
    pub fn path(mut self, choice: PathChoice) -> Self {
        self.path = choice;
        self
    }

    /// Changes the own leaf.
    #[must_use]
    pub fn leaf(mut self, change: LeafChange) -> Self {
        self.leaf = change;
        self
    }

    /// Authenticates octets with the commit.
    #[must_use]
    pub fn authenticated_data(mut self, octets: Vec<u8>) -> Self {
        self.authenticated_data = octets;
        self
    }
}
