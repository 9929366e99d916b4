//! Which pending proposals a commit covers.
//!
//! RFC 9420 §12.4: as many of the received ones as leave the list valid. This stands above the rules: they say what
//! is wrong and with which proposals, and this drops those that were only received and refuses those that the
//! caller asked for.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use copath_messages::{Proposal, ProposalType};
use copath_rules::{Part, Violation};

use super::{Committer, ListedProposal, ProposalList, ProposalQueue, Source};
use crate::GroupError;

/// The list for a commit: `own` by value, and of the pending ones all that leave the list valid under `check`; with
/// what `check` made of it.
///
/// # Errors
/// The first error in which no pending proposal is at fault.
pub(crate) fn select<T>(
    committer: Committer,
    own: Vec<Proposal>,
    queue: &ProposalQueue,
    check: impl Fn(&ProposalList) -> Result<T, GroupError>,
) -> Result<(ProposalList, T), GroupError> {
    let mut entries: Vec<_> = match committer {
        Committer::Member(_) => queue.iter().map(ListedProposal::by_reference).collect(),
        Committer::External => Vec::new(),
    };
    entries.extend(own.into_iter().map(|proposal| ListedProposal::by_value(proposal, committer)));
    prefer(committer, &mut entries);
    let mut list = ProposalList { committer, entries };
    // Each round drops at least one pending proposal, so this ends.
    loop {
        match check(&list) {
            Ok(checked) => return Ok((list, checked)),
            Err(GroupError::Rejected(violation)) if drop_pending(&mut list, &violation) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Drops the pending proposals that `violation` names; whether there were any.
fn drop_pending(list: &mut ProposalList, violation: &Violation) -> bool {
    let at_fault: BTreeSet<u32> = violation
        .parts()
        .iter()
        .filter_map(|part| if let Part::Proposal(position) = part { Some(*position) } else { None })
        .collect();
    let before = list.entries.len();
    let mut position = 0u32..;
    list.entries.retain(|entry| {
        let named = position.next().is_some_and(|p| at_fault.contains(&p));
        !(named && entry.source != Source::Value)
    });
    list.entries.len() < before
}

/// Settles conflicts between valid proposals, so that one of each survives (RFC 9420 §12.2): for one leaf a Remove
/// before an Update, what was asked for before what is pending, later before earlier; anything before a ReInit.
fn prefer(committer: Committer, entries: &mut Vec<ListedProposal>) {
    let mut removed = BTreeSet::new();
    let mut updated = BTreeSet::new();
    let mut extensions_seen = false;
    let mut keep = Vec::with_capacity(entries.len());
    // From the end, because the proposals asked for stand there, and later pending ones after earlier ones.
    for entry in entries.iter().rev() {
        let pending = entry.source != Source::Value;
        keep.push(match &entry.proposal {
            _ if !pending => {
                note(entry, &mut removed, &mut extensions_seen);
                true
            }
            Proposal::Remove(_) => note(entry, &mut removed, &mut extensions_seen),
            Proposal::GroupContextExtensions(_) => note(entry, &mut removed, &mut extensions_seen),
            _ => true,
        });
    }
    keep.reverse();
    retain(entries, &keep);
    let keep: Vec<bool> = {
        let mut keep: Vec<bool> = entries
            .iter()
            .rev()
            .map(|entry| match (&entry.proposal, entry.member_sender()) {
                (Proposal::Update(_), Some(leaf)) if entry.source != Source::Value => {
                    !removed.contains(&leaf.as_u32())
                        && committer != Committer::Member(leaf)
                        && updated.insert(leaf)
                }
                _ => true,
            })
            .collect();
        keep.reverse();
        keep
    };
    retain(entries, &keep);
    defer_reinit(entries);
}

/// Remembers a Remove or a GroupContextExtensions; whether it is the first of its kind for its target.
fn note(entry: &ListedProposal, removed: &mut BTreeSet<u32>, extensions_seen: &mut bool) -> bool {
    match &entry.proposal {
        Proposal::Remove(remove) => removed.insert(remove.removed),
        Proposal::GroupContextExtensions(_) => !core::mem::replace(extensions_seen, true),
        _ => true,
    }
}

/// Leaves a pending ReInit for a later commit if there is anything else (rule 12.2-13), and keeps the last of several.
fn defer_reinit(entries: &mut Vec<ListedProposal>) {
    let is_pending_reinit = |entry: &ListedProposal| {
        entry.source != Source::Value && entry.proposal.proposal_type() == ProposalType::REINIT
    };
    if entries.iter().any(|entry| !is_pending_reinit(entry)) {
        entries.retain(|entry| !is_pending_reinit(entry));
    } else if let Some(last) = entries.pop() {
        entries.clear();
        entries.push(last);
    }
}

fn retain(entries: &mut Vec<ListedProposal>, keep: &[bool]) {
    let mut keep = keep.iter();
    entries.retain(|_| keep.next().copied().unwrap_or(true));
}
