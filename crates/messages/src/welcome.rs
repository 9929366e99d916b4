//! Welcomes.

use alloc::vec::Vec;
use core::fmt;

use copath_codec::{EncodeError, Opaque, Writer, wire_struct};
use copath_crypto::{CipherSuite, Secret};

use crate::{HpkeCiphertext, KeyPackageRef, PreSharedKeyId};

wire_struct! {
    /// The message that brings new members into a group.
    ///
    /// RFC 9420 §12.4.3.1.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Welcome {
        /// The group's suite.
        pub cipher_suite: CipherSuite,
        /// One entry for each new member.
        pub secrets: Vec<EncryptedGroupSecrets>,
        /// The GroupInfo, encrypted with a key from welcome_secret.
        pub encrypted_group_info: Opaque,
    }
}

wire_struct! {
    /// A new member's secrets, encrypted.
    ///
    /// RFC 9420 §12.4.3.1.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct EncryptedGroupSecrets {
        /// The KeyPackage that was used.
        pub new_member: KeyPackageRef,
        /// The [`GroupSecrets`], encrypted to the KeyPackage's init key.
        pub encrypted_group_secrets: HpkeCiphertext,
    }
}

wire_struct! {
    /// What a new member needs to compute the epoch's secrets.
    ///
    /// RFC 9420 §12.4.3.1. Encode it with [`GroupSecrets::to_secret`], which leaves no copies behind.
    pub struct GroupSecrets {
        /// The epoch's joiner_secret.
        pub joiner_secret: Secret,
        /// The path secret of the lowest common ancestor with the committer, if the Commit has a path.
        pub path_secret: Option<PathSecret>,
        /// The pre-shared keys of the Commit, in its order.
        pub psks: Vec<PreSharedKeyId>,
    }
}

wire_struct! {
    /// A path secret on its way to a new member.
    ///
    /// RFC 9420 §12.4.3.1.
    pub struct PathSecret {
        /// Nh octets.
        pub path_secret: Secret,
    }
}

impl Welcome {
    /// The first entry for this KeyPackage.
    pub fn find(&self, new_member: &[u8]) -> Option<&EncryptedGroupSecrets> {
        self.secrets.iter().find(|entry| entry.new_member.as_slice() == new_member)
    }
}

impl GroupSecrets {
    /// The encoding, as a secret. Its buffer is sized beforehand, so that no part of it is left in freed memory.
    ///
    /// # Errors
    /// A vector is too long.
    pub fn to_secret(&self) -> Result<Secret, EncodeError> {
        /// Three length headers of at most four octets, and the presence octet.
        const OVERHEAD: usize = 13;
        let mut psks = Writer::new();
        psks.value(&self.psks);
        let psks = psks.finish()?;
        let path_secret = self.path_secret.as_ref().map_or(0, |path| path.path_secret.len());
        let size = self.joiner_secret.len().saturating_add(path_secret).saturating_add(psks.len());
        let mut writer = Writer::with_capacity(size.saturating_add(OVERHEAD));
        writer.value(&self.joiner_secret).optional(self.path_secret.as_ref()).bytes(&psks);
        writer.finish().map(Secret::from)
    }
}

impl fmt::Debug for GroupSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupSecrets").field("psks", &self.psks).finish_non_exhaustive()
    }
}

impl fmt::Debug for PathSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PathSecret(..)")
    }
}
