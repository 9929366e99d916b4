//! The private keys that a member holds.
//!
//! RFC 9420 §4.2: those of its leaf and of ancestors at which it isn't unmerged (rule 4.2-01).

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use copath_crypto::{KemKeyPair, Secret, Suite};
use copath_rules::{Part, Violation, rule};
use copath_tree_math::{LeafIndex, NodeIndex};

use super::secrets;
use crate::{RatchetTree, TreeError};

/// The key pair of one node.
pub struct NodeKey {
    public: Vec<u8>,
    private: Secret,
}

/// Under which name a key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKeyId {
    /// The key of a node: the own leaf, or a parent above it.
    Node(NodeIndex),
    /// The leaf key of an Update of one's own that no commit has decided on, numbered from 0 in each epoch.
    PendingUpdate(u32),
}

/// The private keys of one member in one epoch.
///
/// A value: each change makes a new one that shares the keys that stay, and a key is erased with the last set that
/// holds it.
pub struct TreePrivateKeys {
    own_leaf: LeafIndex,
    keys: BTreeMap<NodeKeyId, Arc<NodeKey>>,
}

impl TreePrivateKeys {
    /// The keys of a member that holds only that of its leaf.
    pub fn new(own_leaf: LeafIndex, leaf_key: NodeKey) -> Self {
        Self::from_keys(own_leaf, [(NodeKeyId::Node(own_leaf.node()), leaf_key)])
    }

    /// The keys as they were kept: each as [`TreePrivateKeys::iter`] or [`TreePrivateKeys::changes_from`] gave it.
    pub fn from_keys(own_leaf: LeafIndex, keys: impl IntoIterator<Item = (NodeKeyId, NodeKey)>) -> Self {
        Self { own_leaf, keys: keys.into_iter().map(|(id, key)| (id, Arc::new(key))).collect() }
    }

    /// The keys of a member that joins by a Welcome.
    ///
    /// RFC 9420 §12.4.3.1. With a `path_secret`, which is that of the common ancestor with the committer, the leaf
    /// `signer` of the GroupInfo, the keys of that ancestor and of the filled nodes above it are derived.
    ///
    /// # Errors
    /// Rule 12.4.3.1-20 if a derived key isn't that of the tree; 7.5-12 if the secret hasn't the right length.
    pub fn join(
        tree: &RatchetTree,
        suite: &Suite,
        (own_leaf, leaf_key): (LeafIndex, NodeKey),
        signer: LeafIndex,
        path_secret: Option<&Secret>,
    ) -> Result<Self, TreeError> {
        let mut keys = Self::new(own_leaf, leaf_key);
        let Some(path_secret) = path_secret else { return Ok(keys) };
        let ancestor = own_leaf.common_ancestor(signer);
        if path_secret.len() != suite.hash_length() {
            return Err(Violation::new(rule!("7.5-12")).at(Part::Node(ancestor.as_u32())).into());
        }
        let mut path_secret = path_secret.duplicate();
        let path = tree.filtered_direct_path(signer);
        if !path.iter().any(|step| step.node == ancestor) {
            return Err(Violation::new(rule!("12.4.3.1-20")).at(Part::Node(ancestor.as_u32())).into());
        }
        for step in path.into_iter().skip_while(|step| step.node != ancestor) {
            let pair = secrets::node_key_pair(suite, &path_secret)?;
            if tree.encryption_key(step.node) != Some(pair.public_key.as_slice()) {
                return Err(Violation::new(rule!("12.4.3.1-20")).at(Part::Node(step.node.as_u32())).into());
            }
            keys.insert(step.node, NodeKey::from(pair));
            path_secret = secrets::next(suite, &path_secret)?;
        }
        Ok(keys)
    }

    /// Where the member stands.
    pub fn own_leaf(&self) -> LeafIndex {
        self.own_leaf
    }

    /// The key of the member's leaf.
    pub fn leaf_key(&self) -> Option<&NodeKey> {
        self.get(NodeKeyId::Node(self.own_leaf.node()))
    }

    /// One key.
    pub fn get(&self, id: NodeKeyId) -> Option<&NodeKey> {
        self.keys.get(&id).map(|key| &**key)
    }

