//! Leaf nodes.

use alloc::vec::Vec;

use copath_codec::{Decode, DecodeError, Encode, Opaque, Reader, Writer};
use copath_credentials::Credential;
use copath_crypto::{Signer, Suite};
use copath_rules::{Part, Violation, rule};

use crate::error::refused;
use crate::signing::{USUAL_SIZE, sign};
use crate::{
    Capabilities, Extensions, GroupId, HpkePublicKey, LeafNodeSourceType, Lifetime, MessageError,
    SignaturePublicKey,
};

/// The label of a leaf's signature (RFC 9420 §7.2).
const LABEL: &str = "LeafNodeTBS";

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

/// Where a leaf stands, which is signed along for the sources update and commit.
///
/// RFC 9420 §7.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafPosition<'a> {
    /// Nowhere yet: the leaf of a KeyPackage.
    None,
    /// In a group, at this leaf.
    InGroup {
        /// The group.
        group_id: &'a GroupId,
        /// The leaf's index.
        leaf_index: u32,
    },
}

impl LeafNode {
    /// The LeafNodeTBS: what is signed. `position` counts for the sources update and commit alone, so that the leaves
    /// of a tree can all be given theirs.
    ///
    /// # Errors
    /// The source needs a position and there is none (rule 7.2-09), or a vector is too long.
    pub fn to_be_signed(&self, position: LeafPosition<'_>) -> Result<Vec<u8>, MessageError> {
        let place = signed_place(&self.leaf_node_source, position)?;
        let mut writer = Writer::with_capacity(USUAL_SIZE);
        self.write_to_be_signed(place, &mut writer);
        Ok(writer.finish()?)
    }

    /// Verifies the signature under the leaf's own key.
    ///
    /// # Errors
    /// It doesn't verify, or the key is none of the suite's (rule 7.3-03); as [`LeafNode::to_be_signed`].
    pub fn verify_signature(&self, suite: &Suite, position: LeafPosition<'_>) -> Result<(), MessageError> {
        let place = signed_place(&self.leaf_node_source, position)?;
        let write = |writer: &mut Writer| self.write_to_be_signed(place, writer);
        suite
            .verify_written(&self.signature_key, &self.signature, (LABEL, USUAL_SIZE), write)
            .map_err(|error| refused(error, rule!("7.3-03"), Part::LeafNode))
    }

    fn write_to_be_signed(&self, place: Option<Place<'_>>, writer: &mut Writer) {
        self.encode_unsigned(writer);
        encode_place(place, writer);
    }
}

impl UnsignedLeafNode {
    /// Signs the leaf. `position` counts for the sources update and commit alone.
    ///
    /// # Errors
    /// The signer's key isn't the leaf's, or the signer fails; the source needs a position and there is none (rule
    /// 7.2-09); a vector is too long.
    pub fn sign(
        self,
        suite: &Suite,
        signer: &dyn Signer,
        position: LeafPosition<'_>,
    ) -> Result<LeafNode, MessageError> {
        let place = signed_place(&self.leaf_node_source, position)?;
        let signature = sign(suite, signer, &self.signature_key, LABEL, |writer| {
            self.encode(writer);
            encode_place(place, writer);
        })?;
        Ok(self.with_signature(signature))
    }
}

/// Group and leaf index, as far as they are signed along.
type Place<'a> = (&'a GroupId, u32);

/// What the source asks to be signed beyond the leaf's own fields.
fn signed_place<'a>(
    source: &LeafNodeSource,
    position: LeafPosition<'a>,
) -> Result<Option<Place<'a>>, Violation> {
    match (source, position) {
        (LeafNodeSource::KeyPackage(_), _) => Ok(None),
        (_, LeafPosition::InGroup { group_id, leaf_index }) => Ok(Some((group_id, leaf_index))),
        (_, LeafPosition::None) => Err(Violation::new(rule!("7.2-09")).at(Part::LeafNode)),
    }
}

fn encode_place(place: Option<Place<'_>>, writer: &mut Writer) {
    if let Some((group_id, leaf_index)) = place {
        writer.value(group_id).value(&leaf_index);
    }
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
