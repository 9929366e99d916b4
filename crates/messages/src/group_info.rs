//! What a newcomer learns of a group.

use copath_codec::{Encode, Opaque, Writer};
use copath_crypto::{Signer, Suite};
use copath_rules::{Part, rule};

use crate::error::refused;
use crate::{Extensions, GroupContext, Mac, MessageError};

/// The label of a GroupInfo's signature (RFC 9420 §12.4.3).
const LABEL: &str = "GroupInfoTBS";

signed_struct! {
    /// The public state of a group, signed by a member, for those who join.
    ///
    /// RFC 9420 §12.4.3.
    pub struct GroupInfo;
    /// A [`GroupInfo`] before its signature: the GroupInfoTBS.
    ///
    /// RFC 9420 §12.4.3.
    pub struct UnsignedGroupInfo;
    {
        /// The context of the epoch.
        pub group_context: GroupContext,
        /// Extensions of the GroupInfo: tree, key for external joins.
        pub extensions: Extensions,
        /// The tag of the Commit that began the epoch.
        pub confirmation_tag: Mac,
        /// The leaf index of the member who signed.
        pub signer: u32,
    }
}

impl GroupInfo {
    /// Verifies the signature with the key of the leaf `signer`, which the tree has to supply.
    ///
    /// # Errors
    /// It doesn't verify (rule 12.4.3-05), or a vector is too long.
    pub fn verify_signature(&self, suite: &Suite, signer_public_key: &[u8]) -> Result<(), MessageError> {
        let mut writer = Writer::new();
        self.encode_unsigned(&mut writer);
        suite
            .verify_with_label(signer_public_key, LABEL, &writer.finish()?, &self.signature)
            .map_err(|error| refused(error, rule!("12.4.3-05"), Part::GroupInfo))
    }
}

impl UnsignedGroupInfo {
    /// Signs the GroupInfo with the key of the leaf `signer`.
    ///
    /// # Errors
    /// The signer fails, or a vector is too long.
    pub fn sign(self, suite: &Suite, signer: &dyn Signer) -> Result<GroupInfo, MessageError> {
        let signature = suite.sign_with_label(signer, LABEL, &self.to_bytes()?)?;
        Ok(self.with_signature(Opaque::from(signature)))
    }
}
