//! Leaf nodes.

use copath_codec::{Decode, DecodeError, Encode, Opaque, Reader, Writer};
use copath_credentials::Credential;

use crate::{Capabilities, Extensions, HpkePublicKey, LeafNodeSourceType, Lifetime, SignaturePublicKey};

signed_struct! {
    /// A client's leaf in the ratchet tree, signed by the client.
    ///
    /// RFC 9420 §7.2.
    pub struct LeafNode;
    /// A [`LeafNode`] before its signature.
    ///
    /// RFC 9420 §7.2.
    pub struct UnsignedLeafNode;
    {
        /// The key that path secrets are encrypted to.
        pub encryption_key: HpkePublicKey,
        /// The key that the client's messages, and this leaf, are signed with.
        pub signature_key: SignaturePublicKey,
        /// Who the client claims to be.
        pub credential: Credential,
        /// What the client supports.
        pub capabilities: Capabilities,
        /// Where the leaf comes from.
        pub leaf_node_source: LeafNodeSource,
        /// The leaf's extensions.
        pub extensions: Extensions,
    }
}

/// Where a leaf node comes from, and what it carries for that reason.
///
/// RFC 9420 §7.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeafNodeSource {
    /// A KeyPackage, valid for the lifetime.
    KeyPackage(Lifetime),
    /// An Update proposal.
    Update,
    /// The path of a Commit, with the leaf's parent hash.
    Commit(Opaque),
}

impl LeafNodeSource {
    /// The selector.
    pub fn source_type(&self) -> LeafNodeSourceType {
        match self {
            Self::KeyPackage(_) => LeafNodeSourceType::KeyPackage,
            Self::Update => LeafNodeSourceType::Update,
            Self::Commit(_) => LeafNodeSourceType::Commit,
        }
    }
}

impl Encode for LeafNodeSource {
    fn encode(&self, writer: &mut Writer) {
        writer.value(&self.source_type());
        match self {
            Self::KeyPackage(lifetime) => lifetime.encode(writer),
            Self::Update => {}
            Self::Commit(parent_hash) => parent_hash.encode(writer),
        }
    }
}

impl Decode for LeafNodeSource {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match LeafNodeSourceType::decode(reader)? {
            LeafNodeSourceType::KeyPackage => {
                Self::KeyPackage(reader.field("LeafNode.lifetime", Lifetime::decode)?)
            }
            LeafNodeSourceType::Update => Self::Update,
            LeafNodeSourceType::Commit => Self::Commit(reader.field("LeafNode.parent_hash", Opaque::decode)?),
        })
    }
}

copath_codec::impl_tls_codec!(LeafNodeSource);
