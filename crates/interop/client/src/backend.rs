//! The crypto backends, chosen at run time.

use std::fmt;
use std::sync::Arc;

use clap::ValueEnum;
use copath_crypto::CryptoProvider;

/// A crypto backend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// Rust throughout: all suites.
    #[default]
    Rustcrypto,
    /// ring.
    Ring,
    /// AWS-LC.
    AwsLc,
}

impl Backend {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rustcrypto, Self::Ring, Self::AwsLc];

    /// Its provider, with the system's randomness.
    pub(crate) fn provider(self) -> Arc<dyn CryptoProvider> {
        match self {
            Self::Rustcrypto => copath_provider_rustcrypto::provider(),
            Self::Ring => copath_provider_ring::provider(),
            Self::AwsLc => copath_provider_aws_lc::provider(),
        }
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
