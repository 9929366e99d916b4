//! EncryptWithLabel and DecryptWithLabel, for a single recipient.
//!
//! RFC 9420 §5.1.3. For many recipients of one context make a [`Base`] once.

use copath_crypto::{CryptoError, Secret, Suite};

use crate::{Base, HpkeOutput};

/// EncryptWithLabel to `public_key` (RFC 9420 §5.1.3); `seed` as in [`Base::seal`].
///
/// # Errors
/// As [`Base::seal`]; [`CryptoError::LengthOutOfRange`] if `context` is longer than a vector can be.
pub fn encrypt_with_label(
    suite: &Suite,
    (public_key, seed): (&[u8], &Secret),
    label: &str,
    context: &[u8],
    plaintext: &[u8],
) -> Result<HpkeOutput, CryptoError> {
    Base::new(suite, &Suite::encrypt_context(label, context)?).seal(public_key, seed, &[], plaintext)
}

/// DecryptWithLabel with a key pair, private key first (RFC 9420 §5.1.3).
///
/// # Errors
/// [`CryptoError::DecryptionFailed`], whatever the reason.
pub fn decrypt_with_label(
    suite: &Suite,
    (private_key, public_key): (&Secret, &[u8]),
    label: &str,
    context: &[u8],
    ciphertext: &HpkeOutput,
) -> Result<Secret, CryptoError> {
    let info = Suite::encrypt_context(label, context).map_err(|_| CryptoError::DecryptionFailed)?;
    Base::new(suite, &info).open(private_key, public_key, &ciphertext.kem_output, &[], &ciphertext.ciphertext)
}
