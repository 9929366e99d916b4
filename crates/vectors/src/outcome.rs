//! What came of running a file.

use std::collections::BTreeMap;
use std::sync::Arc;

use copath_crypto::{CipherSuite, CryptoError, CryptoProvider, Suite};

use crate::Mismatch;

/// What came of running one file on one backend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many cases the file has of each suite, run or not; `None` stands for formats without suites.
    pub cases: BTreeMap<Option<CipherSuite>, usize>,
    /// How many of them were run and passed.
    pub passed: usize,
    /// The suites that the backend can't run, with the reason.
    pub skipped: BTreeMap<CipherSuite, Skipped>,
    /// The cases that failed.
    pub failures: Vec<Failure>,
}

/// Why cases of a suite were not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// How many cases.
    pub cases: usize,
    /// What the backend said.
    pub reason: CryptoError,
}

/// A case that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its number in the file, from 0.
    pub case: usize,
    /// Its suite, if the format has suites.
    pub suite: Option<CipherSuite>,
    /// What differed.
    pub mismatch: Mismatch,
}

impl Outcome {
    /// How many cases were run.
    pub fn run(&self) -> usize {
        self.passed.saturating_add(self.failures.len())
    }

    /// How many cases the file has.
    pub fn total(&self) -> usize {
        self.cases.values().sum()
    }

    /// The suites that were run, ascending.
    pub fn suites(&self) -> Vec<CipherSuite> {
        let suites = self.cases.keys().copied().flatten();
        suites.filter(|suite| !self.skipped.contains_key(suite)).collect()
    }

    /// Runs the cases of a format without suites.
    pub(crate) fn of_cases<C>(cases: &[C], run: impl Fn(&C) -> Result<(), Mismatch>) -> Self {
        let mut outcome = Self::default();
        for (number, case) in cases.iter().enumerate() {
            outcome.count(None);
            outcome.record(number, None, run(case));
        }
        outcome
    }

    /// Runs the cases of a format with suites, as far as `provider` has them.
    pub(crate) fn of_suites<C>(
        provider: &Arc<dyn CryptoProvider>,
        cases: &[C],
        suite_of: impl Fn(&C) -> u16,
        run: impl Fn(&Suite, &C) -> Result<(), Mismatch>,
    ) -> Self {
        let mut outcome = Self::default();
        for (number, case) in cases.iter().enumerate() {
            let suite = CipherSuite(suite_of(case));
            outcome.count(Some(suite));
            match Suite::new(provider, suite) {
                Ok(on) => outcome.record(number, Some(suite), run(&on, case)),
                Err(reason @ CryptoError::UnsupportedSuite { .. }) => {
                    let skipped = outcome.skipped.entry(suite).or_insert(Skipped { cases: 0, reason });
                    skipped.cases = skipped.cases.saturating_add(1);
                }
                Err(other) => outcome.record(number, Some(suite), Err(other.into())),
            }
        }
        outcome
    }

    fn count(&mut self, suite: Option<CipherSuite>) {
        let cases = self.cases.entry(suite).or_default();
        *cases = cases.saturating_add(1);
    }

    fn record(&mut self, case: usize, suite: Option<CipherSuite>, result: Result<(), Mismatch>) {
        match result {
            Ok(()) => self.passed = self.passed.saturating_add(1),
            Err(mismatch) => self.failures.push(Failure { case, suite, mismatch }),
        }
    }
}
