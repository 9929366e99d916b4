//! Trees made by hand, for those who join.
//!
//! RFC 9420 §7. A [`ForgedTree`] holds members who are nothing but a signature key; whatever a leaf says is signed and
//! hashed, so that one rule breaks and all others hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use copath_codec::{Decode, Opaque};
use copath_credentials::Credential;
use copath_crypto::{Secret, Signer, Suite};
use copath_messages::{
    Capabilities, CredentialType, Extensions, GroupContext, GroupId, KeyPackage, LeafNode, LeafNodeSource,
    LeafPosition, Lifetime, ProtocolVersion, UnsignedLeafNode,
};
use copath_ratchet_tree::{RatchetTree, TreeError};
use copath_tree_math::LeafIndex;

use crate::{ForgedGroup, ForgedJoiner, NOW};

/// Members at the leaves of a tree, before anybody joins.
pub struct ForgedTree {
    /// The suite.
    pub suite: Suite,
    /// The group's id.
    pub group_id: GroupId,
    /// The tree.
    pub tree: RatchetTree,
    /// The members' signature keys by leaf index.
    pub signers: BTreeMap<u32, Arc<dyn Signer>>,
}

/// Whether the commit that adds the joiners has a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForgedPath {
    /// It has one, from this leaf.
    From(u32),
    /// It has none; the member at this leaf signs the GroupInfo.
    None(u32),
}

impl ForgedTree {
    /// `members` members at the first leaves.
    pub fn new(suite: &Suite, members: usize) -> Self {
        let group_id = GroupId::from(suite.random_bytes(suite.hash_length()).unwrap());
        let keys = suite.generate_signature_key_pair().unwrap();
        let signer = suite.signature().signer(&keys.private_key).unwrap();
        let leaf = new_leaf(suite, &*signer, |_| ());
        let tree = RatchetTree::new(suite, &leaf).unwrap();
        let signers = BTreeMap::from([(0, signer)]);
        let mut forged = Self { suite: suite.clone(), group_id, tree, signers };
        for _ in 1..members {
            forged.add(|_| ());
        }
        forged
    }

    /// Adds a member whose leaf is changed by `edit` before it is signed.
    pub fn add(&mut self, edit: impl FnOnce(&mut UnsignedLeafNode)) -> LeafIndex {
        let keys = self.suite.generate_signature_key_pair().unwrap();
        let signer = self.suite.signature().signer(&keys.private_key).unwrap();
        self.add_by(&signer, edit)
    }

    /// Adds a member with the signature key of `signer`.
    pub fn add_by(
        &mut self,
        signer: &Arc<dyn Signer>,
        edit: impl FnOnce(&mut UnsignedLeafNode),
    ) -> LeafIndex {
        let leaf = new_leaf(&self.suite, &**signer, edit);
        let mut tree = self.tree.edit(&self.suite);
        let index = tree.add_leaf(&leaf).unwrap();
        self.tree = tree.finish().unwrap();
        self.signers.insert(index.as_u32(), Arc::clone(signer));
        index
    }

    /// Removes a member.
    pub fn remove(&mut self, leaf: u32) {
        let mut tree = self.tree.edit(&self.suite);
        tree.remove_leaf(LeafIndex::new(leaf).unwrap()).unwrap();
        self.tree = tree.finish().unwrap();
        self.signers.remove(&leaf);
    }

    /// The members at `leaves` commit a path each, one after the other.
    #[must_use]
    pub fn committed_by(mut self, leaves: &[u32]) -> Self {
        for leaf in leaves {
            self.path(*leaf, &[], |_| ());
        }
        self
    }

