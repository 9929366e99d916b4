//! Opening a received path.
//!
//! RFC 9420 §7.5 and §7.6.

use copath_crypto::{Secret, Suite};
use copath_hpke::Base;
use copath_messages::HpkeCiphertext;
use copath_rules::{Part, Violation, rule};
use copath_tree_math::NodeIndex;

use super::{MergedPath, NodeKey, TreePrivateKeys, secrets};
use crate::{RatchetTree, TreeError};

/// What a member gets out of a path.
#[derive(Debug)]
pub struct OpenedPath {
    /// The new tree.
    pub tree: RatchetTree,
    /// The secret that the path gives to the key schedule (RFC 9420 §7.4 and §8).
    pub commit_secret: Secret,
    /// The private keys that the member holds in the new tree.
    pub private_keys: TreePrivateKeys,
}

impl MergedPath<'_> {
    /// Decrypts the path secret that is meant for this member, and derives all above it.
    ///
    /// RFC 9420 §7.5. `keys` are those that the member held before the commit: one counts only for a node that has its
    /// public key, so those of nodes that the proposals changed are passed over. `group_context` is the encoded
    /// provisional GroupContext. All secrets but the results are erased.
    ///
    /// # Errors
    /// Rules 7.5-11 and 7.5-12; [`CryptoError::DecryptionFailed`](copath_crypto::CryptoError::DecryptionFailed); [`TreeError::NoPrivateKey`] if the path isn't
    /// encrypted to this member.
    pub fn decrypt(self, keys: &TreePrivateKeys, group_context: &[u8]) -> Result<OpenedPath, TreeError> {
        let (start, mut path_secret) = self.open(keys, group_context)?;
        let mut private_keys = keys.after(&self.tree);
        for (position, (step, entry)) in self.steps.iter().zip(&self.path.nodes).enumerate().skip(start) {
            let pair = secrets::node_key_pair(&self.suite, &path_secret)?;
            if pair.public_key != entry.encryption_key.as_ref() {
                let position = u32::try_from(position).unwrap_or(u32::MAX);
                return Err(Violation::new(rule!("7.5-11")).at(Part::PathNode(position)).into());
            }
            private_keys.insert(step.node, NodeKey::from(pair));
            path_secret = secrets::next(&self.suite, &path_secret)?;
        }
        Ok(OpenedPath { tree: self.tree, commit_secret: path_secret, private_keys })
    }

    /// The position of the node whose secret this member gets, and the secret.
    fn open(&self, keys: &TreePrivateKeys, group_context: &[u8]) -> Result<(usize, Secret), TreeError> {
        let own = keys.own_leaf();
        let above = |node: NodeIndex| node.is_ancestor_or_self(own.node());
        let position =
            self.steps.iter().position(|step| above(step.copath)).ok_or(TreeError::NoPrivateKey)?;
        let copath = self.steps.get(position).ok_or(TreeError::NoPrivateKey)?.copath;
        let (key, ciphertext) = self.ciphertext_for(keys, copath, position).ok_or(TreeError::NoPrivateKey)?;
        let info = Suite::encrypt_context("UpdatePathNode", group_context)?;
        let base = Base::new(&self.suite, &info);
        let HpkeCiphertext { kem_output, ciphertext } = ciphertext;
        let path_secret = base.open(key.private(), key.public(), kem_output, &[], ciphertext)?;
        if path_secret.len() != self.suite.hash_length() {
            let position = u32::try_from(position).unwrap_or(u32::MAX);
            return Err(Violation::new(rule!("7.5-12")).at(Part::PathNode(position)).into());
        }
        Ok((position, path_secret))
    }

    /// The first entry of the copath child's resolution whose private key is held, with its ciphertext.
    fn ciphertext_for<'k>(
        &'k self,
        keys: &'k TreePrivateKeys,
        copath: NodeIndex,
        position: usize,
    ) -> Option<(&'k NodeKey, &'k HpkeCiphertext)> {
        let resolution = self.tree.resolution_without(copath, &self.new_leaves);
        let ciphertexts = &self.path.nodes.get(position)?.encrypted_path_secret;
        resolution.into_iter().zip(ciphertexts).find_map(|(node, ciphertext)| {
            let key = keys.key_for(node, self.tree.encryption_key(node)?)?;
            Some((key, ciphertext))
        })
    }
}
