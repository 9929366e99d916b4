//! Proposals of registered types.
//!
//! RFC 9420 §12.1 to §12.3 and §13.2: what a registration says of a proposal by itself, and of those of one commit.

use alloc::collections::BTreeSet;

use copath_messages::{CustomProposal, Proposal, Sender, WireFormat};
use copath_ratchet_tree::Feature;
use copath_rules::{Part, Violation, rule};
use copath_tree_math::LeafIndex;

use crate::GroupError;
use crate::proposals::{Committer, ListedProposal, ProposalList, ProposalQueue, Source};
use crate::public_state::PublicState;
use crate::refusal::{Refusal, RefusalReason};
use crate::registrations::{
    Framing, Inclusion, ProposalContext, ProposalDefinition, ProposalEffect, Registrations,
};

/// The rules about one proposal of a registered type, which `committer`'s commit carries by value, or which is sent
/// alone. Its registered rule is asked here only in the latter case: in a commit it is asked with all others.
pub(crate) fn check_custom(
    state: &PublicState,
    entry: &ListedProposal,
    custom: &CustomProposal,
    committer: Option<Committer>,
) -> Result<(), GroupError> {
    let refused = |reason| Refusal::of_proposal(custom.proposal_type, reason);
    let definition = check_custom_alone(state.registrations(), custom)?;
    if definition.effect() == ProposalEffect::RemovesSender {
        if entry.member_sender().is_none() {
            return Err(refused(RefusalReason::Sender).into());
        }
        // It overrides the proposals of others, so it has to be one that can be committed.
        if !state.tree().supported_by_all(Feature::Proposal(custom.proposal_type)) {
            let part = Part::ProposalType(custom.proposal_type.0);
            return Err(Violation::new(rule!("12.2-15")).at(part).into());
        }
    }
    match (committer, definition.inclusion()) {
        (Some(_), Inclusion::ByReference) => return Err(refused(RefusalReason::ByValue).into()),
        (None, Inclusion::ByValue) => return Err(refused(RefusalReason::ByReference).into()),
        _ => {}
    }
    match (committer, definition.rule()) {
        (None, Some(rule)) => {
            let context = ProposalContext::alone(state, entry.sender);
            let judged = rule.judge(custom, &context);
            Ok(judged.map_err(|refusal| refused(RefusalReason::Rule(refusal)).at(Part::FramedContent))?)
        }
        _ => Ok(()),
    }
}

/// What can be said of a proposal of a registered type without its group.
pub(crate) fn check_custom_alone<'r>(
    registrations: &'r Registrations,
    custom: &CustomProposal,
) -> Result<&'r ProposalDefinition, Refusal> {
    let refused = |reason| Refusal::of_proposal(custom.proposal_type, reason);
    let definition =
        registrations.proposal(custom.proposal_type).ok_or_else(|| refused(RefusalReason::Unregistered))?;
    definition
        .check_body(&custom.body, registrations.decode_context())
        .map_err(|error| refused(RefusalReason::Body(error)))?;
    Ok(definition)
}

/// How a proposal that is sent alone has to be framed.
pub(crate) fn check_framing(
    registrations: &Registrations,
    proposal: &Proposal,
    wire_format: WireFormat,
) -> Result<(), Refusal> {
    let definition = registrations.proposal(proposal.proposal_type());
    let public = definition.is_some_and(|definition| definition.framing() == Framing::PublicMessage);
    if public && wire_format != WireFormat::PUBLIC_MESSAGE {
        let refusal = Refusal::of_proposal(proposal.proposal_type(), RefusalReason::Encrypted);
        return Err(refusal.at(Part::FramedContent));
    }
    Ok(())
}

/// The member that a proposal of a registered type removes: its sender.
pub(crate) fn leaving(registrations: &Registrations, entry: &ListedProposal) -> Option<LeafIndex> {
    leaving_sender(registrations, &entry.proposal, entry.sender)
}

/// As [`leaving`], of a proposal that is in no list.
pub(crate) fn leaving_sender(
    registrations: &Registrations,
    proposal: &Proposal,
    sender: Sender,
) -> Option<LeafIndex> {
    let Proposal::Custom(custom) = proposal else { return None };
    match (registrations.proposal(custom.proposal_type)?.effect(), sender) {
        (ProposalEffect::RemovesSender, Sender::Member { leaf_index }) => LeafIndex::new(leaf_index),
        _ => None,
    }
}

