//! Which pending proposals a commit covers.
//!
//! RFC 9420 §12.4: as many of the received ones as leave the list valid. This stands above the rules: they say what
//! is wrong and with which proposals, and this drops those that were only received and refuses those that the
//! caller asked for. Nothing that others sent can keep a member from committing.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use copath_messages::{Proposal, ProposalType, Sender};
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
    own: Vec<ListedProposal>,
    pending: Vec<ListedProposal>,
    check: impl Fn(&ProposalList) -> Result<T, GroupError>,
) -> Result<(ProposalList, T), GroupError> {
    let pending = prefer(registrations, committer, &own, pending);
    let mut list = ProposalList { committer, entries: own.clone() };
    list.entries.extend(pending.iter().cloned());
    let checked = match shed(&mut list, &check) {
        Ok(checked) => checked,
        // A proposal asked for is named, but the one that it conflicts with may be a pending one. Who leaves stays,
        // because what was asked for may rest on it.
        Err(error) => {
            list.entries
                .retain(|entry| entry.source == Source::Value || leaving(registrations, entry).is_some());
            match check(&list) {
                Ok(checked) => checked,
                Err(_) => {
                    list.entries = own;
                    let Ok(checked) = check(&list) else { return Err(error) };
                    checked
                }
            }
        }
    };
    // A violation may name good proposals beside the bad one, so what was dropped is tried again.
    let checked = by_sender(left_out(&list, pending))
        .into_iter()
        .fold(checked, |checked, group| admit(&mut list, checked, group, &mut { FAILURES }, &check));
    Ok((list, checked))
}

/// Checks that the pending proposals of one sender may fail: enough to find a bad one among ten thousand good ones,
/// and no more than a committer can afford for each sender who means ill.
const FAILURES: u32 = 32;

/// Drops the pending proposals that violations name, until there is none.
///
/// Each round drops one at least, and all that break the same rule.
fn shed<T>(
    list: &mut ProposalList,
    check: &impl Fn(&ProposalList) -> Result<T, GroupError>,
) -> Result<T, GroupError> {
    loop {
        match check(list) {
            Err(error) if drop_pending(list, error.parts()) => {}
            outcome => return outcome,
        }
    }
}

/// What of `pending` isn't in the list.
fn left_out(list: &ProposalList, mut pending: Vec<ListedProposal>) -> Vec<ListedProposal> {
    let reference = |entry: &ListedProposal| match &entry.source {
        Source::Reference(reference) => Some(reference.clone()),
        Source::Value => None,
    };
    let listed: BTreeSet<Vec<u8>> = list.entries.iter().filter_map(reference).collect();
    pending.retain(|entry| reference(entry).is_some_and(|reference| !listed.contains(&reference)));
    pending
}

/// The proposals of each sender together, in the order in which the senders began: who copies another's proposal comes
/// after it, and whoever sends bad ones spends only its own checks.
fn by_sender(pending: Vec<ListedProposal>) -> Vec<Vec<ListedProposal>> {
    let mut places: BTreeMap<Sender, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<ListedProposal>> = Vec::new();
    for entry in pending {
        let place = *places.entry(entry.sender).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(entry),
            None => groups.push(Vec::from([entry])),
        }
    }
    groups
}

/// Adds to a valid list what of `pending` leaves it valid, by halves: few checks if few are bad.
fn admit<T>(
    list: &mut ProposalList,
    checked: T,
    mut pending: Vec<ListedProposal>,
    failures: &mut u32,
    check: &impl Fn(&ProposalList) -> Result<T, GroupError>,
) -> T {
    if pending.is_empty() || *failures == 0 {
        return checked;
    }
    let admitted = list.entries.len();
    list.entries.extend(pending.iter().cloned());
    if let Ok(checked) = check(list) {
        return checked;
    }
    list.entries.truncate(admitted);
    *failures = failures.saturating_sub(1);
    if pending.len() < 2 {
        return checked;
    }
    let later = pending.split_off(pending.len() / 2);
    let checked = admit(list, checked, pending, failures, check);
    admit(list, checked, later, failures, check)
}

/// Drops the pending proposals that `parts` names; whether there were any.
fn drop_pending(list: &mut ProposalList, parts: &[Part]) -> bool {
    let at_fault: BTreeSet<u32> = parts
        .iter()
        .filter_map(|part| if let Part::Proposal(position) = part { Some(*position) } else { None })
        .collect();
    let before = list.entries.len();
    let mut positions = 0u32..;
    list.entries.retain(|entry| {
        let named = positions.next().is_some_and(|position| at_fault.contains(&position));
        entry.source == Source::Value || !named
    });
    list.entries.len() < before
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
