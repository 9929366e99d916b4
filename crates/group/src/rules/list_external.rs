//! The list of an external commit.
//!
//! RFC 9420 §12.2 and §12.4.3.2.

use copath_messages::Proposal;
use copath_rules::{Part, Violation, rule};

use super::list::{no_equal_psks, refuse};
use crate::proposals::{ProposalList, Source};
use crate::public_state::PublicState;

/// The rules about the list of an external commit.
pub(crate) fn check_external_list(_state: &PublicState, list: &ProposalList) -> Result<(), Violation> {
    by_value_only(list)?;
    one_external_init(list)?;
    one_remove(list)?;
    nothing_else(list)?;
    no_equal_psks(list)
}

fn by_value_only(list: &ProposalList) -> Result<(), Violation> {
    refuse(rule!("12.4.3.2-04"), list, |entry| entry.source != Source::Value)
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

fn nothing_else(list: &ProposalList) -> Result<(), Violation> {
    refuse(rule!("12.2-23"), list, |entry| {
        !matches!(
            *entry.proposal,
            Proposal::ExternalInit(_) | Proposal::Remove(_) | Proposal::PreSharedKey(_)
        )
    })
}
