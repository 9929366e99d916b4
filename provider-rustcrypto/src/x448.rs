//! X448.
//!
//! RFC 7748 §5 and §6.2. Unaudited: see the crate's documentation.

use copath_crypto::{CryptoError, KemAlgorithm, Secret};
use copath_hpke::{DhGroup, KeyDerivation, check_x448_public_key};
use x448::{PublicKey, StaticSecret};

const LENGTH: usize = 56;

pub(crate) struct X448;

impl DhGroup for X448 {
    fn algorithm(&self) -> KemAlgorithm {
        KemAlgorithm::DHKEM_X448
    }

    fn private_key_length(&self) -> usize {
        LENGTH
    }

    fn public_key_length(&self) -> usize {
        LENGTH
    }

    fn key_derivation(&self) -> KeyDerivation {
        KeyDerivation::Direct
    }

    fn public_key(&self, private_key: &[u8]) -> Result<Vec<u8>, CryptoError> {
        Ok(PublicKey::from(&parse_private(private_key)?).as_bytes().to_vec())
    }

    fn check_public_key(&self, public_key: &[u8]) -> Result<(), CryptoError> {
        check_x448_public_key(public_key)
    }

    fn diffie_hellman(&self, private_key: &[u8], public_key: &[u8]) -> Result<Secret, CryptoError> {
        let private_key = parse_private(private_key)?;
        let public_key = PublicKey::from_bytes_unchecked(public_key).ok_or(CryptoError::InvalidPublicKey)?;
        let shared = Secret::copy_of(private_key.diffie_hellman(&public_key).as_bytes());
        if shared.ct_eq(&[0; LENGTH]) {
            return Err(CryptoError::DegenerateSharedSecret);
        }
        Ok(shared)
    }
}

fn parse_private(private_key: &[u8]) -> Result<StaticSecret, CryptoError> {
    let octets = <&[u8; LENGTH]>::try_from(private_key).map_err(|_| CryptoError::InvalidPrivateKey)?;
    Ok(StaticSecret::from(*octets))
}
