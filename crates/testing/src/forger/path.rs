//! Update paths with a flaw.
//!
//! RFC 9420 §7.4 to §7.6 and §7.9.

use copath_codec::{Encode, Opaque, Writer};
use copath_crypto::{HashOutput, Secret, Signer};
use copath_hpke::encrypt_with_label;
use copath_messages::{
    Extensions, GroupContext, HpkeCiphertext, LeafNode, LeafNodeSource, UnsignedLeafNode, UpdatePath,
};
use copath_ratchet_tree::{PathDraft, PathLeaf, RatchetTree, TreeError, TreePrivateKeys};
use copath_tree_math::LeafIndex;

use super::Forger;

/// A change of an update path; the second argument is the encoded group context that it is encrypted with.
pub(super) type ChangePath<'f> = Box<dyn FnOnce(&mut UpdatePath, &[u8]) + 'f>;
/// A change of a leaf before it is signed.
pub(super) type ChangeLeaf<'f> = Box<dyn FnOnce(&mut UnsignedLeafNode) + 'f>;

/// Where a path goes, and how it is flawed.
pub(super) struct PathForge<'f> {
    /// The tree after the proposals.
    pub(super) tree: RatchetTree,
    pub(super) new_leaves: Vec<LeafIndex>,
    pub(super) extensions: Extensions,
    /// Before parent hashes and the leaf's signature are made.
    pub(super) reshape: Option<ChangePath<'f>>,
    /// After parent hashes, before the leaf's signature.
    pub(super) edit_leaf: Option<ChangeLeaf<'f>>,
    /// After everything.
    pub(super) damage: Option<ChangePath<'f>>,
    pub(super) leaf_signer: &'f dyn Signer,
}

/// A path in its commit.
pub(super) struct ForgedPath {
    pub(super) path: UpdatePath,
    pub(super) tree: RatchetTree,
    pub(super) context: GroupContext,
    pub(super) commit_secret: Secret,
    /// Those of the nodes above some other member, each once for each such member.
    pub(super) path_secrets: Vec<Secret>,
    pub(super) node_keys: TreePrivateKeys,
}

impl PathForge<'_> {
    /// A valid path with its flaws; hashes, signature and encryption fit what came out.
    pub(super) fn forge(self, forger: &Forger) -> ForgedPath {
        let draft = self.draft(forger);
        let mut path = draft.encrypt(&[]).unwrap();
        if let Some(reshape) = self.reshape {
            reshape(&mut path, &[]);
        }
        let parent_hash = leaf_parent_hash(forger, &self.tree, &path);
        let mut leaf = UnsignedLeafNode::from((*path.leaf_node).clone());
        leaf.leaf_node_source = LeafNodeSource::Commit(parent_hash.as_slice().into());
        if let Some(edit) = self.edit_leaf {
            edit(&mut leaf);
        }
        path.leaf_node = forger.sign_leaf(forger.leaf, leaf, self.leaf_signer).into();
        // A path that can't be merged is refused before its hash counts.
        let merged = self.tree.apply_path(&forger.suite, forger.leaf, &path, &self.new_leaves);
        let tree = merged.map_or_else(|_| draft.tree().clone(), |merged| merged.into_tree());
        let context = forger.provisional_context(&tree, self.extensions);
        let encoded = context.to_bytes().unwrap();
        let sealed = draft.encrypt(&encoded).unwrap();
        for (node, sealed) in path.nodes.iter_mut().zip(sealed.nodes) {
            node.encrypted_path_secret = sealed.encrypted_path_secret;
        }
        if let Some(damage) = self.damage {
            damage(&mut path, &encoded);
        }
        let commit_secret = draft.commit_secret().duplicate();
        let others = draft.tree().members().map(|leaf| leaf.index());
        let path_secrets = others.filter_map(|leaf| draft.path_secret_for(leaf)).collect();
        let node_keys = draft.into_private_keys();
        ForgedPath { path, tree, context, commit_secret, path_secrets, node_keys }
    }

    fn draft(&self, forger: &Forger) -> PathDraft {
        let build = |place: PathLeaf| -> Result<LeafNode, TreeError> {
            let mut leaf = UnsignedLeafNode::from(forger.own_leaf_node());
            leaf.encryption_key = place.encryption_key.into();
            leaf.leaf_node_source = LeafNodeSource::Commit(place.parent_hash.as_slice().into());
            leaf.signature_key = self.leaf_signer.public_key().into();
            Ok(forger.sign_leaf(forger.leaf, leaf, self.leaf_signer))
        };
        self.tree.create_path(&forger.suite, forger.leaf, &self.new_leaves, build).unwrap()
    }
}

/// The parent hash of the leaf of a path with these keys (RFC 9420 §7.9).
fn leaf_parent_hash(forger: &Forger, tree: &RatchetTree, path: &UpdatePath) -> HashOutput {
    let steps = tree.filtered_direct_path(forger.leaf);
    let mut above = HashOutput::EMPTY;
    for (step, node) in steps.iter().zip(&path.nodes).rev() {
        let sibling = tree.node_hash(step.copath).unwrap();
        let mut input = Writer::new();
        input.opaque(&node.encryption_key).opaque(above.as_slice()).opaque(sibling.as_slice());
        above = forger.suite.hash(&[&input.finish().unwrap()]);
    }
    above
}

impl Forger {
    /// The context that a path is encrypted with: next epoch, new tree and extensions, old transcript hash.
    pub fn provisional_context(&self, tree: &RatchetTree, extensions: Extensions) -> GroupContext {
        GroupContext {
            epoch: self.context.epoch + 1,
            tree_hash: tree.tree_hash().as_slice().into(),
            extensions,
            ..self.context.clone()
        }
    }

    /// A path secret of any length, encrypted to `public_key` under the encoded provisional context.
    pub fn encrypt_path_secret(
        &self,
        public_key: &[u8],
        provisional_context: &[u8],
        path_secret: &[u8],
    ) -> HpkeCiphertext {
        let seed = super::random(&self.suite, self.suite.kem().private_key_length());
        let recipient = (public_key, &seed);
        let label = "UpdatePathNode";
        let sealed = encrypt_with_label(&self.suite, recipient, label, provisional_context, path_secret);
        let sealed = sealed.unwrap();
        HpkeCiphertext {
            kem_output: Opaque::from(sealed.kem_output),
            ciphertext: Opaque::from(sealed.ciphertext),
        }
    }
}
