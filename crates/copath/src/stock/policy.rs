//! How many key packages others should find, and for how long.

use crate::{Error, Misuse, Reuse};

/// How many key packages others should find, and for how long they are good. The defaults suit a client that calls
/// [`KeyPackageStock::replenish`](crate::KeyPackageStock::replenish) once a day.
///
/// RFC 9420 §7.2 and §16.8. Short lifetimes and a short grace bound what a stolen device can open; long ones let
/// others reach a client that is seldom online.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StockPolicy {
    /// How many packages others should find for each of the client's suites: 50 unless set.
    pub target: u32,
    /// So many are few ([`StockLevel::Low`](crate::StockLevel::Low)): 10 unless set.
    pub low: u32,
    /// For how many days a package is good: 90 unless set.
    pub lifetime_days: u32,
    /// How many days before its end a package is replaced: 30 unless set, so that it is still good for a while when
    /// somebody fetches it.
    pub renew_days: u32,
    /// For how many days at least the private keys of a replaced or expired package are kept, counted from the call
    /// that saw it: 7 unless set. A Welcome that was sent in time can be opened until then. The first call after that
    /// starts the same time once more, as its clock may be wrong; the first call after that deletes them.
    pub grace_days: u32,
    /// Whether there is a package that may be used more than once when the others have run out.
    pub last_resort: LastResort,
    /// How many packages of each suite others may have and find together: 1,000 unless set. When there are so many, no
    /// more are made until some are used or their time is over: others find the one of last resort, or none
    /// ([`SuiteStock::held_back`](crate::SuiteStock::held_back)). It bounds what somebody who fetches packages and
    /// never uses them makes this client keep; the server's limits are to stop them earlier.
    pub limit: u32,
}

/// Whether a client has a key package of last resort for each of its suites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum LastResort {
    /// It has none: whoever finds no package can't add the client.
    #[default]
    None,
    /// It has one, kept apart from the others. What marks it has to be registered
    /// ([`Registrations::with_last_resort`](crate::Registrations::with_last_resort)).
    One,
}

const DAY: u64 = 24 * 3600;

impl Default for StockPolicy {
    fn default() -> Self {
        Self {
            target: 50,
            low: 10,
            lifetime_days: 90,
            renew_days: 30,
            grace_days: 7,
            last_resort: LastResort::None,
            limit: 1_000,
        }
    }
}

impl StockPolicy {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Others should find this many for each suite; `low` of them are few.
    #[must_use]
    pub fn target(mut self, target: u32, low: u32) -> Self {
        (self.target, self.low) = (target, low);
        self
    }

    /// A package is good for `days` days, and is replaced `renew_days` before they are over.
    #[must_use]
    pub fn lifetime(mut self, days: u32, renew_days: u32) -> Self {
        (self.lifetime_days, self.renew_days) = (days, renew_days);
        self
    }

    /// The private keys of replaced and expired packages are kept for `days` days at least, and about twice as long
    /// by a client that calls often.
    #[must_use]
    pub fn grace(mut self, days: u32) -> Self {
        self.grace_days = days;
        self
    }

    /// Keeps a package of last resort too.
    #[must_use]
    pub fn with_last_resort(mut self) -> Self {
        self.last_resort = LastResort::One;
        self
    }

    /// Of each suite, others may have and find so many packages together.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// A package that would be replaced as soon as it is made makes no sense, and neither does a stock that would
    /// always be low, or never full.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let always_low = self.low > 0 && self.low >= self.target;
        if self.renew_days >= self.lifetime_days || always_low || self.limit < self.target {
            return Err(Misuse::StockPolicy.into());
        }
        Ok(())
    }

    /// How many packages of this kind there should be.
    pub(super) fn wanted(&self, reuse: Reuse) -> u32 {
        match (reuse, self.last_resort) {
            (Reuse::Once, _) => self.target,
            (Reuse::LastResort, LastResort::None) => 0,
            (Reuse::LastResort, LastResort::One) => 1,
        }
    }

    /// In seconds.
    pub(super) fn renewal(&self) -> u64 {
        u64::from(self.renew_days).saturating_mul(DAY)
    }

    /// In seconds.
    pub(super) fn grace_period(&self) -> u64 {
        u64::from(self.grace_days).saturating_mul(DAY)
    }
}
