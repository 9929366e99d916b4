//! The crypto backends.

use std::fmt;
use std::sync::Arc;

use clap::ValueEnum;
use copath::{CipherSuite, CryptoProvider, Suite};
use copath_provider_rustcrypto::RustCrypto;

use crate::arguments::Seed;
use crate::failure::Failure;

/// A crypto backend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Backend {
    /// Rust throughout: all suites.
    #[default]
    Rustcrypto,
    /// ring.
    Ring,
    /// AWS-LC: the fast one.
    AwsLc,
}

impl Backend {
    /// All backends, in the order in which tables show them.
    pub(crate) const ALL: [Self; 3] = [Self::Rustcrypto, Self::Ring, Self::AwsLc];

    /// The backend, with the system's randomness.
    pub(crate) fn provider(self) -> Arc<dyn CryptoProvider> {
        match self {
            Self::Rustcrypto => copath_provider_rustcrypto::provider(),
            Self::Ring => copath_provider_ring::provider(),
            Self::AwsLc => copath_provider_aws_lc::provider(),
        }
    }

    /// The backend, with all its randomness from `seed`.
    pub(crate) fn seeded_provider(self, seed: Seed) -> Result<Arc<dyn CryptoProvider>, Failure> {
        match self {
            Self::Rustcrypto => Ok(Arc::new(RustCrypto::seeded(seed.0))),
            _ => Err(Failure::NoSeed { backend: self }),
        }
    }

    /// Whether it has `suite`.
    pub(crate) fn has(self, suite: CipherSuite) -> bool {
        Suite::new(&self.provider(), suite).is_ok()
    }

    /// Those that have `suite`.
    pub(crate) fn with_suite(suite: CipherSuite) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |backend| backend.has(suite))
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rustcrypto => "rustcrypto",
            Self::Ring => "ring",
            Self::AwsLc => "aws-lc",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backends_are_called_what_the_command_line_calls_them() {
        for backend in Backend::ALL {
            let value = backend.to_possible_value().unwrap();
            assert_eq!(value.get_name(), backend.to_string());
        }
    }

    #[test]
    fn each_suite_has_a_backend() {
        for suite in (1..=7).map(CipherSuite) {
            assert_eq!(Backend::with_suite(suite).next(), Some(Backend::Rustcrypto));
        }
        assert!(!Backend::Ring.has(CipherSuite(4)) && Backend::AwsLc.has(CipherSuite(5)));
    }
}
