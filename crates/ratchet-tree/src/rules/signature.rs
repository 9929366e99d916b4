//! The signature of a leaf.
//!
//! RFC 9420 §7.2 and §7.3.

use copath_crypto::{CryptoError, Suite};
use copath_rules::{Part, Violation, rule};

use crate::node::Source;
use crate::{Leaf, TreeError};

impl Leaf<'_> {
    /// Verifies the leaf's signature; one from an Update or a Commit is bound to the group and to its place.
    ///
    /// RFC 9420 §7.2: over the octets as they were received.
    ///
    /// # Errors
    /// Rule 7.3-03; or the backend fails.
    pub fn verify_signature(&self, suite: &Suite, group_id: &[u8]) -> Result<(), TreeError> {
        let view = self.view();
        let length = view.unsigned.len().saturating_add(group_id.len()).saturating_add(8);
        let verified =
            suite.verify_written(view.signature_key, view.signature, ("LeafNodeTBS", length), |content| {
                content.bytes(view.unsigned);
                match view.source {
                    Source::KeyPackage { .. } => (),
                    Source::Update | Source::Commit { .. } => {
                        content.opaque(group_id).value(&self.index().as_u32());
                    }
                }
            });
        match verified {
            Ok(()) => Ok(()),
            Err(CryptoError::InvalidSignature | CryptoError::InvalidPublicKey) => {
                Err(Violation::new(rule!("7.3-03")).at(Part::Leaf(self.index().as_u32())).into())
            }
            Err(error) => Err(error.into()),
        }
    }
}
