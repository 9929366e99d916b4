//! Private keys as the vectors write them.

use std::sync::Arc;

use copath_crypto::{Secret, SignatureScheme, Signer, Suite};

use crate::Mismatch;
use crate::hex_bytes::Hex;
use crate::mismatch::{At, same};

/// The signer of a private key, which has to belong to `public`.
pub(crate) fn signer(suite: &Suite, private: &Hex, public: &[u8]) -> Result<Arc<dyn Signer>, Mismatch> {
    let scheme = suite.parameters().signature;
    let length = match scheme {
        SignatureScheme::ECDSA_SECP256R1_SHA256 => 32,
        SignatureScheme::ECDSA_SECP384R1_SHA384 => 48,
        SignatureScheme::ECDSA_SECP521R1_SHA512 => 66,
        _ => private.len(),
    };
    let signer = suite.signature().signer(&filled_up(private, length)).at("signature key")?;
    same("public key of the signature key", signer.public_key(), public)?;
    Ok(signer)
}

/// A private key of the KEM, which has to belong to `public`.
pub(crate) fn kem_private_key(suite: &Suite, private: &Hex, public: &[u8]) -> Result<Secret, Mismatch> {
    let private = filled_up(private, suite.kem().private_key_length());
    let found = suite.kem().public_key(private.expose()).at("private key")?;
    same("public key of the private key", &found, public)?;
    Ok(private)
}

/// The format demands field elements of full length, yet the working group's files have some of P-521 without their
/// leading zero octets. They are filled up here; the library refuses them.
fn filled_up(private: &Hex, length: usize) -> Secret {
    let mut octets = vec![0; length.saturating_sub(private.len())];
    octets.extend_from_slice(private);
    Secret::from(octets)
}
