//! Ed25519.
//!
//! RFC 8032. Admissibility of keys and signatures is the same on all backends: `copath_crypto::ed25519_admissible`, then
//! the equation without cofactor.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use copath_crypto::{
    CryptoError, Secret, SignatureAlgorithm, SignatureKeyPair, SignatureScheme, Signer, ed25519_admissible,
    ed25519_key_admissible,
};
use curve25519_dalek::edwards::CompressedEdwardsY;

/// Octets of a seed.
const SEED_LENGTH: usize = 32;

/// Ed25519 by aws-lc.
pub(crate) struct Ed25519;

impl SignatureAlgorithm for Ed25519 {
    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }

    fn generate(
        &self,
        random: &mut dyn FnMut(&mut [u8]) -> Result<(), CryptoError>,
    ) -> Result<SignatureKeyPair, CryptoError> {
        let private_key = Secret::try_fill(SEED_LENGTH, random)?;
        let public_key = key_pair(&private_key)?.public_key().as_ref().to_vec();
        Ok(SignatureKeyPair { private_key, public_key })
    }

    fn signer(&self, private_key: &Secret) -> Result<Arc<dyn Signer>, CryptoError> {
        Ok(Arc::new(Ed25519Signer(key_pair(private_key)?)))
    }

    fn check_public_key(&self, public_key: &[u8]) -> Result<(), CryptoError> {
        let octets: &[u8; 32] = public_key.try_into().map_err(|_| CryptoError::InvalidPublicKey)?;
        if !ed25519_key_admissible(octets) || CompressedEdwardsY(*octets).decompress().is_none() {
            return Err(CryptoError::InvalidPublicKey);
        }
        Ok(())
    }

    fn verify(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        if verified(public_key, message, signature) {
            return Ok(());
        }
        // Only a failure pays for finding out which of the two is at fault.
        self.check_public_key(public_key)?;
        Err(CryptoError::InvalidSignature)
    }
}

fn verified(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(octets)) = (public_key.try_into(), signature.try_into()) else {
        return false;
    };
    ed25519_admissible(key, octets) && UnparsedPublicKey::new(&ED25519, key).verify(message, octets).is_ok()
}

fn key_pair(seed: &Secret) -> Result<Ed25519KeyPair, CryptoError> {
    if seed.len() != SEED_LENGTH {
        return Err(CryptoError::InvalidPrivateKey);
    }
    Ed25519KeyPair::from_seed_unchecked(seed.expose()).map_err(|_| CryptoError::InvalidPrivateKey)
}

/// A parsed Ed25519 key.
struct Ed25519Signer(Ed25519KeyPair);

impl Signer for Ed25519Signer {
    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }

    fn public_key(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let signature = self.0.try_sign(message).map_err(|_| CryptoError::BackendFailure)?;
        Ok(signature.as_ref().to_vec())
    }
}

impl fmt::Debug for Ed25519Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ed25519Signer(..)")
    }
}
