//! Signing with a key that the structure itself names.

use copath_codec::{Opaque, Writer};
use copath_crypto::{CryptoError, Signer, Suite};

/// Room for most leaves and key packages, so that they are written without growing.
pub(crate) const USUAL_SIZE: usize = 512;

/// SignWithLabel of what `write` appends, by the signer that `signature_key` belongs to.
///
/// RFC 9420 §5.1.2. Another signer is refused, since nobody could verify what it signs.
pub(crate) fn sign(
    suite: &Suite,
    signer: &dyn Signer,
    signature_key: &[u8],
    label: &str,
    write: impl FnOnce(&mut Writer),
) -> Result<Opaque, CryptoError> {
    if signer.public_key() != signature_key {
        return Err(CryptoError::InvalidPrivateKey);
    }
    suite.sign_written(signer, label, USUAL_SIZE, write).map(Opaque::from)
}
