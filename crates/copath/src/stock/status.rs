//! How the stock stands.

use copath_credentials::Timestamp;
use copath_crypto::CipherSuite;

use super::entry::Entry;
use super::plan::{Judge, Standing};
use crate::{LastResort, Reuse};

/// How the stock of one suite stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SuiteStock {
    /// The suite.
    pub suite: CipherSuite,
    /// How many packages others can find, as far as this client knows: uploaded, in their time, neither used nor
    /// given out. [`KeyPackageStock::still_there`](crate::KeyPackageStock::still_there) brings in what the server
    /// knows.
    pub published: u32,
    /// How many are made and not known to be uploaded.
    pub waiting: u32,
    /// How many the server has given to somebody who hasn't used them yet.
    pub given_out: u32,
    /// How many are to be made to reach the target; replacements of those that end soon are among them.
    pub to_make: u32,
    /// How many more it would take, which aren't made because too many were given out and not used
    /// ([`StockPolicy::limit`](crate::StockPolicy::limit)). If it isn't 0, somebody may be collecting this client's
    /// packages.
    pub held_back: u32,
    /// Whether it is time to do something.
    pub level: StockLevel,
    /// The package of last resort.
    pub last_resort: LastResortStock,
    /// When the first package that counts is to be replaced: call
    /// [`KeyPackageStock::replenish`](crate::KeyPackageStock::replenish) then at the latest.
    pub renew_at: Option<Timestamp>,
}

/// How many packages others can find, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum StockLevel {
    /// None: nobody can add this client to a group, but for a package of last resort.
    Empty,
    /// As few as [`StockPolicy::low`](crate::StockPolicy::low), or fewer.
    Low,
    /// More than that.
    Enough,
}

/// How it stands with the package of last resort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LastResortStock {
    /// The policy wants none.
    NotKept,
    /// There is none that isn't to be replaced.
    Missing,
    /// It is made and not known to be uploaded.
    Waiting,
    /// It is uploaded.
    Published,
}

impl Judge<'_> {
    pub(super) fn status(&self, entries: &[Entry]) -> Vec<SuiteStock> {
        self.present.iter().map(|(suite, _)| self.status_of(entries, *suite)).collect()
    }

    fn status_of(&self, entries: &[Entry], suite: CipherSuite) -> SuiteStock {
        let of = |reuse| {
            entries.iter().filter(move |entry| (entry.made.suite, entry.made.reuse) == (suite, reuse))
        };
        let with = |standing| {
            let standing = move |entry: &&Entry| self.standing(entry) == standing;
            count(of(Reuse::Once).filter(standing))
        };
        let published = count(of(Reuse::Once).filter(|entry| self.can_be_found(entry)));
        let counts = |entry: &&Entry| matches!(self.standing(entry), Standing::Waiting | Standing::Published);
        let all = of(Reuse::Once).chain(of(Reuse::LastResort));
        let missing = self.missing(entries, suite, Reuse::Once);
        SuiteStock {
            suite,
            published,
            waiting: with(Standing::Waiting),
            given_out: with(Standing::GivenOut),
            to_make: missing.to_make,
            held_back: missing.held_back,
            level: match published {
                0 => StockLevel::Empty,
                few if few <= self.policy.low => StockLevel::Low,
                _ => StockLevel::Enough,
            },
            last_resort: self.last_resort(of(Reuse::LastResort)),
            renew_at: all.filter(counts).map(|entry| self.renewal(entry)).min(),
        }
    }

    fn last_resort<'e>(&self, entries: impl Iterator<Item = &'e Entry>) -> LastResortStock {
        if self.policy.last_resort == LastResort::None {
            return LastResortStock::NotKept;
        }
        let standings: Vec<Standing> = entries.map(|entry| self.standing(entry)).collect();
        if standings.contains(&Standing::Published) {
            LastResortStock::Published
        } else if standings.contains(&Standing::Waiting) {
            LastResortStock::Waiting
        } else {
            LastResortStock::Missing
        }
    }
}

fn count<'e>(entries: impl Iterator<Item = &'e Entry>) -> u32 {
    u32::try_from(entries.count()).unwrap_or(u32::MAX)
}