    /// All keys.
    pub fn iter(&self) -> impl Iterator<Item = (NodeKeyId, &NodeKey)> {
        self.keys.iter().map(|(id, key)| (*id, &**key))
    }

    /// The key held for a node whose public key is `public_key`; for the own leaf also a pending one.
    pub fn key_for(&self, node: NodeIndex, public_key: &[u8]) -> Option<&NodeKey> {
        let pending = || {
            let own = node == self.own_leaf.node();
            let all =
                self.keys.iter().filter(move |(id, _)| own && matches!(id, NodeKeyId::PendingUpdate(_)));
            all.map(|(_, key)| &**key).find(|key| key.public == public_key)
        };
        self.get(NodeKeyId::Node(node)).filter(|key| key.public == public_key).or_else(pending)
    }

    /// These keys and that of an Update that was proposed; both are kept until a commit decides.
    ///
    /// RFC 9420 §12.1.2, rule 12.1.2-04.
    #[must_use]
    pub fn with_pending_update(&self, leaf_key: NodeKey) -> Self {
        let mut keys = self.duplicate();
        let number = (0..).find(|number| !keys.keys.contains_key(&NodeKeyId::PendingUpdate(*number)));
        if let Some(number) = number {
            keys.keys.insert(NodeKeyId::PendingUpdate(number), Arc::new(leaf_key));
        }
        keys
    }

    /// The keys that are still good in `tree`, which comes after the tree that these are for (rule 7.5-14).
    ///
    /// RFC 9420 §7.5: keys of nodes that were blanked or got another key are dropped; if a commit covered an own
    /// Update its key becomes that of the leaf, and pending keys end with the epoch.
    #[must_use]
    pub fn after(&self, tree: &RatchetTree) -> Self {
        let own = self.own_leaf.node();
        let mut keys = BTreeMap::new();
        for (id, key) in &self.keys {
            let node = match id {
                NodeKeyId::Node(node) => *node,
                NodeKeyId::PendingUpdate(_) => own,
            };
            if tree.encryption_key(node) == Some(key.public.as_slice()) {
                keys.insert(NodeKeyId::Node(node), Arc::clone(key));
            }
        }
        Self { own_leaf: self.own_leaf, keys }
    }

    /// What has to be written for these keys where `old` is kept: new keys, and `None` for keys to erase.
    pub fn changes_from<'k>(&'k self, old: &'k Self) -> Vec<(NodeKeyId, Option<&'k NodeKey>)> {
        let gone = old.keys.keys().filter(|id| !self.keys.contains_key(id)).map(|id| (*id, None));
        let unchanged = |id: &NodeKeyId, key: &Arc<NodeKey>| {
            old.keys.get(id).is_some_and(|old| Arc::ptr_eq(old, key) || old.public == key.public)
        };
        let new = self.keys.iter().filter(|(id, key)| !unchanged(id, key));
        gone.chain(new.map(|(id, key)| (*id, Some(&**key)))).collect()
    }

    /// A second handle on the same keys; no key is copied.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self { own_leaf: self.own_leaf, keys: self.keys.clone() }
    }

    pub(super) fn insert(&mut self, node: NodeIndex, key: NodeKey) {
        self.keys.insert(NodeKeyId::Node(node), Arc::new(key));
    }
}

impl NodeKey {
    /// A key pair, serialized as the KEM has it.
    pub fn new(public: Vec<u8>, private: Secret) -> Self {
        Self { public, private }
    }

    /// The public key.
    pub fn public(&self) -> &[u8] {
        &self.public
    }

    /// The private key.
    pub fn private(&self) -> &Secret {
        &self.private
    }
}

impl From<KemKeyPair> for NodeKey {
    fn from(pair: KemKeyPair) -> Self {
        Self::new(pair.public_key, pair.private_key)
    }
}

impl fmt::Debug for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeKey(..)")
    }
}

impl fmt::Debug for TreePrivateKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TreePrivateKeys").field("own_leaf", &self.own_leaf).finish_non_exhaustive()
    }
}
