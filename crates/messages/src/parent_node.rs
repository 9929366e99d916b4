//! Parent nodes, and nodes of either kind.

use alloc::boxed::Box;
use alloc::vec::Vec;

use copath_codec::{Decode, DecodeError, Encode, Opaque, Reader, Writer, wire_struct};

use crate::{HpkePublicKey, LeafNode, NodeType};

wire_struct! {
    /// A parent in the ratchet tree.
    ///
    /// RFC 9420 §7.1.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ParentNode {
        /// The key that path secrets are encrypted to.
        pub encryption_key: HpkePublicKey,
        /// The hash that binds the node to its next filled ancestor (RFC 9420 §7.9).
        pub parent_hash: Opaque,
        /// The leaves below that don't know the node's private key, ascending (rule 7.1-01, checked with the tree).
        pub unmerged_leaves: Vec<u32>,
    }
}

/// A node as the ratchet_tree extension holds it.
///
/// RFC 9420 §12.4.3.3. Boxed, so that a blank costs a word or two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A leaf.
    Leaf(Box<LeafNode>),
    /// A parent.
    Parent(Box<ParentNode>),
}

impl Node {
    /// The selector.
    pub fn node_type(&self) -> NodeType {
        match self {
            Self::Leaf(_) => NodeType::Leaf,
            Self::Parent(_) => NodeType::Parent,
        }
    }
}

impl Encode for Node {
    fn encode(&self, writer: &mut Writer) {
        writer.value(&self.node_type());
        match self {
            Self::Leaf(leaf_node) => leaf_node.encode(writer),
            Self::Parent(parent_node) => parent_node.encode(writer),
        }
    }
}

impl Decode for Node {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.field("Node.node_type", NodeType::decode)? {
            NodeType::Leaf => Self::Leaf(reader.field("Node.leaf_node", Box::decode)?),
            NodeType::Parent => Self::Parent(reader.field("Node.parent_node", Box::decode)?),
        })
    }
}

copath_codec::impl_tls_codec!(Node);
