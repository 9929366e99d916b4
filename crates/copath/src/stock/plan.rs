//! What a round of replenishing has to do, from what is known and what time it is.

use copath_credentials::Timestamp;
use copath_crypto::CipherSuite;

use super::entry::{Entry, Event};
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
    /// It is to be withdrawn: another one takes its place.
    Due,
    /// It was withdrawn or used.
    Over,
}

/// What a round does, by KeyPackageRef.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Packages to make: of which suite and kind, and how many.
    pub(super) make: Vec<(CipherSuite, Reuse, u32)>,
    /// Those that aren't to be given out any more; the time of those that are withdrawn already is set anew.
    pub(super) withdraw: Vec<Vec<u8>>,
    /// Those whose private keys are deleted.
    pub(super) erase: Vec<Vec<u8>>,
    /// Those of which nothing has to be known any more.
    pub(super) forget: Vec<Vec<u8>>,
}

impl Judge<'_> {
    pub(super) fn standing(&self, entry: &Entry) -> Standing {
        let lifetime = &entry.made.lifetime;
        if entry.has(Event::Withdrawn) || entry.has(Event::Erased) {
            return Standing::Over;
        }
        if entry.has(Event::Used) || lifetime.not_after < self.now.0 {
            return Standing::Due;
        }
        if entry.has(Event::GivenOut) {
            return Standing::GivenOut;
        }
        // Nobody finds it any more, for whatever reason.
        if entry.has(Event::TakenDown) {
            return Standing::Due;
        }
        let renew_from = lifetime.not_after.saturating_sub(self.policy.renewal());
        let fits = self
            .present
            .iter()
            .any(|(suite, fingerprint)| *suite == entry.made.suite && *fingerprint == entry.made.fingerprint);
        if !fits
            || renew_from <= self.now.0
            || lifetime.not_before > self.now.0
            || self.policy.wanted(entry.made.reuse) == 0
        {
            return Standing::Due;
        }
        if entry.has(Event::Published) { Standing::Published } else { Standing::Waiting }
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
            && entry.made.lifetime.contains(self.now)
    }

    /// Whether a server may have it that shouldn't. When keys and time are gone, it doesn't matter any more.
    pub(super) fn is_to_be_taken_down(&self, entry: &Entry) -> bool {
        let matters = !entry.has(Event::Erased) || entry.made.lifetime.not_after >= self.now.0;
        let there = !entry.has(Event::TakenDown) && !entry.has(Event::GivenOut);
        self.standing(entry) == Standing::Over && there && matters
    }

    /// How many packages of a suite and kind count towards the target.
    pub(super) fn count(&self, entries: &[Entry], suite: CipherSuite, reuse: Reuse) -> u32 {
        let counts = |entry: &&Entry| {
            (entry.made.suite, entry.made.reuse) == (suite, reuse)
                && matches!(self.standing(entry), Standing::Waiting | Standing::Published)
        };
        u32::try_from(entries.iter().filter(counts).count()).unwrap_or(u32::MAX)
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
                _ => false,
            };
            let over = erase || entry.has(Event::Erased);
            if over && !self.is_to_be_taken_down(entry) {
                plan.forget.push(reference());
            }
        }
        for (suite, _) in &self.present {
            for reuse in [Reuse::Once, Reuse::LastResort] {
                let missing = self.policy.wanted(reuse).saturating_sub(self.count(entries, *suite, reuse));
                if missing > 0 {
                    plan.make.push((*suite, reuse, missing));
                }
            }
        }
        plan
    }

    /// Whether the private keys of a withdrawn package are to be deleted now. A clock that was wrong when it was
    /// withdrawn starts the grace anew: keys are deleted later than they might be, never earlier.
    fn judge_over(&self, entry: &Entry, plan: &mut Plan) -> bool {
        let Some(since) = entry.events.get(&Event::Withdrawn) else { return false };
        if entry.has(Event::Erased) {
            return false;
        }
        let made = entry.made.lifetime.not_before;
        if since.0 > self.now.0 || (since.0 < made && made <= self.now.0) {
            plan.withdraw.push(entry.reference.clone());
            return false;
        }
        let over = self.now.0.saturating_sub(since.0) >= self.policy.grace_period();
        if over {
            plan.erase.push(entry.reference.clone());
        }
        over
    }
}

impl Plan {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests;
