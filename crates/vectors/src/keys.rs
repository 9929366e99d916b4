//! Private keys as the vectors write them.

use std::sync::Arc;

use copath_crypto::{Secret, SignatureScheme, Signer, Suite};

use crate::Mismatch;
use crate::hex_bytes::Hex;
use crate::mismatch::{At, same};

/// The signer of a private key, which has to belong to `public`.
///
/// The format demands field elements of full length, yet the working group's file message-protection has one of P-521
/// without its leading zero octet. It is filled up here; the library refuses it.
pub(crate) fn signer(suite: &Suite, private: &Hex, public: &[u8]) -> Result<Arc<dyn Signer>, Mismatch> {
    let scheme = suite.parameters().signature;
    let length = match scheme {
        SignatureScheme::ECDSA_SECP256R1_SHA256 => 32,
        SignatureScheme::ECDSA_SECP384R1_SHA384 => 48,
        SignatureScheme::ECDSA_SECP521R1_SHA512 => 66,
        _ => private.len(),
    };
    let mut octets = vec![0; length.saturating_sub(private.len())];
    octets.extend_from_slice(private);
    let signer = suite.signature().signer(&Secret::from(octets)).at("signature key")?;
    same("public key of the signature key", signer.public_key(), public)?;
    Ok(signer)
}
