//! Key packages.

use copath_crypto::CipherSuite;

use crate::{Extensions, HpkePublicKey, LeafNode, ProtocolVersion};

signed_struct! {
    /// What a client publishes so that others can add it to groups.
    ///
    /// RFC 9420 §10.
    pub struct KeyPackage;
    /// A [`KeyPackage`] before its signature: the KeyPackageTBS.
    ///
    /// RFC 9420 §10.
    pub struct UnsignedKeyPackage;
    {
        /// The version of the protocol.
        pub version: ProtocolVersion,
        /// The suite; a client publishes one KeyPackage a suite.
        pub cipher_suite: CipherSuite,
        /// The key that the Welcome is encrypted to, used once.
        pub init_key: HpkePublicKey,
        /// The leaf that the client will have.
        pub leaf_node: LeafNode,
        /// The extensions of the KeyPackage itself.
        pub extensions: Extensions,
    }
}
