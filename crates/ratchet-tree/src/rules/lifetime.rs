//! Lifetimes of leaves from key packages.
//!
//! RFC 9420 §7.2 and §7.3.

use copath_credentials::Timestamp;
use copath_messages::Lifetime;
use copath_rules::{RuleId, Violation, rule};

/// What the application decides about lifetimes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LifetimePolicy {
    /// The longest total lifetime that is accepted in a KeyPackage, in seconds (rule 7.2-10); `None` for any.
    pub max_total: Option<u64>,
    /// How far the clocks of two clients may differ, in seconds (rule 7.2-11).
    pub clock_skew: u64,
    /// What becomes of a joiner's tree that holds leaves whose lifetime is over (rule 7.3-11).
    pub old_leaves: OldLeaves,
    /// What becomes of a received Add whose lifetime is over, or hasn't begun, at the receiver (rule 7.3-10).
    ///
    /// Refusing them forks off members that catch up after having been offline, or whose clock is wrong: the others
    /// accepted the same Add in time. Refuse only where all members are online at the same time.
    pub received_adds: OldLeaves,
}

/// What becomes of a joiner's tree that holds leaves whose lifetime is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum OldLeaves {
    /// They are accepted: the member joined in time, and a refusal would lock newcomers out.
    #[default]
    Accepted,
    /// They are refused.
    Refused,
}

impl Default for LifetimePolicy {
    /// A year and a day at most, clocks an hour apart, old leaves and late Adds accepted.
    fn default() -> Self {
        Self {
            max_total: Some(366 * 24 * 3600),
            clock_skew: 3600,
            old_leaves: OldLeaves::Accepted,
            received_adds: OldLeaves::Accepted,
        }
    }
}

impl LifetimePolicy {
    /// A policy that accepts any length.
    #[must_use]
    pub fn without_max_total(mut self) -> Self {
        self.max_total = None;
        self
    }

    /// Checks a lifetime that is about to be sent.
    ///
    /// # Errors
    /// Rules 7.2-10, 7.2-12, 7.3-09.
    pub fn check_sent(&self, lifetime: &Lifetime, now: Timestamp) -> Result<(), Violation> {
        self.check_length(lifetime)?;
        if lifetime.contains(now) { Ok(()) } else { Err(rule!("7.3-09").into()) }
    }

    /// Checks a lifetime in a received KeyPackage or Add.
    ///
    /// # Errors
    /// Rules 7.2-10, 7.2-12 and, if such Adds are refused, 7.3-10.
    pub fn check_received(&self, lifetime: &Lifetime, now: Timestamp) -> Result<(), Violation> {
        self.check_length(lifetime)?;
        match self.received_adds {
            OldLeaves::Accepted => Ok(()),
            OldLeaves::Refused => self.check_clock(lifetime, now, rule!("7.3-10")),
        }
    }

    /// Checks a lifetime of a leaf in the tree that a joiner gets. The length was judged when the member was added.
    ///
    /// # Errors
    /// Rules 7.2-12 and, if old leaves are refused, 7.3-11.
    pub fn check_joined(&self, lifetime: &Lifetime, now: Timestamp) -> Result<(), Violation> {
        if lifetime.length().is_none() {
            return Err(rule!("7.2-12").into());
        }
        match self.old_leaves {
            OldLeaves::Accepted => Ok(()),
            OldLeaves::Refused => self.check_clock(lifetime, now, rule!("7.3-11")),
        }
    }

    fn check_length(&self, lifetime: &Lifetime) -> Result<(), Violation> {
        let length = lifetime.length().ok_or(rule!("7.2-12"))?;
        if self.max_total.is_some_and(|most| length > most) { Err(rule!("7.2-10").into()) } else { Ok(()) }
    }

    fn check_clock(&self, lifetime: &Lifetime, now: Timestamp, rule: RuleId) -> Result<(), Violation> {
        let wide = Lifetime {
            not_before: lifetime.not_before.saturating_sub(self.clock_skew),
            not_after: lifetime.not_after.saturating_add(self.clock_skew),
        };
        if wide.contains(now) { Ok(()) } else { Err(rule.into()) }
    }
}
