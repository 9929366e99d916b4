//! The chain of path secrets.
//!
//! RFC 9420 §7.4.

use copath_crypto::{CryptoError, KemKeyPair, Secret, Suite};

/// `path_secret[n+1]`, or the commit secret after the last one (rule 7.4-03).
pub(super) fn next(suite: &Suite, path_secret: &Secret) -> Result<Secret, CryptoError> {
    suite.derive_secret(path_secret, "path")
}

/// The key pair of the node that has `path_secret` (rule 7.4-03).
pub(super) fn node_key_pair(suite: &Suite, path_secret: &Secret) -> Result<KemKeyPair, CryptoError> {
    let node_secret = suite.derive_secret(path_secret, "node")?;
    suite.kem().derive_key_pair(node_secret.expose())
}
