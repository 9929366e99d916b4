//! Groups made by hand, and Welcomes into them, for those who join.
//!
//! RFC 9420 §12.4.3. A [`ForgedGroup`] is the epoch that begins when one of the members of a [`ForgedTree`] adds
//! joiners. Every part of it can be changed before what depends on it is hashed, tagged, signed or encrypted, so that
//! one rule breaks and all others hold. The group crate takes no part.

use std::collections::BTreeMap;
use std::sync::Arc;

use copath_codec::{DecodeContext, Encode, Writer};
use copath_crypto::{HashOutput, Secret, Signer, Suite};
use copath_hpke::encrypt_with_label;
use copath_key_schedule::{EpochSecrets, IntermediateSecret, JoinerSecret, KeyNonce, PskInput, psk_secret};
use copath_messages::{
    EncryptedGroupSecrets, Extension, ExtensionType, Extensions, ExternalPub, GroupContext, GroupInfo,
    GroupSecrets, HpkeCiphertext, KeyPackage, LeafNode, LeafNodeSource, LeafPosition, MlsMessage, Node,
    PathSecret, PreSharedKeyId, UnsignedGroupInfo, UnsignedLeafNode, Welcome,
};
use copath_ratchet_tree::{RatchetTree, TreeError, TreeLimits};
use copath_tree_math::{LeafIndex, NodeIndex};

use crate::{ForgedPath, ForgedTree};

/// An epoch that begins with joiners in it.
pub struct ForgedGroup {
    /// The suite.
    pub suite: Suite,
    /// The old members' signature keys by leaf index.
    pub signers: BTreeMap<u32, Arc<dyn Signer>>,
    /// The context; its tree hash is set when a GroupInfo is made.
    pub context: GroupContext,
    /// The nodes of the tree, as the ratchet_tree extension has them.
    pub nodes: Vec<Option<Node>>,
    /// The leaf whose member signs the GroupInfo.
    pub signer: u32,
    /// What the epoch's secrets come from.
    pub joiner_secret: Secret,
    /// Pre-shared keys in the order of the commit.
    pub psks: Vec<(PreSharedKeyId, Secret)>,
    /// Those who join.
    pub joiners: Vec<ForgedJoiner>,
}

/// A client that joins.
pub struct ForgedJoiner {
    /// The key package that it was added with.
    pub key_package: KeyPackage,
    /// Its leaf.
    pub leaf: LeafIndex,
    /// The path secret of the common ancestor, if the commit has a path.
    pub path_secret: Option<Secret>,
}

impl ForgedGroup {
    /// A group of seven with filled parents everywhere, which the client of `key_package` joins at leaf 7.
    pub fn joined_by(suite: &Suite, key_package: &KeyPackage) -> Self {
        let tree = ForgedTree::new(suite, 7).committed_by(&[0, 2, 4, 6]);
        tree.adding(&[key_package], ForgedPath::From(0))
    }

    /// The tree as the content of its extension.
    pub fn tree_octets(&self) -> Vec<u8> {
        self.nodes.to_bytes().unwrap()
    }

    /// The tree, if its structure is right.
    ///
    /// # Errors
    /// As [`RatchetTree::decode`].
    pub fn tree(&self) -> Result<RatchetTree, TreeError> {
        let octets = self.tree_octets();
        RatchetTree::decode(&self.suite, &octets, DecodeContext::rfc9420(), &TreeLimits::default())
    }

    /// Makes the tree hash that of the nodes, if it can be computed.
    pub fn rehash(&mut self) {
        if let Ok(tree) = self.tree() {
            self.context.tree_hash = tree.tree_hash().as_slice().into();
        }
    }

    /// The leaf of `leaf`.
    pub fn leaf_mut(&mut self, leaf: u32) -> &mut LeafNode {
        match &mut self.nodes[leaf as usize * 2] {
            Some(Node::Leaf(leaf)) => leaf,
            _ => panic!("leaf {leaf} is blank"),
        }
    }

    /// The parent at `node`.
    pub fn parent_mut(&mut self, node: u32) -> &mut copath_messages::ParentNode {
        match &mut self.nodes[node as usize] {
            Some(Node::Parent(parent)) => parent,
            _ => panic!("node {node} is blank"),
        }
    }

    /// Changes a leaf and signs it anew.
    pub fn resign(&mut self, leaf: u32, edit: impl FnOnce(&mut UnsignedLeafNode)) {
        let mut unsigned = UnsignedLeafNode::from(self.leaf_mut(leaf).clone());
        edit(&mut unsigned);
        let position = LeafPosition::InGroup { group_id: &self.context.group_id, leaf_index: leaf };
        *self.leaf_mut(leaf) = unsigned.sign(&self.suite, &*self.signers[&leaf], position).unwrap();
    }

    /// Makes the parent hashes of the signer's fresh path fit its keys again, and signs its leaf anew.
    pub fn relink(&mut self) {
        let tree = self.tree().unwrap();
        let committer = LeafIndex::new(self.signer).unwrap();
        let mut above = HashOutput::EMPTY;
        let steps: Vec<_> = committer.direct_path(tree.size()).collect();
        for step in steps.into_iter().rev().filter(|step| tree.parent(step.node).is_some()) {
            let parent = self.parent_mut(step.node.as_u32());
            parent.parent_hash = above.as_slice().into();
            let mut input = Writer::new();
            let sibling = tree.node_hash(step.copath).unwrap();
            input.opaque(&parent.encryption_key).opaque(above.as_slice()).opaque(sibling.as_slice());
            above = self.suite.hash(&[&input.finish().unwrap()]);
        }
        let source = LeafNodeSource::Commit(above.as_slice().into());
        self.resign(self.signer, |leaf| leaf.leaf_node_source = source);
    }

