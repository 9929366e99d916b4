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
    pub(crate) fn expand(suite: &Suite, secret: &[u8], context: &[u8]) -> Result<Self, KeyScheduleError> {
        let expand = |label, length| {
            Secret::try_fill(length, |output| suite.expand_with_label_into(secret, label, context, output))
        };
        let aead = suite.aead();
        Ok(Self { key: expand("key", aead.key_length())?, nonce: expand("nonce", aead.nonce_length())? })
    }

    /// A second copy, for a key that is shown before it is consumed.
    pub(crate) fn duplicate(&self) -> Self {
        Self { key: self.key.duplicate(), nonce: self.nonce.duplicate() }
    }
}
