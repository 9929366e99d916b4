//! What a round of replenishing has to do, from what is known and what time it is.

use copath_credentials::Timestamp;
use copath_crypto::CipherSuite;

use super::entry::{Entry, Event, Made};
use crate::{Reuse, StockPolicy};

/// What a client's key packages are judged by.
pub(super) struct Judge<'a> {
    pub(super) policy: &'a StockPolicy,
    pub(super) now: Timestamp,
    /// What new leaves of each suite say.
    pub(super) present: Vec<(CipherSuite, Vec<u8>)>,
}

/// Of what use a key package is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It counts towards the target, and the application hasn't said yet that it is uploaded.
    Waiting,
    /// It counts towards the target.
    Published,
    /// Somebody has it, and may use it until its time is over.
    GivenOut,
    /// It was taken down, and whoever has fetched it before may use it until it would have been replaced.
    Hidden,
    /// It is to be withdrawn: another one takes its place.
    Due,
    /// It was withdrawn or used.
    Over,
}

/// How many packages the target lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) to_make: u32,
    /// More than that, but too many were given out.
    pub(super) held_back: u32,
}

/// What a round does, by KeyPackageRef.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Packages to make: of which suite and kind, and how many.
    pub(super) make: Vec<(CipherSuite, Reuse, u32)>,
    /// Those that aren't to be given out any more; the time of those that are withdrawn already is set anew.
    pub(super) withdraw: Vec<Vec<u8>>,
    /// Those that were withdrawn for a reason that isn't there any more, as under a clock that was wrong.
    pub(super) restore: Vec<Vec<u8>>,
    /// Those whose grace is over, for the first time that it is seen.
    pub(super) waited: Vec<Vec<u8>>,
    /// Those whose private keys are deleted.
    pub(super) erase: Vec<Vec<u8>>,
    /// Those of which nothing has to be known any more.
    pub(super) forget: Vec<Vec<u8>>,
}