    /// The filled parents above `leaf`.
    pub fn parents_above(&self, leaf: u32) -> Vec<u32> {
        let tree = self.tree().unwrap();
        let path = LeafIndex::new(leaf).unwrap().direct_path(tree.size());
        path.map(|step| step.node)
            .filter(|node| tree.parent(*node).is_some())
            .map(NodeIndex::as_u32)
            .collect()
    }

    fn intermediate(&self) -> IntermediateSecret {
        let suite = &self.suite;
        let ids: Vec<Vec<u8>> = self.psks.iter().map(|(id, _)| id.to_bytes().unwrap()).collect();
        let inputs: Vec<_> = ids.iter().zip(&self.psks).map(|(id, (_, psk))| PskInput { id, psk }).collect();
        let joiner_secret = JoinerSecret::from_secret(self.joiner_secret.duplicate());
        joiner_secret.with_psk(suite, &psk_secret(suite, &inputs).unwrap())
    }

    /// The secrets of the epoch with the present context.
    pub fn secrets(&self) -> EpochSecrets {
        let context = self.context.to_bytes().unwrap();
        EpochSecrets::derive(&self.suite, self.intermediate().epoch_secret(&self.suite, &context).unwrap())
            .unwrap()
    }

    /// The GroupInfo with the tree and the key for external joins inside, everything in it right.
    pub fn info(&self) -> UnsignedGroupInfo {
        let secrets = self.secrets();
        let tree = Extension {
            extension_type: ExtensionType::RATCHET_TREE,
            extension_data: self.tree_octets().into(),
        };
        let external = secrets.external_secret.key_pair(&self.suite).unwrap().public_key;
        let external = Extension::of(&ExternalPub { external_pub: external.into() }).unwrap();
        let tag = secrets.confirmation_key.tag(&self.suite, &self.context.confirmed_transcript_hash);
        UnsignedGroupInfo {
            group_context: self.context.clone(),
            extensions: Extensions(vec![tree, external]),
            confirmation_tag: tag.as_slice().into(),
            signer: self.signer,
        }
    }

    /// Signs a GroupInfo as the signer.
    pub fn sign(&self, info: UnsignedGroupInfo) -> GroupInfo {
        info.sign(&self.suite, &*self.signers[&self.signer]).unwrap()
    }

    /// A Welcome with any GroupInfo.
    pub fn seal(&self, info: &GroupInfo) -> Welcome {
        self.seal_octets(&info.to_bytes().unwrap())
    }

    /// A Welcome with any octets for a GroupInfo.
    pub fn seal_octets(&self, info: &[u8]) -> Welcome {
        let suite = &self.suite;
        let welcome_secret = self.intermediate().welcome_secret(suite).unwrap();
        let KeyNonce { key, nonce } = welcome_secret.key_and_nonce(suite).unwrap();
        let encrypted = suite.seal(&key, nonce.expose(), &[], info).unwrap();
        let secrets = self.joiners.iter().map(|joiner| self.seal_secrets(joiner, &encrypted)).collect();
        Welcome { cipher_suite: suite.cipher_suite(), secrets, encrypted_group_info: encrypted.into() }
    }

    fn seal_secrets(&self, joiner: &ForgedJoiner, encrypted_group_info: &[u8]) -> EncryptedGroupSecrets {
        let path_secret = joiner.path_secret.as_ref();
        let secrets = GroupSecrets {
            joiner_secret: self.joiner_secret.duplicate(),
            path_secret: path_secret.map(|secret| PathSecret { path_secret: secret.duplicate() }),
            psks: self.psks.iter().map(|(id, _)| id.clone()).collect(),
        };
        self.seal_to(joiner, encrypted_group_info, secrets.to_bytes().unwrap().as_slice())
    }

    /// Any octets as the group secrets of `joiner`.
    pub fn seal_to(&self, joiner: &ForgedJoiner, context: &[u8], octets: &[u8]) -> EncryptedGroupSecrets {
        let suite = &self.suite;
        let seed = suite.random_secret(suite.kem().private_key_length()).unwrap();
        let recipient = (joiner.key_package.init_key.as_slice(), &seed);
        let sealed = encrypt_with_label(suite, recipient, "Welcome", context, octets).unwrap();
        EncryptedGroupSecrets {
            new_member: joiner.key_package.reference(suite).unwrap(),
            encrypted_group_secrets: HpkeCiphertext {
                kem_output: sealed.kem_output.into(),
                ciphertext: sealed.ciphertext.into(),
            },
        }
    }

    /// The GroupInfo of the present nodes and context.
    pub fn group_info(&mut self) -> GroupInfo {
        self.rehash();
        self.sign(self.info())
    }

    /// The Welcome of the present nodes and context.
    pub fn welcome(&mut self) -> MlsMessage {
        let info = self.group_info();
        self.seal(&info).into()
    }
}

impl core::fmt::Debug for ForgedGroup {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ForgedGroup").field("context", &self.context).finish_non_exhaustive()
    }
}

impl core::fmt::Debug for ForgedJoiner {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ForgedJoiner").field("leaf", &self.leaf).finish_non_exhaustive()
    }
}
