//! The list of a member's commit.
//!
//! RFC 9420 §12.2. A violation names all proposals at fault.

use alloc::collections::{BTreeMap, BTreeSet};

use copath_messages::{Proposal, ProposalType};
use copath_ratchet_tree::Feature;
use copath_rules::{Part, RuleId, Violation, rule};
use copath_tree_math::LeafIndex;

use super::leaving;
use crate::proposals::{ListedProposal, ProposalList};
use crate::public_state::PublicState;

/// The rules about the list of a commit by the member at `committer`.
pub(crate) fn check_member_list(
    state: &PublicState,
    list: &ProposalList,
    committer: LeafIndex,
) -> Result<(), Violation> {
    no_update_by_committer(list, committer)?;
    no_remove_of_committer(list, committer)?;
    one_change_per_leaf(list)?;
    no_client_added_twice(list)?;
    no_member_added(state, list)?;
    no_equal_psks(list)?;
    one_extensions_change(list)?;
    reinit_alone(list)?;
    no_external_init(list)?;
    types_supported(state, list)
}

/// A violation of `rule` by all entries that `at_fault` picks, if there are any.
pub(super) fn refuse(
    rule: RuleId,
    list: &ProposalList,
    mut at_fault: impl FnMut(&ListedProposal) -> bool,
) -> Result<(), Violation> {
    let mut violation = Violation::new(rule);
    for (position, entry) in list.numbered() {
        if at_fault(entry) {
            violation = violation.at(Part::Proposal(position));
        }
    }
    if violation.parts().is_empty() { Ok(()) } else { Err(violation) }
}

fn no_update_by_committer(list: &ProposalList, committer: LeafIndex) -> Result<(), Violation> {
    refuse(rule!("12.2-04"), list, |entry| {
        matches!(*entry.proposal, Proposal::Update(_)) && entry.member_sender() == Some(committer)
    })
}

fn no_remove_of_committer(list: &ProposalList, committer: LeafIndex) -> Result<(), Violation> {
    refuse(
        rule!("12.2-05"),
        list,
        |entry| matches!(&*entry.proposal, Proposal::Remove(remove) if remove.removed == committer.as_u32()),
    )
}

/// The leaf that an Update or a Remove is about.
fn changed_leaf(entry: &ListedProposal) -> Option<u32> {
    match &*entry.proposal {
        Proposal::Update(_) => entry.member_sender().map(LeafIndex::as_u32),
        Proposal::Remove(remove) => Some(remove.removed),
        _ => None,
    }
}

/// The leaf that a Remove, or a proposal of a registered type, removes.
pub(crate) fn removed_leaf(state: &PublicState, entry: &ListedProposal) -> Option<LeafIndex> {
    match &*entry.proposal {
        Proposal::Remove(remove) => LeafIndex::new(remove.removed),
        _ => leaving(state.registrations(), entry),
    }
}

fn one_change_per_leaf(list: &ProposalList) -> Result<(), Violation> {
    let mut seen = BTreeSet::new();
    refuse(rule!("12.2-06"), list, |entry| changed_leaf(entry).is_some_and(|leaf| !seen.insert(leaf)))
}

fn no_client_added_twice(list: &ProposalList) -> Result<(), Violation> {
    let mut seen = BTreeSet::new();
    refuse(rule!("12.2-08"), list, |entry| match &*entry.proposal {
        Proposal::Add(add) => !seen.insert(add.key_package.leaf_node.signature_key.to_vec()),
        _ => false,
    })
}

fn no_member_added(state: &PublicState, list: &ProposalList) -> Result<(), Violation> {
    let leaving: BTreeSet<LeafIndex> =
        list.entries.iter().filter_map(|entry| removed_leaf(state, entry)).collect();
    refuse(rule!("12.2-09"), list, |entry| match &*entry.proposal {
        Proposal::Add(add) => state
            .tree()
            .find_signature_key(&add.key_package.leaf_node.signature_key)
            .is_some_and(|member| !leaving.contains(&member)),
        _ => false,
    })
}

/// Equal means the whole PreSharedKeyID, nonce included.
pub(super) fn no_equal_psks(list: &ProposalList) -> Result<(), Violation> {
    use copath_codec::Encode;
    let mut seen = BTreeMap::new();
    refuse(rule!("12.2-10"), list, |entry| match &*entry.proposal {
        Proposal::PreSharedKey(psk) => {
            psk.psk.to_bytes().is_ok_and(|encoded| seen.insert(encoded, ()).is_some())
        }
        _ => false,
    })
}

fn one_extensions_change(list: &ProposalList) -> Result<(), Violation> {
    let mut seen = false;
    refuse(rule!("12.2-11"), list, |entry| {
        matches!(*entry.proposal, Proposal::GroupContextExtensions(_)) && core::mem::replace(&mut seen, true)
    })
}

fn reinit_alone(list: &ProposalList) -> Result<(), Violation> {
    if list.entries.len() < 2 {
        return Ok(());
    }
    refuse(rule!("12.2-12"), list, |entry| matches!(*entry.proposal, Proposal::ReInit(_)))
}

fn no_external_init(list: &ProposalList) -> Result<(), Violation> {
    refuse(rule!("12.2-14"), list, |entry| matches!(*entry.proposal, Proposal::ExternalInit(_)))
}

/// Every member that processes the commit, so not those that it removes, supports each type (default types always).
pub(super) fn types_supported(state: &PublicState, list: &ProposalList) -> Result<(), Violation> {
    let mut verdicts = BTreeMap::new();
    refuse(rule!("12.2-15"), list, |entry| {
        let proposal_type = entry.proposal.proposal_type();
        let supported = || proposal_type.is_default() || supported_by_staying(state, list, proposal_type);
        !*verdicts.entry(proposal_type).or_insert_with(supported)
    })
}

/// Counted by the tree; only the leaves that the list removes are looked at.
fn supported_by_staying(state: &PublicState, list: &ProposalList, proposal_type: ProposalType) -> bool {
    let feature = Feature::Proposal(proposal_type);
    let lacking_and_leaving = list
        .entries
        .iter()
        .filter_map(|entry| state.tree().leaf(removed_leaf(state, entry)?))
        .filter(|leaf| !leaf.supports(feature))
        .count();
    usize::try_from(state.tree().lacking(feature)).is_ok_and(|lacking| lacking <= lacking_and_leaving)
}
