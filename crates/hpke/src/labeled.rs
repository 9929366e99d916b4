//! LabeledExtract and LabeledExpand.
//!
//! RFC 9180 §4.

use copath_crypto::{CryptoError, Hash, Secret, expand, extract};

const VERSION: &[u8] = b"HPKE-v1";

/// HKDF over a hash, bound to the `suite_id` of a KEM or of a whole HPKE suite.
pub(crate) struct LabeledKdf<'a> {
    pub(crate) hash: &'a dyn Hash,
    pub(crate) suite_id: &'a [u8],
}

impl LabeledKdf<'_> {
    /// LabeledExtract (RFC 9180 §4).
    pub(crate) fn extract(&self, salt: &[u8], label: &str, ikm: &[u8]) -> Secret {
        extract(self.hash, salt, &[VERSION, self.suite_id, label.as_bytes(), ikm])
    }

    /// LabeledExpand (RFC 9180 §4) to `length` octets; the two parts of `info` are concatenated.
    ///
    /// # Errors
    /// [`CryptoError::LengthOutOfRange`] if `length` is more than the KDF gives or than 16 bits hold.
    pub(crate) fn expand(
        &self,
        prk: &Secret,
        label: &str,
        info: [&[u8]; 2],
        length: usize,
    ) -> Result<Secret, CryptoError> {
        let octets = u16::try_from(length).map_err(|_| CryptoError::LengthOutOfRange)?.to_be_bytes();
        let [first, second] = info;
        let parts = [&octets, VERSION, self.suite_id, label.as_bytes(), first, second];
        expand(self.hash, prk.expose(), &parts, length)
    }
}
