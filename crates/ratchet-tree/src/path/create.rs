//! Creating an update path, in two steps: the group context that it is encrypted with needs the new tree hash.
//!
//! RFC 9420 §7.4 to §7.6.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use copath_codec::Opaque;
use copath_crypto::{HashOutput, KemKeyPair, Secret, Suite};
use copath_hpke::Base;
use copath_messages::{HpkeCiphertext, LeafNode, LeafNodeSource, UpdatePath, UpdatePathNode};
use copath_tree_math::{DirectPathStep, LeafIndex, NodeIndex};

use super::merge::{merge, parent_hashes, prepare};
use super::{NodeKey, TreePrivateKeys, secrets};
use crate::tree::encode_leaf;
use crate::{RatchetTree, TreeError};

/// What the new leaf of a path has to carry.
#[derive(Clone, Debug)]
pub struct PathLeaf {
    /// The fresh encryption key.
    pub encryption_key: Vec<u8>,
    /// The parent hash; empty if the path has no nodes.
    pub parent_hash: HashOutput,
    /// Where the leaf will stand, for its signature.
    pub leaf_index: LeafIndex,
}

/// An update path that has its keys and its place in the tree, and still has to be encrypted.
pub struct PathDraft {
    tree: RatchetTree,
    suite: Suite,
    committer: LeafIndex,
    leaf: LeafNode,
    nodes: Vec<DraftNode>,
    commit_secret: Secret,
    private_keys: TreePrivateKeys,
}

struct DraftNode {
    step: DirectPathStep,
    public_key: Vec<u8>,
    path_secret: Secret,
    /// The resolution of the copath child without new leaves.
    recipients: Vec<NodeIndex>,
}

impl RatchetTree {
    /// Begins an update path of the member at `committer`, on the tree after the proposals (rules 7.4-01, 7.5-01).
    ///
    /// RFC 9420 §7.4 and §7.5. `new_leaves` were added by the same commit; nothing is encrypted to them (7.5-04).
    /// `build_leaf` makes and signs the committer's new leaf, with source `commit`. An external joiner commits from
    /// [`RatchetTree::next_leaf`].
    ///
    /// # Errors
    /// [`TreeError::NoSuchLeaf`], [`TreeError::WrongPathLeaf`], a failure of the backend, or that of `build_leaf`.
    pub fn create_path<E: From<TreeError>>(
        &self,
        suite: &Suite,
        committer: LeafIndex,
        new_leaves: &[LeafIndex],
        build_leaf: impl FnOnce(PathLeaf) -> Result<LeafNode, E>,
    ) -> Result<PathDraft, E> {
        let edit = prepare(self, suite, committer)?;
        let steps = edit.tree().filtered_direct_path(committer);
        let leaf_keys = suite.generate_kem_key_pair().map_err(TreeError::from)?;
        let (chain, commit_secret) = derive_chain(suite, steps.len())?;
        let keys: Vec<&[u8]> = chain.iter().map(|link| link.keys.public_key.as_slice()).collect();
        let hashes = parent_hashes(edit.tree(), suite, &steps, &keys)?;
        let leaf = build_leaf(PathLeaf {
            encryption_key: leaf_keys.public_key.clone(),
            parent_hash: hashes.leaf,
            leaf_index: committer,
        })?;
        check_leaf(&leaf, &leaf_keys, &hashes.leaf)?;
        let tree = merge(edit, (committer, &encode_leaf(&leaf)?), &steps, &keys, &hashes)?;
        let mut private_keys = TreePrivateKeys::new(committer, NodeKey::from(leaf_keys));
        let mut without = new_leaves.to_vec();
        without.sort_unstable();
        let mut nodes = Vec::with_capacity(steps.len());
        for (step, link) in steps.into_iter().zip(chain) {
            let public_key = link.keys.public_key.clone();
            private_keys.insert(step.node, NodeKey::from(link.keys));
            let recipients = tree.resolution_without(step.copath, &without);
            nodes.push(DraftNode { step, public_key, path_secret: link.path_secret, recipients });
        }
        Ok(PathDraft { tree, suite: suite.clone(), committer, leaf, nodes, commit_secret, private_keys })
    }
}

impl PathDraft {
    /// The tree with the path merged: its hash goes into the provisional group context.
    pub fn tree(&self) -> &RatchetTree {
        &self.tree
    }

    /// The new leaf of the committer.
    pub fn leaf_node(&self) -> &LeafNode {
        &self.leaf
    }

    /// The secret that the path gives to the key schedule (RFC 9420 §7.4 and §8).
    pub fn commit_secret(&self) -> &Secret {
        &self.commit_secret
    }

    /// The private keys that the committer holds in the new tree.
    pub fn private_keys(&self) -> &TreePrivateKeys {
        &self.private_keys
    }

