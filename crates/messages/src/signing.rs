//! Signing with a key that the structure itself names.

use copath_codec::Opaque;
use copath_crypto::{CryptoError, Signer, Suite};

/// SignWithLabel by the signer that `signature_key` belongs to.
///
/// RFC 9420 §5.1.2. Another signer is refused, since nobody could verify what it signs.
pub(crate) fn sign(
    suite: &Suite,
    signer: &dyn Signer,
    signature_key: &[u8],
    label: &str,
    content: &[u8],
) -> Result<Opaque, CryptoError> {
    if signer.public_key() != signature_key {
        return Err(CryptoError::InvalidPrivateKey);
    }
    suite.sign_with_label(signer, label, content).map(Opaque::from)
}
