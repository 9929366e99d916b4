//! Which sender may send what.
//!
//! RFC 9420 §6.1 and §12.1.8.

use copath_messages::{FramedContentBody, Proposal, ProposalType, Sender};
use copath_rules::{Part, Violation, rule};

use crate::registrations::{ProposalDefinition, Registrations};

/// Whether a message of this kind may come from this sender.
pub(crate) fn check_sender(
    registrations: &Registrations,
    sender: &Sender,
    body: &FramedContentBody,
) -> Result<(), Violation> {
    match (sender, body) {
        (Sender::Member { .. }, _) => Ok(()),
        (Sender::External { .. }, FramedContentBody::Proposal(proposal)) => {
            open_to_external_senders(registrations, proposal)
        }
        (Sender::External { .. }, _) => Err(Violation::new(rule!("6.1-05")).at(Part::FramedContent)),
        (Sender::NewMemberProposal, FramedContentBody::Proposal(Proposal::Add(_))) => Ok(()),
        (Sender::NewMemberProposal, _) => Err(Violation::new(rule!("6.1-07")).at(Part::FramedContent)),
        (Sender::NewMemberCommit, FramedContentBody::Commit(_)) => Ok(()),
        (Sender::NewMemberCommit, _) => Err(Violation::new(rule!("6.1-06")).at(Part::FramedContent)),
    }
}

/// RFC 9420 §12.1.8 and §17.4: Add, Remove, PreSharedKey, ReInit, GroupContextExtensions, and what is registered so.
fn open_to_external_senders(registrations: &Registrations, proposal: &Proposal) -> Result<(), Violation> {
    match proposal.proposal_type() {
        ProposalType::ADD
        | ProposalType::REMOVE
        | ProposalType::PSK
        | ProposalType::REINIT
        | ProposalType::GROUP_CONTEXT_EXTENSIONS => Ok(()),
        other
            if registrations.proposal(other).is_some_and(ProposalDefinition::is_open_to_external_senders) =>
        {
            Ok(())
        }
        _ => Err(Violation::new(rule!("12.1.8-03")).at(Part::FramedContent)),
    }
}
