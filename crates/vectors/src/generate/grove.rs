//! A ratchet tree with all secrets of all its members.

use std::collections::BTreeMap;
use std::sync::Arc;

use copath_credentials::{Credential, CredentialType};
use copath_crypto::{Secret, Signer, Suite};
use copath_messages::{
    Capabilities, Extensions, GroupId, KeyPackage, LeafNode, LeafNodeSource, LeafPosition, Lifetime,
    ProtocolVersion, UnsignedKeyPackage, UnsignedLeafNode,
};
use copath_ratchet_tree::{PathDraft, PathLeaf, RatchetTree};
use copath_tree_math::{LeafIndex, NodeIndex};

use super::random;
use crate::Mismatch;
use crate::hex_bytes::Hex;
use crate::kinds::treekem::{LeafPrivate, NodeSecret};
use crate::trees::leaf_index;

/// A tree, its members' keys, and the path secrets behind its parents.
pub(super) struct Grove {
    pub(super) suite: Suite,
    pub(super) group_id: GroupId,
    pub(super) tree: RatchetTree,
    members: BTreeMap<LeafIndex, Keys>,
    /// By the public key that follows.
    path_secrets: BTreeMap<Vec<u8>, Secret>,
}

/// What a member holds for its leaf.
struct Keys {
    signer: Arc<dyn Signer>,
    signature_private: Secret,
    encryption_private: Secret,
}

impl Grove {
    /// A tree of `members` leaves of which the first has committed nothing yet.
    pub(super) fn new(suite: &Suite) -> Result<Self, Mismatch> {
        let (leaf, keys) = fresh_leaf(suite, 0)?;
        Ok(Self {
            suite: suite.clone(),
            group_id: random(suite, 16)?.to_vec().into(),
            tree: RatchetTree::new(suite, &leaf)?,
            members: BTreeMap::from([(LeafIndex::FIRST, keys)]),
            path_secrets: BTreeMap::new(),
        })
    }

    /// A tree in which each member has added the next one with a path of its own.
    pub(super) fn grown(suite: &Suite, members: u32) -> Result<Self, Mismatch> {
        let mut grove = Self::new(suite)?;
        for next in 1..members {
            grove.add()?;
            grove.commit(next.saturating_sub(1))?;
        }
        Ok(grove)
    }

    /// Adds a member, unmerged.
    pub(super) fn add(&mut self) -> Result<(), Mismatch> {
        let (leaf, keys) = fresh_leaf(&self.suite, self.tree.next_leaf()?.as_u32())?;
        let mut edit = self.tree.edit(&self.suite);
        let index = edit.add_leaf(&leaf)?;
        self.tree = edit.finish()?;
        self.members.insert(index, keys);
        Ok(())
    }

    /// Removes a member.
    pub(super) fn remove(&mut self, leaf: u32) -> Result<(), Mismatch> {
        let mut edit = self.tree.edit(&self.suite);
        edit.remove_leaf(leaf_index(leaf)?)?;
        self.tree = edit.finish()?;
        self.members.remove(&leaf_index(leaf)?);
        Ok(())
    }

    /// Merges a path of a member.
    pub(super) fn commit(&mut self, committer: u32) -> Result<(), Mismatch> {
        let draft = self.draft(committer)?;
        let committer = leaf_index(committer)?;
        for step in self.tree.filtered_direct_path(committer) {
            let below = self.members.keys().find(|leaf| step.copath.is_ancestor_or_self(leaf.node()));
            let secret = below.and_then(|leaf| draft.path_secret_for(*leaf));
            if let (Some(key), Some(secret)) = (draft.tree().encryption_key(step.node), secret) {
                self.path_secrets.insert(key.to_vec(), secret);
            }
        }
        if let (Some(keys), Some(key)) = (self.members.get_mut(&committer), draft.private_keys().leaf_key()) {
            keys.encryption_private = key.private().duplicate();
        }
        self.tree = draft.tree().clone();
        Ok(())
    }

    /// A path of a member, not yet merged.
    pub(super) fn draft(&self, committer: u32) -> Result<PathDraft, Mismatch> {
        self.tree.create_path(&self.suite, leaf_index(committer)?, &[], |place| {
            self.sign_leaf(&place, LeafNodeSource::Commit(place.parent_hash.as_slice().into()))
        })
    }

