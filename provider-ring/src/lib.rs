//! Crypto backend over ring: cipher suites 1, 2, 3 and 7.
//!
//! RFC 9420 §5.1. ring does hashing, HMAC, AEAD, signatures and the ephemeral side of encapsulation. It can't import a
//! static Diffie-Hellman key, nor tell the public key of an ECDSA scalar; the curve crates do that
//! (`docs/adr/0002-ring-and-static-keys.md`).
//!
//! Randomness is ring's own: [`CryptoProvider::random`], the ephemeral keys of Encap (its seed is checked for its
//! length and otherwise unused) and ECDSA nonces come from `SystemRandom`. A seeded run therefore doesn't replay.
//!
//! ring doesn't wipe the keys that it has expanded (HMAC, AEAD and signature keys, ephemeral scalars) from memory; the
//! octets that this crate itself holds are wiped.

extern crate alloc;

mod aead;
mod ecdsa;
mod ed25519;
mod hash;
mod kem;
mod nist;

use alloc::sync::Arc;

use copath_crypto::{
    Aead, AeadAlgorithm, CryptoError, CryptoProvider, Hash, HashAlgorithm, Kem, KemAlgorithm,
    SignatureAlgorithm, SignatureScheme,
};
use ring::rand::{SecureRandom, SystemRandom};

/// ring as a backend.
///
/// RFC 9420 §5.1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ring;

/// ring as a backend, ready to hand to a suite.
pub fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(Ring)
}

impl CryptoProvider for Ring {
    fn name(&self) -> &'static str {
        "ring"
    }

    fn random(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        SystemRandom::new().fill(out).map_err(|_| CryptoError::RandomnessUnavailable)
    }

    fn hash(&self, algorithm: HashAlgorithm) -> Option<Arc<dyn Hash>> {
        hash::RingHash::new(algorithm).map(|hash| Arc::new(hash) as _)
    }

    fn aead(&self, algorithm: AeadAlgorithm) -> Option<Arc<dyn Aead>> {
        aead::RingAead::new(algorithm).map(|aead| Arc::new(aead) as _)
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
