//! ECDSA over P-256, P-384 and P-521.
//!
//! FIPS 186-5 §6; RFC 9420 §5.1.2 for the encoding. Signatures are strict DER with low s; verification takes either s.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1,
    ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, KeyPair, UnparsedPublicKey,
};
use copath_crypto::{
    CryptoError, EcdsaSignature, Secret, SignatureAlgorithm, SignatureKeyPair, SignatureScheme, Signer,
    ecdsa_low_s,
};
use copath_hpke::{DhGroup, KeyDerivation};

use crate::kem::Group;

/// How many candidates for a private key are drawn; the odds that none is in range are below 2^-2000.
const CANDIDATES: usize = 64;

/// ECDSA by aws-lc.
#[derive(Clone, Copy)]
pub(crate) struct Ecdsa {
    scheme: SignatureScheme,
    group: Group,
    signing: &'static EcdsaSigningAlgorithm,
    verification: &'static EcdsaVerificationAlgorithm,
}

impl Ecdsa {
    /// The scheme, if aws-lc has it.
    pub(crate) fn new(scheme: SignatureScheme) -> Option<Self> {
        match scheme {
            SignatureScheme::ECDSA_SECP256R1_SHA256 => Some(Self {
                scheme,
                group: Group::P256,
                signing: &ECDSA_P256_SHA256_ASN1_SIGNING,
                verification: &ECDSA_P256_SHA256_ASN1,
            }),
            SignatureScheme::ECDSA_SECP384R1_SHA384 => Some(Self {
                scheme,
                group: Group::P384,
                signing: &ECDSA_P384_SHA384_ASN1_SIGNING,
                verification: &ECDSA_P384_SHA384_ASN1,
            }),
            SignatureScheme::ECDSA_SECP521R1_SHA512 => Some(Self {
                scheme,
                group: Group::P521,
                signing: &ECDSA_P521_SHA512_ASN1_SIGNING,
                verification: &ECDSA_P521_SHA512_ASN1,
            }),
            _ => None,
        }
    }

    /// Cuts a candidate for a private key to the length of the order in bits, as DeriveKeyPair does.
    fn mask(&self, candidate: &mut [u8]) {
        if let (KeyDerivation::Candidates { bitmask }, Some(first)) =
            (self.group.key_derivation(), candidate.first_mut())
        {
            *first &= bitmask;
        }
    }
}

impl SignatureAlgorithm for Ecdsa {
    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }

    fn generate(
        &self,
        random: &mut dyn FnMut(&mut [u8]) -> Result<(), CryptoError>,
    ) -> Result<SignatureKeyPair, CryptoError> {
        for _ in 0..CANDIDATES {
            let private_key = Secret::try_fill(self.group.private_key_length(), |out| {
                random(out)?;
                self.mask(out);
                Ok(())
            })?;
            if let Ok(public_key) = self.group.public_key(private_key.expose()) {
                return Ok(SignatureKeyPair { private_key, public_key });
            }
        }
        Err(CryptoError::RandomnessUnavailable)
    }

    fn signer(&self, private_key: &Secret) -> Result<Arc<dyn Signer>, CryptoError> {
        let private_key = private_key.expose();
        let public_key = self.group.public_key(private_key)?;
        let key = EcdsaKeyPair::from_private_key_and_public_key(self.signing, private_key, &public_key)
            .map_err(|_| CryptoError::InvalidPrivateKey)?;
        Ok(Arc::new(EcdsaSigner { scheme: self.scheme, key }))
    }

    fn check_public_key(&self, public_key: &[u8]) -> Result<(), CryptoError> {
        self.group.check_public_key(public_key)
    }

    fn verify(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        let strict = self.group.has_form(public_key) && EcdsaSignature::from_der(signature).is_some();
        let key = UnparsedPublicKey::new(self.verification, public_key);
        if strict && key.verify(message, signature).is_ok() {
            return Ok(());
        }
        // Only a failure pays for finding out which of the two is at fault.
        self.check_public_key(public_key)?;
        Err(CryptoError::InvalidSignature)
    }
}

/// A parsed ECDSA key.
struct EcdsaSigner {
    scheme: SignatureScheme,
    key: EcdsaKeyPair,
}

impl Signer for EcdsaSigner {
    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }

    fn public_key(&self) -> &[u8] {
        self.key.public_key().as_ref()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let signature =
            self.key.sign(&SystemRandom::new(), message).map_err(|_| CryptoError::BackendFailure)?;
        ecdsa_low_s(signature.as_ref(), self.scheme).ok_or(CryptoError::BackendFailure)
    }
}

impl fmt::Debug for EcdsaSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EcdsaSigner({}, ..)", self.scheme)
    }
}
