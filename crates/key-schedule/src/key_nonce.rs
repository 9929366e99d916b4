//! An AEAD key with its nonce.

use copath_crypto::{Secret, Suite};

use crate::KeyScheduleError;

/// An AEAD key and the nonce to use it with.
#[derive(Debug)]
pub struct KeyNonce {
    /// Nk octets.
    pub key: Secret,
    /// Nn octets.
    pub nonce: Secret,
}

impl KeyNonce {
    /// ExpandWithLabel with the labels `key` and `nonce`.
    pub(crate) fn expand(suite: &Suite, secret: &Secret, context: &[u8]) -> Result<Self, KeyScheduleError> {
        let aead = suite.aead();
        Ok(Self {
            key: suite.expand_with_label(secret, "key", context, aead.key_length())?,
            nonce: suite.expand_with_label(secret, "nonce", context, aead.nonce_length())?,
        })
    }

    /// A second copy, for a key that is shown before it is consumed.
    pub(crate) fn duplicate(&self) -> Self {
        Self { key: self.key.duplicate(), nonce: self.nonce.duplicate() }
    }
}
