//! The proposals of the current epoch that were received or sent but not yet committed.
//!
//! RFC 9420 §12.1: valid proposals are kept by reference until the epoch ends.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_codec::Encode;
use copath_messages::{Proposal, Sender};
use copath_tree_math::LeafIndex;

use crate::PolicyRefusal;
use crate::policy::Policy;
use crate::registrations::Registrations;
use crate::rules::leaving_sender;

/// A proposal that waits for a commit.
#[derive(Debug)]
pub(crate) struct QueuedProposal {
    /// Its ProposalRef (RFC 9420 §5.2).
    pub(crate) reference: Vec<u8>,
    /// What it proposes.
    pub(crate) proposal: Arc<Proposal>,
    /// Who sent it.
    pub(crate) sender: Sender,
    /// Counts the proposals of the epoch, in the order in which they were queued.
    pub(crate) position: u64,
}

/// The pending proposals of one epoch.
#[derive(Debug, Default)]
pub(crate) struct ProposalQueue {
    by_reference: BTreeMap<Vec<u8>, QueuedProposal>,
    order: BTreeMap<u64, Vec<u8>>,
    octets: usize,
}

impl ProposalQueue {
    /// The position that the next proposal gets.
    pub(crate) fn next_position(&self) -> u64 {
        self.order.last_key_value().map_or(0, |(last, _)| last.saturating_add(1))
    }

    /// Adds a proposal; one that is here already stays as it is.
    pub(crate) fn insert(&mut self, proposal: QueuedProposal) {
        if self.by_reference.contains_key(&proposal.reference) {
            return;
        }
        self.octets = self.octets.saturating_add(octets_of(&proposal.proposal));
        self.order.insert(proposal.position, proposal.reference.clone());
        self.by_reference.insert(proposal.reference.clone(), proposal);
    }

    /// The proposal that `reference` names.
    pub(crate) fn find(&self, reference: &[u8]) -> Option<&QueuedProposal> {
        self.by_reference.get(reference)
    }

    /// All pending proposals, in the order in which they were queued.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &QueuedProposal> {
        self.order.values().filter_map(|reference| self.by_reference.get(reference))
    }

    /// The pending proposals by which members leave, each with the member's leaf.
    pub(crate) fn leaving<'q>(
        &'q self,
        registrations: &'q Registrations,
    ) -> impl Iterator<Item = (&'q QueuedProposal, LeafIndex)> {
        self.iter().filter_map(|queued| {
            let leaf = leaving_sender(registrations, &queued.proposal, queued.sender)?;
            Some((queued, leaf))
        })
    }

    /// The ProposalRefs of those that external commits may cover.
    pub(crate) fn open_to_external_commits<'q>(
        &'q self,
        registrations: &'q Registrations,
    ) -> impl Iterator<Item = &'q [u8]> {
        let open = |queued: &&QueuedProposal| {
            registrations.opens_external_commits_to(queued.proposal.proposal_type())
        };
        self.iter().filter(open).map(|queued| queued.reference.as_slice())
    }

    /// How many are pending.
    pub(crate) fn len(&self) -> usize {
        self.by_reference.len()
    }

    /// Checks that the limits leave room for one more.
    ///
    /// # Errors
    /// They don't.
    pub(crate) fn check_room(&self, proposal: &Proposal, policy: &Policy) -> Result<(), PolicyRefusal> {
        let (proposals, octets) = (policy.max_queued_proposals, policy.max_queued_octets);
        if self.len() >= proposals {
            return Err(PolicyRefusal::QueuedProposals { limit: proposals });
        }
        if self.octets.saturating_add(octets_of(proposal)) > octets {
            return Err(PolicyRefusal::QueuedOctets { limit: octets });
        }
        Ok(())
    }

    /// Whether none is pending.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_reference.is_empty()
    }
}

/// What a proposal takes, encoded.
fn octets_of(proposal: &Proposal) -> usize {
    proposal.to_bytes().map_or(usize::MAX, |octets| octets.len())
}
