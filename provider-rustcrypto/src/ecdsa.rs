//! ECDSA over P-256, P-384 and P-521.
//!
//! RFC 6979 signing with low s; verification takes strict DER and either s.

use std::sync::Arc;

use copath_crypto::{
    CryptoError, EcdsaSignature, Secret, SignatureAlgorithm, SignatureKeyPair, SignatureScheme, Signer,
};

pub(crate) fn ecdsa(scheme: SignatureScheme) -> Option<Arc<dyn SignatureAlgorithm>> {
    match scheme {
        SignatureScheme::ECDSA_SECP256R1_SHA256 => Some(Arc::new(curve_p256::Ecdsa)),
        SignatureScheme::ECDSA_SECP384R1_SHA384 => Some(Arc::new(curve_p384::Ecdsa)),
        SignatureScheme::ECDSA_SECP521R1_SHA512 => Some(Arc::new(curve_p521::Ecdsa)),
        _ => None,
    }
}

/// Draws until a candidate is a scalar: a broken source ends it.
const MAX_DRAWS: usize = 64;

macro_rules! ecdsa {
    ($module:ident, $curve:ident, $scheme:ident, $length:literal, $mask:literal) => {
        mod $module {
            use super::*;
            use $curve::ecdsa::signature::{Signer as _, Verifier as _};
            use $curve::ecdsa::{Signature, SigningKey, VerifyingKey};

            /// Octets of a scalar and of a coordinate.
            const LENGTH: usize = $length;
            /// Octets of an uncompressed point.
            const POINT_LENGTH: usize = 1 + 2 * LENGTH;

            pub(super) struct Ecdsa;

            impl SignatureAlgorithm for Ecdsa {
                fn scheme(&self) -> SignatureScheme {
                    SignatureScheme::$scheme
                }

                fn generate(
                    &self,
                    random: &mut dyn FnMut(&mut [u8]) -> Result<(), CryptoError>,
                ) -> Result<SignatureKeyPair, CryptoError> {
                    for _ in 0..MAX_DRAWS {
                        let private_key = Secret::try_fill(LENGTH, |out| {
                            random(out)?;
                            if let Some(first) = out.first_mut() {
                                *first &= $mask;
                            }
                            Ok::<(), CryptoError>(())
                        })?;
                        if let Ok(key) = parse_private(&private_key) {
                            return Ok(SignatureKeyPair { private_key, public_key: public_key(&key) });
                        }
                    }
                    Err(CryptoError::RandomnessUnavailable)
                }

                fn signer(&self, private_key: &Secret) -> Result<Arc<dyn Signer>, CryptoError> {
                    let key = parse_private(private_key)?;
                    Ok(Arc::new(EcdsaSigner { public_key: public_key(&key), key }))
                }

                fn check_public_key(&self, public_key: &[u8]) -> Result<(), CryptoError> {
                    parse_public(public_key).map(|_| ())
                }

                fn verify(
                    &self,
                    public_key: &[u8],
                    message: &[u8],
                    signature: &[u8],
                ) -> Result<(), CryptoError> {
                    let key = parse_public(public_key)?;
                    let signature = parse_signature(signature).ok_or(CryptoError::InvalidSignature)?;
                    key.verify(message, &signature).map_err(|_| CryptoError::InvalidSignature)
                }
            }

            struct EcdsaSigner {
                key: SigningKey,
                public_key: Vec<u8>,
            }

            impl Signer for EcdsaSigner {
                fn scheme(&self) -> SignatureScheme {
                    SignatureScheme::$scheme
                }

                fn public_key(&self) -> &[u8] {
                    &self.public_key
                }

                fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
                    let signature: Signature =
                        self.key.try_sign(message).map_err(|_| CryptoError::BackendFailure)?;
                    let (r, s) = signature.normalize_s().split_bytes();
                    EcdsaSignature { r: &r, s: &s }.to_der().ok_or(CryptoError::BackendFailure)
                }
            }

            impl std::fmt::Debug for EcdsaSigner {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("EcdsaSigner(..)")
                }
            }

            fn parse_private(private_key: &Secret) -> Result<SigningKey, CryptoError> {
                if private_key.len() != LENGTH {
                    return Err(CryptoError::InvalidPrivateKey);
                }
                SigningKey::from_slice(private_key.expose()).map_err(|_| CryptoError::InvalidPrivateKey)
            }

            fn public_key(key: &SigningKey) -> Vec<u8> {
                key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
            }

            /// RFC 9420 §5.1.1: uncompressed points only.
            fn parse_public(public_key: &[u8]) -> Result<VerifyingKey, CryptoError> {
                if public_key.len() != POINT_LENGTH {
                    return Err(CryptoError::InvalidPublicKey);
                }
                VerifyingKey::from_sec1_bytes(public_key).map_err(|_| CryptoError::InvalidPublicKey)
            }

            /// `None` if it isn't strict DER or a scalar is not below the order.
            fn parse_signature(signature: &[u8]) -> Option<Signature> {
                let EcdsaSignature { r, s } = EcdsaSignature::from_der(signature)?;
                Signature::from_scalars(padded::<LENGTH>(r)?, padded::<LENGTH>(s)?).ok()
            }
        }
    };
}

ecdsa!(curve_p256, p256, ECDSA_SECP256R1_SHA256, 32, 0xff);
ecdsa!(curve_p384, p384, ECDSA_SECP384R1_SHA384, 48, 0xff);
ecdsa!(curve_p521, p521, ECDSA_SECP521R1_SHA512, 66, 0x01);

/// `integer` in `LENGTH` octets, big endian; `None` if it is longer.
fn padded<const LENGTH: usize>(integer: &[u8]) -> Option<[u8; LENGTH]> {
    let mut octets = [0; LENGTH];
    octets.get_mut(LENGTH.checked_sub(integer.len())?..)?.copy_from_slice(integer);
    Some(octets)
}