    /// A leaf for an Update proposal.
    pub(super) fn updated_leaf(&self, leaf: u32) -> Result<LeafNode, Mismatch> {
        let encryption_key = self.suite.generate_kem_key_pair()?.public_key;
        let parent_hash = copath_crypto::HashOutput::EMPTY;
        let place = PathLeaf { encryption_key, parent_hash, leaf_index: leaf_index(leaf)? };
        self.sign_leaf(&place, LeafNodeSource::Update)
    }

    /// A key package of somebody who isn't a member.
    pub(super) fn key_package(&self) -> Result<KeyPackage, Mismatch> {
        let (leaf_node, keys) = fresh_leaf(&self.suite, 1000)?;
        let unsigned = UnsignedKeyPackage {
            version: ProtocolVersion::MLS10,
            cipher_suite: self.suite.cipher_suite(),
            init_key: self.suite.generate_kem_key_pair()?.public_key.into(),
            leaf_node,
            extensions: Extensions::new(),
        };
        Ok(unsigned.sign(&self.suite, &*keys.signer)?)
    }

    /// What each member holds.
    pub(super) fn private(&self) -> Vec<LeafPrivate> {
        let members = self.members.iter();
        members
            .map(|(leaf, keys)| LeafPrivate {
                index: leaf.as_u32(),
                encryption_priv: (&keys.encryption_private).into(),
                signature_priv: (&keys.signature_private).into(),
                path_secrets: leaf
                    .direct_path(self.tree.size())
                    .filter_map(|step| self.held(*leaf, step.node))
                    .collect(),
            })
            .collect()
    }

    /// The path secret of a node, if it is filled and the member knows it.
    fn held(&self, leaf: LeafIndex, node: NodeIndex) -> Option<NodeSecret> {
        let parent = self.tree.parent(node).filter(|parent| !parent.is_unmerged(leaf))?;
        let path_secret = self.path_secrets.get(parent.encryption_key())?;
        Some(NodeSecret { node: node.as_u32(), path_secret: Hex::from(path_secret) })
    }

    fn sign_leaf(&self, place: &PathLeaf, source: LeafNodeSource) -> Result<LeafNode, Mismatch> {
        let old = self.tree.leaf(place.leaf_index).ok_or_else(|| Mismatch::new("a blank leaf"))?;
        let keys = self.members.get(&place.leaf_index).ok_or_else(|| Mismatch::new("no keys"))?;
        let mut leaf = UnsignedLeafNode::from(old.to_leaf_node()?);
        leaf.encryption_key = place.encryption_key.clone().into();
        leaf.leaf_node_source = source;
        let position =
            LeafPosition::InGroup { group_id: &self.group_id, leaf_index: place.leaf_index.as_u32() };
        Ok(leaf.sign(&self.suite, &*keys.signer, position)?)
    }
}

/// A leaf as it comes in a key package.
fn fresh_leaf(suite: &Suite, number: u32) -> Result<(LeafNode, Keys), Mismatch> {
    let signature = suite.generate_signature_key_pair()?;
    let encryption = suite.generate_kem_key_pair()?;
    let signer = suite.signature().signer(&signature.private_key)?;
    let leaf = UnsignedLeafNode {
        encryption_key: encryption.public_key.into(),
        signature_key: signature.public_key.into(),
        credential: Credential::basic(format!("member {number}").into_bytes()),
        capabilities: Capabilities {
            versions: vec![ProtocolVersion::MLS10],
            cipher_suites: vec![suite.cipher_suite()],
            credentials: vec![CredentialType::BASIC],
            ..Capabilities::default()
        },
        leaf_node_source: LeafNodeSource::KeyPackage(Lifetime { not_before: 0, not_after: u64::MAX }),
        extensions: Extensions::new(),
    };
    let leaf = leaf.sign(suite, &*signer, LeafPosition::None)?;
    let (signature_private, encryption_private) = (signature.private_key, encryption.private_key);
    Ok((leaf, Keys { signer, signature_private, encryption_private }))
}