    /// The private keys that the committer holds in the new tree; all path secrets are erased (rule 7.5-13).
    pub fn into_private_keys(self) -> TreePrivateKeys {
        self.private_keys
    }

    /// The path secret for the Welcome of a new member: that of the lowest common ancestor (rule 12.4.1-09).
    ///
    /// `None` for a leaf that isn't filled or is the committer's own.
    pub fn path_secret_for(&self, new_leaf: LeafIndex) -> Option<Secret> {
        self.tree.leaf(new_leaf)?;
        let ancestor = self.committer.common_ancestor(new_leaf);
        let node = self.nodes.iter().find(|node| node.step.node == ancestor)?;
        Some(node.path_secret.duplicate())
    }

    /// Encrypts the path secrets; `group_context` is the encoded provisional GroupContext (rules 7.5-03, 7.6-04).
    ///
    /// # Errors
    /// A key in the tree is not valid, or there is no randomness.
    pub fn encrypt(&self, group_context: &[u8]) -> Result<UpdatePath, TreeError> {
        let info = Suite::encrypt_context("UpdatePathNode", group_context)?;
        let base = Base::new(&self.suite, &info);
        let mut jobs = Vec::new();
        for node in &self.nodes {
            for recipient in &node.recipients {
                let public_key = self.tree.encryption_key(*recipient).ok_or(TreeError::Inconsistent)?;
                let seed = self.suite.random_secret(self.suite.kem().private_key_length())?;
                jobs.push(Job { public_key, seed, path_secret: &node.path_secret });
            }
        }
        let mut ciphertexts = seal_all(&base, &jobs)?.into_iter();
        let nodes = self.nodes.iter().map(|node| UpdatePathNode {
            encryption_key: Opaque::from(node.public_key.as_slice()),
            encrypted_path_secret: ciphertexts.by_ref().take(node.recipients.len()).collect(),
        });
        Ok(UpdatePath { leaf_node: Box::new(self.leaf.clone()), nodes: nodes.collect() })
    }
}

/// One path secret and the keys of its node.
struct Link {
    path_secret: Secret,
    keys: KemKeyPair,
}

/// The path secrets of `length` nodes from a fresh start, and the commit secret after them (rules 7.4-02, 12.4.1-04).
fn derive_chain(suite: &Suite, length: usize) -> Result<(Vec<Link>, Secret), TreeError> {
    let mut path_secret = suite.random_secret(suite.hash_length())?;
    let mut chain = Vec::with_capacity(length);
    for _ in 0..length {
        let next = secrets::next(suite, &path_secret)?;
        let keys = secrets::node_key_pair(suite, &path_secret)?;
        chain.push(Link { path_secret: core::mem::replace(&mut path_secret, next), keys });
    }
    Ok((chain, path_secret))
}

fn check_leaf(leaf: &LeafNode, keys: &KemKeyPair, parent_hash: &HashOutput) -> Result<(), TreeError> {
    let same_hash = match &leaf.leaf_node_source {
        LeafNodeSource::Commit(carried) => carried.as_ref() == parent_hash.as_slice(),
        _ => false,
    };
    if same_hash && leaf.encryption_key.as_ref() == keys.public_key.as_slice() {
        Ok(())
    } else {
        Err(TreeError::WrongPathLeaf)
    }
}

/// One encryption; its randomness is drawn before any of them runs.
struct Job<'a> {
    public_key: &'a [u8],
    seed: Secret,
    path_secret: &'a Secret,
}

impl Job<'_> {
    fn seal(&self, base: &Base) -> Result<HpkeCiphertext, TreeError> {
        let sealed = base.seal(self.public_key, &self.seed, &[], self.path_secret.expose())?;
        Ok(HpkeCiphertext { kem_output: sealed.kem_output.into(), ciphertext: sealed.ciphertext.into() })
    }
}

/// Fewer encryptions than this, as in a tree whose parents are filled, are made by the calling thread: waking others
/// would cost more.
#[cfg(feature = "parallel")]
const WORTH_SHARING: usize = 48;

#[cfg(feature = "parallel")]
fn seal_all(base: &Base, jobs: &[Job<'_>]) -> Result<Vec<HpkeCiphertext>, TreeError> {
    use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
    if jobs.len() < WORTH_SHARING {
        return jobs.iter().map(|job| job.seal(base)).collect();
    }
    jobs.par_iter().map(|job| job.seal(base)).collect()
}

#[cfg(not(feature = "parallel"))]
fn seal_all(base: &Base, jobs: &[Job<'_>]) -> Result<Vec<HpkeCiphertext>, TreeError> {
    jobs.iter().map(|job| job.seal(base)).collect()
}

impl fmt::Debug for PathDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PathDraft")
            .field("committer", &self.committer)
            .field("nodes", &self.nodes.len())
            .finish_non_exhaustive()
    }
}
