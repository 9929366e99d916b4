//! The list of an external commit.
//!
//! RFC 9420 §12.2 and §12.4.3.2.

use copath_messages::Proposal;
use copath_rules::{Part, Violation, rule};

use super::list::{no_equal_psks, refuse, types_supported};
use crate::proposals::{ProposalList, Source};
use crate::public_state::PublicState;
use crate::registrations::Registrations;

/// The rules about the list of an external commit.
pub(crate) fn check_external_list(state: &PublicState, list: &ProposalList) -> Result<(), Violation> {
    by_value_only(state.registrations(), list)?;
    one_external_init(list)?;
    one_remove(list)?;
    nothing_else(state.registrations(), list)?;
    no_equal_psks(list)?;
    types_supported(state, list)
}

/// What is registered for external commits may also be named by reference.
fn by_value_only(registrations: &Registrations, list: &ProposalList) -> Result<(), Violation> {
    refuse(rule!("12.4.3.2-04"), list, |entry| {
        entry.source != Source::Value
            && !registrations.opens_external_commits_to(entry.proposal.proposal_type())
    })
}

fn one_external_init(list: &ProposalList) -> Result<(), Violation> {
    let count =
        list.entries.iter().filter(|entry| matches!(*entry.proposal, Proposal::ExternalInit(_))).count();
    match count {
        1 => Ok(()),
        0 => Err(Violation::new(rule!("12.2-18")).at(Part::Message)),
        _ => refuse(rule!("12.2-18"), list, |entry| matches!(*entry.proposal, Proposal::ExternalInit(_))),
    }
}

fn one_remove(list: &ProposalList) -> Result<(), Violation> {
    let mut seen = false;
    refuse(rule!("12.2-19"), list, |entry| {
        matches!(*entry.proposal, Proposal::Remove(_)) && core::mem::replace(&mut seen, true)
    })
}

fn nothing_else(registrations: &Registrations, list: &ProposalList) -> Result<(), Violation> {
    refuse(rule!("12.2-23"), list, |entry| {
        !matches!(
            *entry.proposal,
            Proposal::ExternalInit(_) | Proposal::Remove(_) | Proposal::PreSharedKey(_)
        ) && !registrations.opens_external_commits_to(entry.proposal.proposal_type())
    })
}