impl Judge<'_> {
    pub(super) fn standing(&self, entry: &Entry) -> Standing {
        match self.standing_anew(entry) {
            _ if entry.has(Event::Erased) => Standing::Over,
            Standing::Due if entry.has(Event::Withdrawn) => Standing::Over,
            standing => standing,
        }
    }

    /// As if it weren't withdrawn.
    fn standing_anew(&self, entry: &Entry) -> Standing {
        let lifetime = &entry.made.lifetime;
        if entry.has(Event::Used) || lifetime.not_after < self.now.0 {
            return Standing::Due;
        }
        if entry.has(Event::GivenOut) {
            return Standing::GivenOut;
        }
        if !self.is_wanted(entry) || self.renewal(entry).0 <= self.now.0 || lifetime.not_before > self.now.0 {
            return Standing::Due;
        }
        if entry.has(Event::TakenDown) {
            return Standing::Hidden;
        }
        if entry.has(Event::Published) { Standing::Published } else { Standing::Waiting }
    }

    /// Whether a package says what new ones say, and packages of its kind are to be had.
    fn is_wanted(&self, entry: &Entry) -> bool {
        let Made { suite, fingerprint, reuse, .. } = &entry.made;
        let present = self.present.iter().any(|(present, says)| present == suite && says == fingerprint);
        present && self.policy.wanted(*reuse) > 0
    }

    /// When a package that counts is to be replaced.
    pub(super) fn renewal(&self, entry: &Entry) -> Timestamp {
        Timestamp(entry.made.lifetime.not_after.saturating_sub(self.policy.renewal()))
    }

    /// Whether others may find it: a package that is to be replaced is still good until that has happened.
    pub(super) fn can_be_found(&self, entry: &Entry) -> bool {
        let standing = self.standing(entry);
        let good = standing == Standing::Published || standing == Standing::Due;
        good && entry.has(Event::Published)
            && !entry.has(Event::GivenOut)
            && !entry.has(Event::TakenDown)
            && entry.made.lifetime.contains(self.now)
    }

    /// Whether a server may have it that shouldn't. When keys and time are gone, it doesn't matter any more.
    pub(super) fn is_to_be_taken_down(&self, entry: &Entry) -> bool {
        let matters = !entry.has(Event::Erased) || entry.made.lifetime.not_after >= self.now.0;
        let there = !entry.has(Event::TakenDown) && !entry.has(Event::GivenOut);
        self.standing(entry) == Standing::Over && there && matters
    }

    /// What a suite lacks of a kind.
    pub(super) fn missing(&self, entries: &[Entry], suite: CipherSuite, reuse: Reuse) -> Missing {
        let of_kind = entries.iter().filter(|entry| (entry.made.suite, entry.made.reuse) == (suite, reuse));
        let (mut counts, mut kept) = (0u32, 0u32);
        for entry in of_kind {
            if matches!(self.standing(entry), Standing::Waiting | Standing::Published) {
                counts = counts.saturating_add(1);
                kept = kept.saturating_add(1);
            } else if entry.has(Event::GivenOut) && !entry.has(Event::Erased) {
                // If it has expired, there are private keys until the grace is over.
                kept = kept.saturating_add(1);
            }
        }
        let missing = self.policy.wanted(reuse).saturating_sub(counts);
        let to_make = missing.min(self.policy.limit.saturating_sub(kept));
        Missing { to_make, held_back: missing.saturating_sub(to_make) }
    }

    pub(super) fn plan(&self, entries: &[Entry]) -> Plan {
        let mut plan = Plan::default();
        for entry in entries {
            let reference = || entry.reference.clone();
            let erase = match self.standing(entry) {
                Standing::Due => {
                    plan.withdraw.push(reference());
                    false
                }
                Standing::Over => self.judge_over(entry, &mut plan),
                _ if entry.has(Event::Withdrawn) => {
                    plan.restore.push(reference());
                    false
                }
                _ => false,
            };
            let over = erase || entry.has(Event::Erased);
            if over && !self.is_to_be_taken_down(entry) {
                plan.forget.push(reference());
            }
        }
        for (suite, _) in &self.present {
            for reuse in [Reuse::Once, Reuse::LastResort] {
                let Missing { to_make, .. } = self.missing(entries, *suite, reuse);
                if to_make > 0 {
                    plan.make.push((*suite, reuse, to_make));
                }
            }
        }
        plan
    }

    /// Whether the private keys of a withdrawn package are to be deleted now.
    ///
    /// A call can't tell whether its clock is wrong, so the grace has to pass twice, and anew whenever the clock has
    /// gone back. Setting a clock ahead takes away one of the two at most.
    fn judge_over(&self, entry: &Entry, plan: &mut Plan) -> bool {
        let Some(since) = entry.events.get(&Event::Withdrawn) else { return false };
        if entry.has(Event::Erased) {
            return false;
        }
        let (waited, made) = (entry.events.get(&Event::Waited), entry.made.lifetime.not_before);
        let before_it_was_made = since.0 < made && made <= self.now.0;
        if before_it_was_made || since.0 > self.now.0 || waited.is_some_and(|waited| waited.0 > self.now.0) {
            plan.withdraw.push(entry.reference.clone());
            return false;
        }
        let grace = self.policy.grace_period();
        let passed = |from: u64| self.now.0 >= from.saturating_add(grace);
        match waited {
            None if passed(self.useless_from(entry, *since)) => plan.waited.push(entry.reference.clone()),
            Some(waited) if passed(waited.0) => {
                plan.erase.push(entry.reference.clone());
                return true;
            }
            _ => {}
        }
        false
    }

    /// From when on a withdrawn package isn't given out to anybody. One of the future was made under a clock that was
    /// ahead, or this one is behind: after as long as it was made for, it is useless in either case.
    fn useless_from(&self, entry: &Entry, since: Timestamp) -> u64 {
        let lifetime = &entry.made.lifetime;
        if entry.has(Event::Used) || lifetime.not_before <= self.now.0 {
            return since.0;
        }
        since.0.saturating_add(lifetime.not_after.saturating_sub(lifetime.not_before))
    }
}

impl Plan {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests;
