//! Proposals: the queue of an epoch, the list that a commit covers, and which pending ones to choose for it.
//!
//! RFC 9420 §12.1 and §12.2.

mod list;
mod queue;
mod selection;

pub(crate) use list::{Committer, ListedProposal, ProposalList, Source};
pub(crate) use queue::{ProposalQueue, QueuedProposal};
pub(crate) use selection::select;
