//! Ed25519.
//!
//! RFC 8032 §5.1. The verdict on crafted signatures: first `copath_crypto::ed25519_admissible`, then the equation
//! without cofactor.

use std::sync::Arc;

use copath_crypto::{
    CryptoError, Secret, SignatureAlgorithm, SignatureKeyPair, SignatureScheme, Signer, ed25519_admissible,
    ed25519_key_admissible,
};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

const SEED_LENGTH: usize = 32;

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
        let public_key = parse_private(&private_key)?.verifying_key().to_bytes().to_vec();
        Ok(SignatureKeyPair { private_key, public_key })
    }

    fn signer(&self, private_key: &Secret) -> Result<Arc<dyn Signer>, CryptoError> {
        let key = parse_private(private_key)?;
        Ok(Arc::new(Ed25519Signer { public_key: key.verifying_key().to_bytes(), key }))
    }

    fn check_public_key(&self, public_key: &[u8]) -> Result<(), CryptoError> {
        parse_public(public_key).map(|_| ())
    }

    fn verify(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        let key = parse_public(public_key)?;
        let signature = <[u8; 64]>::try_from(signature).map_err(|_| CryptoError::InvalidSignature)?;
        if !ed25519_admissible(key.as_bytes(), &signature) {
            return Err(CryptoError::InvalidSignature);
        }
        ed25519_dalek::Verifier::verify(&key, message, &Signature::from_bytes(&signature))
            .map_err(|_| CryptoError::InvalidSignature)
    }
}

struct Ed25519Signer {
    key: SigningKey,
    public_key: [u8; 32],
}

impl Signer for Ed25519Signer {
    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }

    fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let signature = self.key.try_sign(message).map_err(|_| CryptoError::BackendFailure)?;
        Ok(signature.to_vec())
    }
}

impl std::fmt::Debug for Ed25519Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ed25519Signer(..)")
    }
}

fn parse_private(private_key: &Secret) -> Result<SigningKey, CryptoError> {
    let seed =
        <&[u8; SEED_LENGTH]>::try_from(private_key.expose()).map_err(|_| CryptoError::InvalidPrivateKey)?;
    Ok(SigningKey::from_bytes(seed))
}

fn parse_public(public_key: &[u8]) -> Result<VerifyingKey, CryptoError> {
    let octets = <[u8; 32]>::try_from(public_key).map_err(|_| CryptoError::InvalidPublicKey)?;
    if !ed25519_key_admissible(&octets) {
        return Err(CryptoError::InvalidPublicKey);
    }
    VerifyingKey::from_bytes(&octets).map_err(|_| CryptoError::InvalidPublicKey)
}
