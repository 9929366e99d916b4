//! The signature of a leaf.
//!
//! RFC 9420 §7.2 and §7.3.

use copath_codec::Writer;
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
        let mut content =
            Writer::with_capacity(view.unsigned.len().saturating_add(group_id.len()).saturating_add(8));
        content.bytes(view.unsigned);
        match view.source {
            Source::KeyPackage { .. } => (),
            Source::Update | Source::Commit { .. } => {
                content.opaque(group_id).value(&self.index().as_u32());
            }
        }
        let content = content.finish()?;
        match suite.verify_with_label(view.signature_key, "LeafNodeTBS", &content, view.signature) {
            Ok(()) => Ok(()),
            Err(CryptoError::InvalidSignature | CryptoError::InvalidPublicKey) => {
                Err(Violation::new(rule!("7.3-03")).at(Part::Leaf(self.index().as_u32())).into())
            }
            Err(error) => Err(error.into()),
        }
    }
}
