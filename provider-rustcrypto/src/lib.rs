//! The crypto backend in Rust throughout: RustCrypto, dalek and the `hpke` crate. It has all suites of RFC 9420.
//!
//! | Primitive | From |
//! |:--|:--|
//! | SHA-2, HMAC | sha2, hmac |
//! | AES-GCM, ChaCha20-Poly1305 | aes-gcm, chacha20poly1305 |
//! | DHKEM of X25519, P-256, P-384 and P-521 | hpke (over x25519-dalek, p256, p384, p521) |
//! | DHKEM of X448 | x448, in `copath-hpke` |
//! | Ed25519, ECDSA | ed25519-dalek, p256, p384, p521 |
//! | Ed448 | ed448-goldilocks |
//!
//! **Suites 4 and 6 stand on `x448` and `ed448-goldilocks`, which are pre-releases that nobody has audited.** They are
//! pinned to exact versions. Choose another suite unless you must talk to somebody who has only these.
//!
//! Encap derives its ephemeral key from the seed on all KEMs, signatures are deterministic: a run with
//! [`RustCrypto::seeded`] replays exactly.

mod aead;
mod ecdsa;
mod ed25519;
mod ed448;
mod hash;
mod kem;
mod random;
mod x448;

use std::sync::Arc;

use copath_crypto::{
    Aead, AeadAlgorithm, CryptoError, CryptoProvider, Hash, HashAlgorithm, Kem, KemAlgorithm,
    SignatureAlgorithm, SignatureScheme,
};
use copath_hpke::DhKem;

use crate::random::Randomness;

/// The backend with the operating system's randomness, ready to be shared.
pub fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::new())
}

/// The backend.
///
/// RFC 9420 §5.1.
#[derive(Debug)]
pub struct RustCrypto {
    randomness: Randomness,
}

impl RustCrypto {
    /// With the operating system's randomness.
    pub fn new() -> Self {
        Self { randomness: Randomness::system() }
    }

    /// With randomness that follows from `seed` alone (ChaCha20), so that a run can be replayed.
    ///
    /// **For tests and simulation.** Whoever knows the seed knows all keys, and two users of one seed use the same
    /// keys and nonces. Replaying also needs that randomness is drawn in the same order.
    pub fn seeded(seed: [u8; 32]) -> Self {
        Self { randomness: Randomness::seeded(seed) }
    }
}

impl Default for RustCrypto {
    fn default() -> Self {
        Self::new()
    }
}

impl CryptoProvider for RustCrypto {
    fn name(&self) -> &'static str {
        "rustcrypto"
    }

    fn random(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        self.randomness.fill(out)
    }

    fn hash(&self, algorithm: HashAlgorithm) -> Option<Arc<dyn Hash>> {
        hash::hash(algorithm)
    }

    fn aead(&self, algorithm: AeadAlgorithm) -> Option<Arc<dyn Aead>> {
        aead::aead(algorithm)
    }

    fn kem(&self, algorithm: KemAlgorithm) -> Option<Arc<dyn Kem>> {
        if algorithm == KemAlgorithm::DHKEM_X448 {
            return Some(Arc::new(DhKem::new(x448::X448, hash::hash(HashAlgorithm::Sha512)?)));
        }
        kem::kem(algorithm)
    }

    fn signature(&self, scheme: SignatureScheme) -> Option<Arc<dyn SignatureAlgorithm>> {
        match scheme {
            SignatureScheme::ED25519 => Some(Arc::new(ed25519::Ed25519)),
            SignatureScheme::ED448 => Some(Arc::new(ed448::Ed448)),
            _ => ecdsa::ecdsa(scheme),
        }
    }
}
