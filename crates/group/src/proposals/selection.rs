//! Which pending proposals a commit covers.
//!
//! RFC 9420 §12.4: as many of the received ones as leave the list valid. This stands above the rules: they say what
//! is wrong and with which proposals, and this drops those that were only received and refuses those that the
//! caller asked for. Nothing that others sent can keep a member from committing.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use copath_messages::{Proposal, ProposalType};
use copath_rules::Part;

use super::{Committer, ListedProposal, ProposalList, Source};
use crate::GroupError;
use crate::registrations::Registrations;
use crate::rules::leaving;

/// The list for a commit: `own` by value, and of the `pending` ones all that leave the list valid under `check`; with
/// what `check` made of it.
///
/// # Errors
/// The first error for which no pending proposal is to blame.
pub(crate) fn select<T>(
    registrations: &Registrations,
    committer: Committer,
    own: Vec<Proposal>,
    pending: Vec<ListedProposal>,
    check: impl Fn(&ProposalList) -> Result<T, GroupError>,
) -> Result<(ProposalList, T), GroupError> {
    let own: Vec<_> = own.into_iter().map(|proposal| ListedProposal::by_value(proposal, committer)).collect();
    let pending = prefer(registrations, committer, &own, pending);
    let mut list = ProposalList { committer, entries: own.clone() };
    list.entries.extend(pending);
    let mut dropped = Vec::new();
    let (checked, left) = match shed(&mut list, 0, &mut dropped, &check) {
        // What was dropped for the sake of one that was dropped later may fit after all.
        Ok(checked) => (checked, dropped),
        // A proposal asked for is named, but the one that it conflicts with may be a pending one.
        Err(error) => {
            let pending = list.entries.split_off(own.len());
            let Ok(checked) = check(&list) else { return Err(error) };
            (checked, pending)
        }
    };
    let checked = admit(&mut list, checked, left, &check);
    Ok((list, checked))
}

/// Moves the pending proposals that violations name to `dropped`, until there is none; the first `protected` entries
/// stay.
///
/// Each round drops one at least, and all that break the same rule.
fn shed<T>(
    list: &mut ProposalList,
    protected: usize,
    dropped: &mut Vec<ListedProposal>,
    check: &impl Fn(&ProposalList) -> Result<T, GroupError>,
) -> Result<T, GroupError> {
    loop {
        match check(list) {
            Err(error) if drop_pending(list, protected, error.parts(), dropped) => {}
            outcome => return outcome,
        }
    }
}

/// Adds to a valid list what of `pending` leaves it valid, by halves: few checks if few are bad.
fn admit<T>(
    list: &mut ProposalList,
    checked: T,
    mut pending: Vec<ListedProposal>,
    check: &impl Fn(&ProposalList) -> Result<T, GroupError>,
) -> T {
    if pending.is_empty() {
        return checked;
    }
    let admitted = list.entries.len();
    let mut with_all = list.clone();
    with_all.entries.append(&mut pending);
    if let Ok(checked) = shed(&mut with_all, admitted, &mut Vec::new(), check) {
        *list = with_all;
        return checked;
    }
    // Something already admitted is named: which of the rest conflicts with it is found by halves.
    let mut left = with_all.entries.split_off(admitted);
    if left.len() < 2 {
        return checked;
    }
    let later = left.split_off(left.len() / 2);
    let checked = admit(list, checked, left, check);
    admit(list, checked, later, check)
}

/// Drops the pending proposals that `parts` names; whether there were any.
fn drop_pending(
    list: &mut ProposalList,
    protected: usize,
    parts: &[Part],
    dropped: &mut Vec<ListedProposal>,
) -> bool {
    let at_fault: BTreeSet<u32> = parts
        .iter()
        .filter_map(|part| if let Part::Proposal(position) = part { Some(*position) } else { None })
        .collect();
    let before = dropped.len();
    let entries = core::mem::take(&mut list.entries);
    for ((entry, position), number) in entries.into_iter().zip(0u32..).zip(0usize..) {
        if number >= protected && entry.source != Source::Value && at_fault.contains(&position) {
            dropped.push(entry);
        } else {
            list.entries.push(entry);
        }
    }
    dropped.len() > before
}

/// What proposals already chosen leave no room for.
#[derive(Default)]
struct Taken {
    removed: BTreeSet<u32>,
    updated: BTreeSet<u32>,
    extensions: bool,
}

/// Settles conflicts between valid proposals, so that one of each survives (RFC 9420 §12.2): for one leaf that its
/// member leaves before a Remove and that before an Update, what was asked for before what is pending, later before
/// earlier; anything before a ReInit.
fn prefer(
    registrations: &Registrations,
    committer: Committer,
    own: &[ListedProposal],
    mut pending: Vec<ListedProposal>,
) -> Vec<ListedProposal> {
    let mut taken = Taken::default();
    for entry in own {
        taken.admits(entry);
    }
    pending.reverse();
    // Who leaves is taken as removed. One's own leaving is left for others to commit.
    pending.retain(|entry| match leaving(registrations, entry) {
        Some(leaf) => Committer::Member(leaf) != committer && taken.removed.insert(leaf.as_u32()),
        None => true,
    });
    pending.retain(|entry| matches!(*entry.proposal, Proposal::Update(_)) || taken.admits(entry));
    pending.retain(|entry| match (&*entry.proposal, entry.member_sender()) {
        (Proposal::Update(_), Some(leaf)) => Committer::Member(leaf) != committer && taken.admits(entry),
        _ => true,
    });
    pending.reverse();
    defer_reinit(own, &mut pending);
    pending
}

impl Taken {
    /// Whether there is room for `entry`; if so it is taken.
    fn admits(&mut self, entry: &ListedProposal) -> bool {
        match &*entry.proposal {
            Proposal::Remove(remove) => self.removed.insert(remove.removed),
            Proposal::Update(_) => entry.member_sender().is_none_or(|leaf| {
                !self.removed.contains(&leaf.as_u32()) && self.updated.insert(leaf.as_u32())
            }),
            Proposal::GroupContextExtensions(_) => !core::mem::replace(&mut self.extensions, true),
            _ => true,
        }
    }
}

/// Leaves a pending ReInit for a later commit if there is anything else (rule 12.2-13), and keeps the last of several.
fn defer_reinit(own: &[ListedProposal], pending: &mut Vec<ListedProposal>) {
    let is_reinit = |entry: &ListedProposal| entry.proposal.proposal_type() == ProposalType::REINIT;
    if !own.is_empty() || !pending.iter().all(is_reinit) {
        pending.retain(|entry| !is_reinit(entry));
    } else if let Some(last) = pending.pop() {
        pending.clear();
        pending.push(last);
    }
}
