//! Keys that path secrets can be encrypted to.
//!
//! RFC 9420 §5.1.1.

use copath_crypto::{CryptoError, Suite};
use copath_rules::{Part, Violation, rule};

use crate::TreeError;

/// Checks that an encryption key is one of the suite's KEM. A key that isn't would stay in the tree, and nobody could
/// make a path any more.
///
/// RFC 9420 §5.1.1.
///
/// # Errors
/// Rule 5.1.1-01; or the backend fails.
pub fn check_encryption_key(suite: &Suite, key: &[u8], part: Part) -> Result<(), TreeError> {
    match suite.kem().check_public_key(key) {
        Ok(()) => Ok(()),
        Err(CryptoError::InvalidPublicKey | CryptoError::DegenerateSharedSecret) => {
            Err(Violation::new(rule!("5.1.1-01")).at(part).into())
        }
        Err(error) => Err(error.into()),
    }
}