/// The rules about the proposals of registered types in a commit's list, in the registered order of their types.
pub(crate) fn check_custom_list(state: &PublicState, list: &ProposalList) -> Result<(), Refusal> {
    if !list.entries.iter().any(|entry| matches!(*entry.proposal, Proposal::Custom(_))) {
        return Ok(());
    }
    for (position, entry) in list.numbered() {
        check_inclusion(state.registrations(), entry)
            .map_err(|refusal| refusal.at(Part::Proposal(position)))?;
    }
    check_leaving(state.registrations(), list)?;
    for definition in
        state.registrations().order().iter().filter_map(|code| state.registrations().proposal(*code))
    {
        judge(state, list, definition)?;
    }
    Ok(())
}

/// A proposal of an unregistered type can't be applied, and what is committed by value only was never sent alone.
fn check_inclusion(registrations: &Registrations, entry: &ListedProposal) -> Result<(), Refusal> {
    let Proposal::Custom(custom) = &*entry.proposal else { return Ok(()) };
    let refused = |reason| Err(Refusal::of_proposal(custom.proposal_type, reason));
    let Some(definition) = registrations.proposal(custom.proposal_type) else {
        return refused(RefusalReason::Unregistered);
    };
    match (&entry.source, definition.inclusion()) {
        (Source::Value, Inclusion::ByReference) => refused(RefusalReason::ByValue),
        (Source::Reference(_), Inclusion::ByValue) => refused(RefusalReason::ByReference),
        _ => Ok(()),
    }
}

/// Nobody commits one's own leaving or leaves twice, and who leaves is neither updated nor removed by others.
fn check_leaving(registrations: &Registrations, list: &ProposalList) -> Result<(), Refusal> {
    let mut left = BTreeSet::new();
    for (position, entry) in list.numbered() {
        let Some(leaf) = leaving(registrations, entry) else { continue };
        let refused = |reason| {
            let refusal = Refusal::of_proposal(entry.proposal.proposal_type(), reason);
            Err(refusal.at(Part::Proposal(position)))
        };
        if list.committer == Committer::Member(leaf) {
            return refused(RefusalReason::OwnRemoval);
        }
        if !left.insert(leaf) {
            return refused(RefusalReason::Repeated);
        }
    }
    for (position, entry) in list.numbered() {
        if changed_leaf(entry).is_some_and(|leaf| left.contains(&leaf)) {
            let refusal = Refusal::of_proposal(entry.proposal.proposal_type(), RefusalReason::Leaving);
            return Err(refusal.at(Part::Proposal(position)));
        }
    }
    Ok(())
}

/// The leaf that an Update or a Remove is about.
fn changed_leaf(entry: &ListedProposal) -> Option<LeafIndex> {
    match &*entry.proposal {
        Proposal::Update(_) => entry.member_sender(),
        Proposal::Remove(remove) => LeafIndex::new(remove.removed),
        _ => None,
    }
}

/// Asks the registered rule of one type about all its proposals in the list.
fn judge(state: &PublicState, list: &ProposalList, definition: &ProposalDefinition) -> Result<(), Refusal> {
    let Some(rule) = definition.rule() else { return Ok(()) };
    for (position, entry) in list.numbered() {
        let Proposal::Custom(custom) = &*entry.proposal else { continue };
        if custom.proposal_type != definition.proposal_type() {
            continue;
        }
        let context = ProposalContext::in_commit(state, entry.sender, list, position);
        rule.judge(custom, &context).map_err(|refusal| {
            let reason = RefusalReason::Rule(refusal);
            Refusal::of_proposal(custom.proposal_type, reason).at(Part::Proposal(position))
        })?;
    }
    Ok(())
}

/// A client sends one proposal at most in an epoch by which it leaves. Receivers don't refuse a second one when it
/// comes, since others may have got it first; but no commit covers both.
pub(crate) fn check_not_leaving(
    registrations: &Registrations,
    entry: &ListedProposal,
    queue: &ProposalQueue,
) -> Result<(), Refusal> {
    let Some(leaf) = leaving(registrations, entry) else { return Ok(()) };
    if queue.leaving(registrations).any(|(_, other)| other == leaf) {
        let refusal = Refusal::of_proposal(entry.proposal.proposal_type(), RefusalReason::Repeated);
        return Err(refusal.at(Part::FramedContent));
    }
    Ok(())
}
