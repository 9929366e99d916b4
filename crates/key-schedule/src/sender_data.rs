//! Keys for sender data.

use copath_crypto::Suite;

use crate::{KeyNonce, KeyScheduleError, SenderDataSecret};

impl SenderDataSecret {
    /// Key and nonce for the sender data of the private message with this `ciphertext`.
    ///
    /// RFC 9420 §6.3.2: the sample is the first Nh octets of the ciphertext, or all of it if it is shorter.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn key_and_nonce(&self, suite: &Suite, ciphertext: &[u8]) -> Result<KeyNonce, KeyScheduleError> {
        let sample = ciphertext.get(..suite.hash_length()).unwrap_or(ciphertext);
        KeyNonce::expand(suite, self.as_secret().expose(), sample)
    }
}
