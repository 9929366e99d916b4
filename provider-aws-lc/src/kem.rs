//! DHKEM over X25519, P-256, P-384 and P-521.
//!
//! RFC 9180 §4.1 and §7.1.

use alloc::sync::Arc;
use alloc::vec::Vec;

use aws_lc_rs::agreement::{
    Algorithm, ECDH_P256, ECDH_P384, ECDH_P521, ParsedPublicKey, PrivateKey, UnparsedPublicKey, X25519, agree,
};
use copath_crypto::{CryptoError, CryptoProvider, HashAlgorithm, Kem, KemAlgorithm, Secret};
use copath_hpke::{Agreement, DhGroup, DhKem, KeyDerivation, check_x25519_public_key};

use crate::AwsLc;

/// The KEM `algorithm`, if this backend has it.
pub(crate) fn kem(provider: &AwsLc, algorithm: KemAlgorithm) -> Option<Arc<dyn Kem>> {
    let (group, hash) = match algorithm {
        KemAlgorithm::DHKEM_X25519 => (Group::X25519, HashAlgorithm::Sha256),
        KemAlgorithm::DHKEM_P256 => (Group::P256, HashAlgorithm::Sha256),
        KemAlgorithm::DHKEM_P384 => (Group::P384, HashAlgorithm::Sha384),
        KemAlgorithm::DHKEM_P521 => (Group::P521, HashAlgorithm::Sha512),
        _ => return None,
    };
    Some(Arc::new(DhKem::new(group, provider.hash(hash)?)))
}

/// A Diffie-Hellman group of aws-lc's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    X25519,
    P256,
    P384,
    P521,
}

impl Group {
    fn agreement(self) -> &'static Algorithm {
        match self {
            Self::X25519 => &X25519,
            Self::P256 => &ECDH_P256,
            Self::P384 => &ECDH_P384,
            Self::P521 => &ECDH_P521,
        }
    }

    /// aws-lc checks the length, and that a scalar is in range.
    fn import(self, private_key: &[u8]) -> Result<PrivateKey, CryptoError> {
        PrivateKey::from_private_key(self.agreement(), private_key)
            .map_err(|_| CryptoError::InvalidPrivateKey)
    }

    /// Whether `public_key` has the form that RFC 9180 gives it. aws-lc by itself takes other ones too: compressed and
    /// hybrid points, SubjectPublicKeyInfo.
    pub(crate) fn has_form(self, public_key: &[u8]) -> bool {
        let uncompressed = self == Self::X25519 || public_key.first() == Some(&4);
        uncompressed && public_key.len() == self.public_key_length()
    }

    /// aws-lc checks that a point is on the curve.
    fn parse(self, public_key: &[u8]) -> Result<ParsedPublicKey, CryptoError> {
        if !self.has_form(public_key) {
            return Err(CryptoError::InvalidPublicKey);
        }
        let unparsed = UnparsedPublicKey::new(self.agreement(), public_key);
        ParsedPublicKey::try_from(unparsed).map_err(|_| CryptoError::InvalidPublicKey)
    }

    /// The Diffie-Hellman result; a zero one is refused.
    fn agree(self, private_key: &PrivateKey, public_key: &[u8]) -> Result<Secret, CryptoError> {
        let public = self.parse(public_key)?;
        let degenerate = CryptoError::DegenerateSharedSecret;
        agree(private_key, public, degenerate, |shared| Ok(Secret::copy_of(shared)))
    }
}

impl DhGroup for Group {
    fn algorithm(&self) -> KemAlgorithm {
        match self {
            Self::X25519 => KemAlgorithm::DHKEM_X25519,
            Self::P256 => KemAlgorithm::DHKEM_P256,
            Self::P384 => KemAlgorithm::DHKEM_P384,
            Self::P521 => KemAlgorithm::DHKEM_P521,
        }
    }

    fn private_key_length(&self) -> usize {
        match self {
            Self::X25519 | Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    fn public_key_length(&self) -> usize {
        match self {
            Self::X25519 => 32,
            Self::P256 => 65,
            Self::P384 => 97,
            Self::P521 => 133,
        }
    }

    fn key_derivation(&self) -> KeyDerivation {
        match self {
            Self::X25519 => KeyDerivation::Direct,
            Self::P256 | Self::P384 => KeyDerivation::Candidates { bitmask: 0xff },
            Self::P521 => KeyDerivation::Candidates { bitmask: 0x01 },
        }
    }

    fn public_key(&self, private_key: &[u8]) -> Result<Vec<u8>, CryptoError> {
        public_key_of(&self.import(private_key)?)
    }

    fn check_public_key(&self, public_key: &[u8]) -> Result<(), CryptoError> {
        if *self == Self::X25519 {
            return check_x25519_public_key(public_key);
        }
        self.parse(public_key).map(|_| ())
    }

    fn diffie_hellman(&self, private_key: &[u8], public_key: &[u8]) -> Result<Secret, CryptoError> {
        self.agree(&self.import(private_key)?, public_key)
    }

    // Importing a key computes its public key, which is a fifth of an encapsulation.
    fn agreement(&self, private_key: &[u8], public_key: &[u8]) -> Result<Agreement, CryptoError> {
        let private = self.import(private_key)?;
        Ok(Agreement { shared: self.agree(&private, public_key)?, public_key: public_key_of(&private)? })
    }
}

fn public_key_of(private_key: &PrivateKey) -> Result<Vec<u8>, CryptoError> {
    let public_key = private_key.compute_public_key();
    Ok(public_key.map_err(|_| CryptoError::BackendFailure)?.as_ref().to_vec())
}
