//! What can be checked of a commit without secrets.
//!
//! RFC 9420 §12.4.2, up to the path's public part. Members and observers share this; the steps that need a PSK, a
//! private key or the key schedule follow in `process`.

use alloc::vec::Vec;

use copath_credentials::{CredentialQuestion, Timestamp};
use copath_messages::{Commit, LeafNodeSource, Sender, UpdatePath};
use copath_rules::{Part, RuleId, Violation, rule};
use copath_tree_math::LeafIndex;

use crate::apply::{Applied, PathNeed};
use crate::credentials::questions_of_commit;
use crate::parallel::check_all;
use crate::policy::Policy;
use crate::proposals::{Committer, ProposalList, ProposalQueue, Source};
use crate::public_state::PublicState;
use crate::rules::{check_list, check_proposal, check_result};
use crate::{GroupError, Subject};

/// A commit whose list is valid, with what it does.
#[derive(Debug)]
pub(crate) struct CheckedCommit {
    pub(crate) list: ProposalList,
    pub(crate) applied: Applied,
    /// The committer's leaf; for an external commit the one it joins at.
    pub(crate) committer_leaf: LeafIndex,
    /// The credentials to be judged, each with whose it is and why.
    pub(crate) questions: Vec<CredentialQuestion>,
    pub(crate) subjects: Vec<(Subject, RuleId)>,
}

impl CheckedCommit {
    /// Whether the committer joins by this commit.
    pub(crate) fn is_external(&self) -> bool {
        self.list.committer == Committer::External
    }

    /// The leaves that the commit changes, for looking up late senders.
    pub(crate) fn changed_leaves(&self, path: Option<&UpdatePath>) -> Vec<LeafIndex> {
        self.applied.changed_leaves(path.map(|_| self.committer_leaf))
    }
}

/// The steps of RFC 9420 §12.4.2 about the proposals and the public part of the path.
pub(crate) fn check_commit(
    state: &PublicState,
    policy: &Policy,
    queue: &ProposalQueue,
    (sender, commit): (&Sender, &Commit),
    now: Timestamp,
) -> Result<CheckedCommit, GroupError> {
    let committer = committer(sender)?;
    let list = ProposalList::resolve(commit, committer, queue, state.registrations())?;
    check_list(state, &list)?;
    let by_value: Vec<_> = list.numbered().filter(|(_, entry)| entry.source == Source::Value).collect();
    check_all(&by_value, |(position, entry)| {
        check_proposal(state, policy, entry, Some(committer), now)
            .map_err(|error| error.at_proposal(*position))
    })?;
    let applied = Applied::new(state, &list)?;
    // What the policy says about members that come back by an external commit (RFC 9420 §12.4.3.2).
    if committer == Committer::External && !applied.removed.is_empty() {
        policy.resync.check(&state.context().group_id, &applied.psks)?;
    }
    check_path_presence(committer, &applied, commit.path.as_ref())?;
    let committer_leaf = match committer {
        Committer::Member(leaf) => leaf,
        Committer::External => applied.tree.next_leaf()?,
    };
    if let Some(path) = &commit.path {
        check_path_leaf_source(path)?;
    }
    if commit.path.is_none() {
        check_result(state, &list, &applied, &applied.tree)?;
    }
    let (questions, subjects) = questions_of_commit(state, &list, &applied, commit.path.as_ref())?;
    Ok(CheckedCommit { list, applied, committer_leaf, questions, subjects })
}

fn committer(sender: &Sender) -> Result<Committer, Violation> {
    match sender {
        Sender::Member { leaf_index } => LeafIndex::new(*leaf_index)
            .map(Committer::Member)
            .ok_or_else(|| Violation::new(rule!("6.1-03")).at(Part::Leaf(*leaf_index))),
        Sender::NewMemberCommit => Ok(Committer::External),
        _ => Err(Violation::new(rule!("6.1-05")).at(Part::FramedContent)),
    }
}

/// RFC 9420 §12.4: the stricter reading, which the registry of proposal types gives.
fn check_path_presence(
    committer: Committer,
    applied: &Applied,
    path: Option<&UpdatePath>,
) -> Result<(), Violation> {
    match (committer, path, applied.path) {
        (_, Some(_), _) | (Committer::Member(_), None, PathNeed::Optional) => Ok(()),
        (Committer::External, None, _) => Err(Violation::new(rule!("12.4.3.2-03"))),
        (Committer::Member(_), None, PathNeed::Required) => Err(Violation::new(rule!("12.4.2-04"))),
    }
}

fn check_path_leaf_source(path: &UpdatePath) -> Result<(), Violation> {
    match path.leaf_node.leaf_node_source {
        LeafNodeSource::Commit(_) => Ok(()),
        _ => Err(Violation::new(rule!("7.3-16")).at(Part::UpdatePath)),
    }
}
