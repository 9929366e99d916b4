//! Crypto backend over aws-lc: cipher suites 1, 2, 3, 5 and 7. The fast one.
//!
//! RFC 9420 §5.1. It builds with a C compiler alone. aws-lc wipes what it frees, and imports static keys, so that Encap
//! follows its seed. Randomness is aws-lc's own: [`CryptoProvider::random`] and ECDSA nonces come from its generator, so
//! a seeded run doesn't replay.

extern crate alloc;

mod aead;
mod ecdsa;
mod ed25519;
mod hash;
mod kem;

use alloc::sync::Arc;

use aws_lc_rs::rand;
use copath_crypto::{
    Aead, AeadAlgorithm, CryptoError, CryptoProvider, Hash, HashAlgorithm, Kem, KemAlgorithm,
    SignatureAlgorithm, SignatureScheme,
};

/// aws-lc as a backend.
///
/// RFC 9420 §5.1.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsLc;

/// aws-lc as a backend, ready to hand to a suite.
pub fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(AwsLc)
}

impl CryptoProvider for AwsLc {
    fn name(&self) -> &'static str {
        "aws-lc"
    }

    fn random(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        rand::fill(out).map_err(|_| CryptoError::RandomnessUnavailable)
    }

    fn hash(&self, algorithm: HashAlgorithm) -> Option<Arc<dyn Hash>> {
        hash::AwsLcHash::new(algorithm).map(|hash| Arc::new(hash) as _)
    }

    fn aead(&self, algorithm: AeadAlgorithm) -> Option<Arc<dyn Aead>> {
        aead::AwsLcAead::new(algorithm).map(|aead| Arc::new(aead) as _)
    }

    fn kem(&self, algorithm: KemAlgorithm) -> Option<Arc<dyn Kem>> {
        kem::kem(self, algorithm)
    }

    fn signature(&self, scheme: SignatureScheme) -> Option<Arc<dyn SignatureAlgorithm>> {
        match scheme {
            SignatureScheme::ED25519 => Some(Arc::new(ed25519::Ed25519)),
            _ => ecdsa::Ecdsa::new(scheme).map(|ecdsa| Arc::new(ecdsa) as _),
        }
    }
}

#[cfg(test)]
mod tests;
