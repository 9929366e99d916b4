//! Ed448.
//!
//! RFC 8032 §5.2. Unaudited: see the crate's documentation. Encodings that are not canonical are refused here, points
//! with a torsion component by `ed448-goldilocks`.

use std::sync::Arc;

use copath_crypto::{CryptoError, Secret, SignatureAlgorithm, SignatureKeyPair, SignatureScheme, Signer};
use ed448_goldilocks::{Signature, SigningKey, VerifyingKey};

const KEY_LENGTH: usize = 57;
const SIGNATURE_LENGTH: usize = 114;

pub(crate) struct Ed448;

impl SignatureAlgorithm for Ed448 {
    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ED448
    }

    fn generate(
        &self,
        random: &mut dyn FnMut(&mut [u8]) -> Result<(), CryptoError>,
    ) -> Result<SignatureKeyPair, CryptoError> {
        let private_key = Secret::try_fill(KEY_LENGTH, random)?;
        let public_key = parse_private(&private_key)?.verifying_key().to_bytes().to_vec();
        Ok(SignatureKeyPair { private_key, public_key })
    }

    fn signer(&self, private_key: &Secret) -> Result<Arc<dyn Signer>, CryptoError> {
        let key = parse_private(private_key)?;
        Ok(Arc::new(Ed448Signer { public_key: key.verifying_key().to_bytes().to_vec(), key }))
    }

    fn check_public_key(&self, public_key: &[u8]) -> Result<(), CryptoError> {
        parse_public(public_key).map(|_| ())
    }

    fn verify(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        let key = parse_public(public_key)?;
        let octets =
            <&[u8; SIGNATURE_LENGTH]>::try_from(signature).map_err(|_| CryptoError::InvalidSignature)?;
        let (r, s) = octets.split_at(KEY_LENGTH);
        if !is_canonical_point(r) || !is_canonical_scalar(s) {
            return Err(CryptoError::InvalidSignature);
        }
        let signature = Signature::from_bytes(octets);
        key.verify_raw(&signature, message).map_err(|_| CryptoError::InvalidSignature)
    }
}

struct Ed448Signer {
    key: SigningKey,
    public_key: Vec<u8>,
}

impl Signer for Ed448Signer {
    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ED448
    }

    fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let signature = self.key.sign_ctx(&[], message).map_err(|_| CryptoError::BackendFailure)?;
        Ok(signature.to_bytes().to_vec())
    }
}

impl std::fmt::Debug for Ed448Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ed448Signer(..)")
    }
}

fn parse_private(private_key: &Secret) -> Result<SigningKey, CryptoError> {
    SigningKey::try_from(private_key.expose()).map_err(|_| CryptoError::InvalidPrivateKey)
}

fn parse_public(public_key: &[u8]) -> Result<VerifyingKey, CryptoError> {
    let octets = <[u8; KEY_LENGTH]>::try_from(public_key).map_err(|_| CryptoError::InvalidPublicKey)?;
    if !is_canonical_point(&octets) {
        return Err(CryptoError::InvalidPublicKey);
    }
    VerifyingKey::from_bytes(&octets).map_err(|_| CryptoError::InvalidPublicKey)
}

/// Whether y is below the prime 2^448 - 2^224 - 1 and the last octet holds nothing but the sign of x, which is zero
/// with x (RFC 8032 §5.2.3).
fn is_canonical_point(encoded: &[u8]) -> bool {
    let Some((sign, y)) = encoded.split_last() else {
        return false;
    };
    let digits = || y.iter().rev().copied();
    let prime = || std::iter::repeat_n(0xff, 27).chain([0xfe]).chain(std::iter::repeat_n(0xff, 28));
    // x is zero for y = 1 and y = -1, which are of small order too.
    let one = std::iter::repeat_n(0, 55).chain([1]);
    let minus_one = prime().take(55).chain([0xfe]);
    sign & 0x7f == 0 && digits().lt(prime()) && !digits().eq(one) && !digits().eq(minus_one)
}

/// Whether S is below the order of the base point (RFC 8032 §5.2.7).
fn is_canonical_scalar(s: &[u8]) -> bool {
    s.iter().rev().lt(ORDER.iter())
}

/// L = 2^446 - 0x8335dc163bb124b65129c96fde933d8d723a70aadc873d6d54a7bb0d, big endian, in 57 octets.
#[rustfmt::skip]
const ORDER: [u8; KEY_LENGTH] = [
    0x00, 0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7c, 0xca, 0x23,
    0xe9, 0xc4, 0x4e, 0xdb, 0x49, 0xae, 0xd6, 0x36, 0x90, 0x21, 0x6c, 0xc2, 0x72, 0x8d, 0xc5, 0x8f,
    0x55, 0x23, 0x78, 0xc2, 0x92, 0xab, 0x58, 0x44, 0xf3,
];
