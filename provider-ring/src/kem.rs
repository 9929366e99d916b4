//! DHKEM over X25519, P-256 and P-384.
//!
//! RFC 9180 §4.1 and §7.1. The ephemeral side is ring's, with ring's randomness; static keys are the curve crates'.

use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_crypto::{CryptoError, CryptoProvider, HashAlgorithm, Kem, KemAlgorithm, Secret};
use copath_hpke::{Agreement, DhGroup, DhKem, KeyDerivation, check_x25519_public_key};
use ring::agreement::{
    Algorithm, ECDH_P256, ECDH_P384, EphemeralPrivateKey, UnparsedPublicKey, X25519, agree_ephemeral,
};
use ring::rand::SystemRandom;
use x25519_dalek::{PublicKey, StaticSecret};

use crate::Ring;
use crate::nist::NistCurve;

/// Octets of an X25519 key of either kind.
const X25519_LENGTH: usize = 32;

/// The KEM `algorithm`, if this backend has it.
pub(crate) fn kem(provider: &Ring, algorithm: KemAlgorithm) -> Option<Arc<dyn Kem>> {
    let hash = |algorithm| provider.hash(algorithm);
    match algorithm {
        KemAlgorithm::DHKEM_X25519 => Some(Arc::new(DhKem::new(X25519Group, hash(HashAlgorithm::Sha256)?))),
        KemAlgorithm::DHKEM_P256 => {
            Some(Arc::new(DhKem::new(NistGroup(NistCurve::P256), hash(HashAlgorithm::Sha256)?)))
        }
        KemAlgorithm::DHKEM_P384 => {
            Some(Arc::new(DhKem::new(NistGroup(NistCurve::P384), hash(HashAlgorithm::Sha384)?)))
        }
        _ => None,
    }
}

/// X25519 (RFC 7748).
struct X25519Group;

impl DhGroup for X25519Group {
    fn algorithm(&self) -> KemAlgorithm {
        KemAlgorithm::DHKEM_X25519
    }

    fn private_key_length(&self) -> usize {
        X25519_LENGTH
    }

    fn public_key_length(&self) -> usize {
        X25519_LENGTH
    }

    fn key_derivation(&self) -> KeyDerivation {
        KeyDerivation::Direct
    }

    fn public_key(&self, private_key: &[u8]) -> Result<Vec<u8>, CryptoError> {
        Ok(PublicKey::from(&static_secret(private_key)?).as_bytes().to_vec())
    }

    fn check_public_key(&self, public_key: &[u8]) -> Result<(), CryptoError> {
        check_x25519_public_key(public_key)
    }

    fn diffie_hellman(&self, private_key: &[u8], public_key: &[u8]) -> Result<Secret, CryptoError> {
        let secret = static_secret(private_key)?;
        let shared = secret.diffie_hellman(&PublicKey::from(x25519_octets(public_key)?));
        if !shared.was_contributory() {
            return Err(CryptoError::DegenerateSharedSecret);
        }
        Ok(Secret::copy_of(shared.as_bytes()))
    }

    fn ephemeral(&self, public_key: &[u8]) -> Option<Result<Agreement, CryptoError>> {
        // With the length right, ring fails for a zero result alone.
        let length = x25519_octets(public_key);
        Some(length.and_then(|_| ephemeral(&X25519, public_key, CryptoError::DegenerateSharedSecret)))
    }
}

/// ECDH over a NIST curve.
struct NistGroup(NistCurve);

impl DhGroup for NistGroup {
    fn algorithm(&self) -> KemAlgorithm {
        match self.0 {
            NistCurve::P256 => KemAlgorithm::DHKEM_P256,
            NistCurve::P384 => KemAlgorithm::DHKEM_P384,
        }
    }

    fn private_key_length(&self) -> usize {
        self.0.scalar_length()
    }

    fn public_key_length(&self) -> usize {
        self.0.point_length()
    }

    fn key_derivation(&self) -> KeyDerivation {
        KeyDerivation::Candidates { bitmask: 0xff }
    }

    fn public_key(&self, private_key: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.0.public_key(private_key)
    }

    fn check_public_key(&self, public_key: &[u8]) -> Result<(), CryptoError> {
        self.0.check_public_key(public_key)
    }

    fn diffie_hellman(&self, private_key: &[u8], public_key: &[u8]) -> Result<Secret, CryptoError> {
        self.0.diffie_hellman(private_key, public_key)
    }

    fn ephemeral(&self, public_key: &[u8]) -> Option<Result<Agreement, CryptoError>> {
        let algorithm = match self.0 {
            NistCurve::P256 => &ECDH_P256,
            NistCurve::P384 => &ECDH_P384,
        };
        // ring takes uncompressed points on the curve and nothing else.
        Some(ephemeral(algorithm, public_key, CryptoError::InvalidPublicKey))
    }
}

/// A fresh key pair of ring's, agreed with `public_key`; a refused one is `refused`.
fn ephemeral(
    algorithm: &'static Algorithm,
    public_key: &[u8],
    refused: CryptoError,
) -> Result<Agreement, CryptoError> {
    let private = EphemeralPrivateKey::generate(algorithm, &SystemRandom::new())
        .map_err(|_| CryptoError::RandomnessUnavailable)?;
    let own = private.compute_public_key().map_err(|_| CryptoError::BackendFailure)?;
    let peer = UnparsedPublicKey::new(algorithm, public_key);
    let shared = agree_ephemeral(private, &peer, Secret::copy_of).map_err(|_| refused)?;
    Ok(Agreement { shared, public_key: own.as_ref().to_vec() })
}

fn static_secret(private_key: &[u8]) -> Result<StaticSecret, CryptoError> {
    let octets: [u8; X25519_LENGTH] = private_key.try_into().map_err(|_| CryptoError::InvalidPrivateKey)?;
    let octets = zeroize::Zeroizing::new(octets);
    Ok(StaticSecret::from(*octets))
}

fn x25519_octets(public_key: &[u8]) -> Result<[u8; X25519_LENGTH], CryptoError> {
    public_key.try_into().map_err(|_| CryptoError::InvalidPublicKey)
}
