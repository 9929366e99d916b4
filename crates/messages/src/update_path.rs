//! Paths of fresh keys.

use alloc::boxed::Box;
use alloc::vec::Vec;

use copath_codec::{Opaque, wire_struct};

use crate::{HpkePublicKey, LeafNode};

wire_struct! {
    /// A ciphertext of EncryptWithLabel.
    ///
    /// RFC 9420 §5.1.3 and §7.6.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct HpkeCiphertext {
        /// The encapsulated key: Nenc octets.
        pub kem_output: Opaque,
        /// Ciphertext and tag.
        pub ciphertext: Opaque,
    }
}

wire_struct! {
    /// A node of the committer's filtered direct path.
    ///
    /// RFC 9420 §7.6.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct UpdatePathNode {
        /// The node's new key.
        pub encryption_key: HpkePublicKey,
        /// The node's path secret, once for each node in the resolution of the copath child.
        pub encrypted_path_secret: Vec<HpkeCiphertext>,
    }
}

wire_struct! {
    /// The committer's new leaf and the new keys above it.
    ///
    /// RFC 9420 §7.6.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct UpdatePath {
        /// The committer's new leaf.
        pub leaf_node: Box<LeafNode>,
        /// The filtered direct path, lowest node first.
        pub nodes: Vec<UpdatePathNode>,
    }
}
