//! The MACs of an epoch. Compare a received tag with [`HashOutput::ct_eq`].

use copath_crypto::{HashOutput, Suite};

use crate::{ConfirmationKey, MembershipKey};

impl ConfirmationKey {
    /// The confirmation tag over the confirmed transcript hash of the epoch.
    ///
    /// RFC 9420 §6.1 and §8.2.
    #[must_use]
    pub fn tag(&self, suite: &Suite, confirmed_transcript_hash: &[u8]) -> HashOutput {
        suite.mac(self.as_secret(), &[confirmed_transcript_hash])
    }
}

impl MembershipKey {
    /// The membership tag over the encoded `AuthenticatedContentTBM`, given in parts.
    ///
    /// RFC 9420 §6.2.
    #[must_use]
    pub fn tag(&self, suite: &Suite, authenticated_content_tbm: &[&[u8]]) -> HashOutput {
        suite.mac(self.as_secret(), authenticated_content_tbm)
    }
}