    /// The member at `committer` commits a path, with a leaf that `edit` changed before it was signed; gives the path
    /// secrets of `new_leaves`.
    pub fn path(
        &mut self,
        committer: u32,
        new_leaves: &[LeafIndex],
        edit: impl FnOnce(&mut UnsignedLeafNode),
    ) -> Vec<Option<Secret>> {
        let index = LeafIndex::new(committer).unwrap();
        let signer = &*self.signers[&committer];
        let old = self.tree.leaf(index).unwrap().to_leaf_node().unwrap();
        let position = LeafPosition::InGroup { group_id: &self.group_id, leaf_index: committer };
        let draft = self.tree.create_path::<TreeError>(&self.suite, index, new_leaves, |place| {
            let mut leaf = UnsignedLeafNode::from(old);
            leaf.encryption_key = place.encryption_key.into();
            leaf.leaf_node_source = LeafNodeSource::Commit(place.parent_hash.as_slice().into());
            edit(&mut leaf);
            Ok(leaf.sign(&self.suite, signer, position).unwrap())
        });
        let draft = draft.unwrap();
        let secrets = new_leaves.iter().map(|leaf| draft.path_secret_for(*leaf)).collect();
        self.tree = draft.tree().clone();
        secrets
    }

    /// The epoch in which the clients of `key_packages` join.
    pub fn adding(mut self, key_packages: &[&KeyPackage], path: ForgedPath) -> ForgedGroup {
        let mut tree = self.tree.edit(&self.suite);
        let leaves: Vec<LeafIndex> =
            key_packages.iter().map(|package| tree.add_leaf(&package.leaf_node).unwrap()).collect();
        self.tree = tree.finish().unwrap();
        let (signer, secrets) = match path {
            ForgedPath::From(committer) => (committer, self.path(committer, &leaves, |_| ())),
            ForgedPath::None(signer) => (signer, leaves.iter().map(|_| None).collect()),
        };
        let joiners = key_packages.iter().zip(leaves).zip(secrets).map(|((package, leaf), path_secret)| {
            ForgedJoiner { key_package: (*package).clone(), leaf, path_secret }
        });
        let suite = &self.suite;
        ForgedGroup {
            context: GroupContext {
                version: ProtocolVersion::MLS10,
                cipher_suite: suite.cipher_suite(),
                group_id: self.group_id,
                epoch: 7,
                tree_hash: Opaque::default(),
                confirmed_transcript_hash: suite.random_bytes(suite.hash_length()).unwrap().into(),
                extensions: Extensions::new(),
            },
            nodes: Vec::from_bytes(&self.tree.encode().unwrap()).unwrap(),
            signer,
            joiner_secret: suite.random_secret(suite.hash_length()).unwrap(),
            psks: Vec::new(),
            joiners: joiners.collect(),
            signers: self.signers,
            suite: self.suite,
        }
    }
}

/// A leaf of a key package, signed by `signer`.
fn new_leaf(suite: &Suite, signer: &dyn Signer, edit: impl FnOnce(&mut UnsignedLeafNode)) -> LeafNode {
    let mut leaf = UnsignedLeafNode {
        encryption_key: suite.generate_kem_key_pair().unwrap().public_key.into(),
        signature_key: signer.public_key().into(),
        credential: Credential::basic(b"somebody"),
        capabilities: Capabilities {
            versions: vec![ProtocolVersion::MLS10],
            cipher_suites: vec![suite.cipher_suite()],
            extensions: vec![],
            proposals: vec![],
            credentials: vec![CredentialType::BASIC, CredentialType::X509],
        },
        leaf_node_source: LeafNodeSource::KeyPackage(Lifetime {
            not_before: NOW.0 - 60,
            not_after: NOW.0 + 60,
        }),
        extensions: Extensions::new(),
    };
    edit(&mut leaf);
    let position = LeafPosition::InGroup { group_id: &GroupId::default(), leaf_index: 0 };
    let signed = leaf.clone().sign(suite, signer, position);
    // A leaf that carries somebody else's key can't be signed for.
    signed.unwrap_or_else(|_| leaf.with_signature(Opaque::from(&[0; 64])))
}

impl core::fmt::Debug for ForgedTree {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ForgedTree").field("tree", &self.tree).finish_non_exhaustive()
    }
}
