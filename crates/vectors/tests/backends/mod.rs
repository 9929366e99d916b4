//! The backends, and the suites that each has to run.

use std::sync::Arc;

use copath_crypto::{CipherSuite, CryptoProvider};
use copath_vectors::Outcome;

/// A backend and its suites.
pub(crate) struct Backend {
    pub(crate) provider: Arc<dyn CryptoProvider>,
    pub(crate) suites: &'static [u16],
}

/// All backends.
pub(crate) fn backends() -> [Backend; 3] {
    [
        Backend { provider: copath_provider_rustcrypto::provider(), suites: &[1, 2, 3, 4, 5, 6, 7] },
        Backend { provider: copath_provider_ring::provider(), suites: &[1, 2, 3, 7] },
        Backend { provider: copath_provider_aws_lc::provider(), suites: &[1, 2, 3, 5, 7] },
    ]
}

impl Backend {
    /// Demands that all cases of the backend's suites were run and passed, and that no other was skipped.
    pub(crate) fn assert_passed(&self, file: &str, outcome: &Outcome) {
        let place = format!("{file} on {}", self.provider.name());
        let failures = outcome.failures.len();
        assert_eq!(outcome.failures.first(), None, "the first of {failures} failures of {place}");
        let due = |suite: &Option<CipherSuite>| suite.is_none_or(|suite| self.suites.contains(&suite.0));
        let expected: usize =
            outcome.cases.iter().filter(|(suite, _)| due(suite)).map(|(_, count)| count).sum();
        assert_eq!(outcome.passed, expected, "{place}");
        assert!(outcome.passed > 0, "{place}");
        for suite in outcome.skipped.keys() {
            assert!(!self.suites.contains(&suite.0), "{place}: {suite} was skipped");
        }
    }
}
