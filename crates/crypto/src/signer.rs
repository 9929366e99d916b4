//! Signing, wherever the key is.

use alloc::vec::Vec;
use core::fmt::Debug;

use crate::{CryptoError, SignatureScheme};

/// A signature key that can be used, in memory or elsewhere (a keystore, an HSM, another process).
///
/// RFC 9420 §5.1.2. The engine never needs the key's octets.
pub trait Signer: Debug + Send + Sync {
    /// The scheme that signatures follow.
    fn scheme(&self) -> SignatureScheme;

    /// The public key as it stands in `LeafNode.signature_key`.
    fn public_key(&self) -> &[u8];

    /// Signs `message` as it is: DER for ECDSA (low s), R and S for EdDSA.
    ///
    /// # Errors
    /// The signer can't be reached or refuses.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError>;
}
