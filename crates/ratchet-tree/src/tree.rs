//! The ratchet tree.

use core::fmt;

use copath_codec::Encode;
use copath_credentials::CredentialType;
use copath_crypto::{HashOutput, Suite};
use copath_messages::LeafNode;
use copath_tree_math::{LeafIndex, NodeIndex, TreeSize};

use crate::index::{FeatureCounts, KeyIndex};
use crate::pages::{PageKey, Pages, SLOTS};
use crate::{Feature, Leaf, Parent, TreeEdit, TreeError};

/// A ratchet tree: the public half, as every member and observer of an epoch has it.
///
/// RFC 9420 §4.1 and §7. A value that never changes: [`RatchetTree::edit`] and the path operations make new ones that
/// share all pages but those of the paths that changed. Cloning is O(1).
#[derive(Clone)]
pub struct RatchetTree {
    pub(crate) nodes: Pages,
    pub(crate) keys: KeyIndex,
    pub(crate) features: FeatureCounts,
    pub(crate) cost: EditCost,
}

/// What it cost to make a tree from the one that it was made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EditCost {
    /// Pages that had to be copied because another tree shares them.
    pub pages_copied: u64,
    /// Nodes whose tree hash was computed.
    pub nodes_hashed: u64,
}

impl RatchetTree {
    /// The tree of a group of one: `leaf` is leaf 0 (RFC 9420 §11).
    ///
    /// # Errors
    /// No randomness for the fingerprints, or the leaf is too large to be encoded.
    pub fn new(suite: &Suite, leaf: &LeafNode) -> Result<Self, TreeError> {
        let mut edit = TreeEdit::of(Self::blank(suite, TreeSize::ONE)?, suite);
        edit.add_leaf(leaf)?;
        edit.finish()
    }

    pub(crate) fn blank(suite: &Suite, size: TreeSize) -> Result<Self, TreeError> {
        Ok(Self {
            nodes: Pages::blank(suite, size),
            keys: KeyIndex::new(suite)?,
            features: FeatureCounts::default(),
            cost: EditCost::default(),
        })
    }

    /// Starts a change of leaves: adds, updates, removes.
    pub fn edit(&self, suite: &Suite) -> TreeEdit {
        TreeEdit::of(self.clone(), suite)
    }

    /// Brings the indexes up to date, which an edit leaves for later: to be called when the tree that this one was
    /// made from has been dropped. Nothing that can be seen changes, and nothing breaks if it is never called; but
    /// each change is copied then instead of made in place.
    pub fn settle(&mut self) {
        self.keys.settle();
        self.features.settle();
    }

    /// The number of leaves and levels, blank ones included.
    pub fn size(&self) -> TreeSize {
        self.nodes.size()
    }

    /// The leaf at `index`; `None` if it is blank or outside.
    pub fn leaf(&self, index: LeafIndex) -> Option<Leaf<'_>> {
        self.nodes.node(index.node()).map(|kept| Leaf::new(index, kept))
    }

    /// The parent at `node`; `None` if it is blank, a leaf or outside.
    pub fn parent(&self, node: NodeIndex) -> Option<Parent<'_>> {
        if node.is_leaf() { None } else { self.nodes.node(node).map(Parent::new) }
    }

    /// The public key of a node; `None` if it is blank or outside.
    pub fn encryption_key(&self, node: NodeIndex) -> Option<&[u8]> {
        match node.leaf() {
            Some(leaf) => self.leaf(leaf).map(|leaf| leaf.encryption_key()),
            None => self.parent(node).map(|parent| parent.encryption_key()),
        }
    }

    /// The tree hash of the root, as it goes into the GroupContext (RFC 9420 §7.8).
    pub fn tree_hash(&self) -> HashOutput {
        self.node_hash(self.size().root()).unwrap_or(HashOutput::EMPTY)
    }

    /// The tree hash of a node; `None` outside of the tree.
    pub fn node_hash(&self, node: NodeIndex) -> Option<HashOutput> {
        self.nodes.hash(node).and_then(HashOutput::from_slice)
    }

    /// The number of filled leaves.
    pub fn member_count(&self) -> u32 {
        self.nodes.count(self.size().root())
    }

    /// The filled leaves at or below a node; 0 outside of the tree.
    pub fn member_count_below(&self, node: NodeIndex) -> u32 {
        self.nodes.count(node)
    }

    /// The filled leaves from left to right.
    pub fn members(&self) -> impl Iterator<Item = Leaf<'_>> + '_ {
        let pages = (0..self.size().leaf_count()).step_by(8).filter_map(LeafIndex::new);
        pages.flat_map(move |first| {
            let key = PageKey::of_leaf(first);
            let page = self.nodes.page(key);
            (0..SLOTS).step_by(2).filter_map(move |slot| {
                let index = key.node(slot).leaf().filter(|index| self.size().contains_leaf(*index))?;
                Some(Leaf::new(index, page?.node(slot)?))
            })
        })
    }

    /// The leftmost blank leaf, which the next new member gets; `None` if the tree is full.
    pub fn first_blank_leaf(&self) -> Option<LeafIndex> {
        self.nodes.first_blank_leaf()
    }

    /// The leaf that the next new member gets: the leftmost blank one, or the first one after growing
    /// (RFC 9420 §7.7).
    ///
    /// # Errors
    /// [`TreeError::TooLarge`]: all 2^31 leaves are filled.
    pub fn next_leaf(&self) -> Result<LeafIndex, TreeError> {
        let beyond = || LeafIndex::new(self.size().leaf_count());
        self.first_blank_leaf().or_else(beyond).ok_or(TreeError::TooLarge)
    }

    /// The leftmost leaf with this signature key.
    pub fn find_signature_key(&self, key: &[u8]) -> Option<LeafIndex> {
        self.signature_key_holders(key).next()
    }

    /// All leaves with this signature key; in a valid tree at most one.
    pub fn signature_key_holders<'a>(&'a self, key: &'a [u8]) -> impl Iterator<Item = LeafIndex> + 'a {
        let candidates = self.keys.signature_key_candidates(key);
        candidates.filter(move |leaf| self.leaf(*leaf).is_some_and(|leaf| leaf.signature_key() == key))
    }

    /// The leftmost node with this encryption key.
    pub fn find_encryption_key(&self, key: &[u8]) -> Option<NodeIndex> {
        self.encryption_key_holders(key).next()
    }

    /// All nodes with this encryption key; in a valid tree at most one.
    pub fn encryption_key_holders<'a>(&'a self, key: &'a [u8]) -> impl Iterator<Item = NodeIndex> + 'a {
        let candidates = self.keys.encryption_key_candidates(key);
        candidates.filter(move |node| self.encryption_key(*node) == Some(key))
    }

    /// Whether all members support `feature` (RFC 9420 §7.2); default types are supported by all.
    pub fn supported_by_all(&self, feature: Feature) -> bool {
        self.lacking(feature) == 0
    }

    /// The number of members that don't support `feature`.
    pub fn lacking(&self, feature: Feature) -> u32 {
        if feature.is_default() {
            return 0;
        }
        self.member_count().saturating_sub(self.features.listing(feature))
    }

    /// The credential types that members have, ascending, each with the number of those members.
    pub fn credential_types_in_use(&self) -> impl Iterator<Item = (CredentialType, u32)> {
        self.features.credential_types().into_iter()
    }

    /// What it cost to make this tree from the one before.
    pub fn cost(&self) -> EditCost {
        self.cost
    }
}

/// The encoding of a leaf with the length of its credential, as it is kept.
pub(crate) fn encode_leaf(leaf: &LeafNode) -> Result<alloc::vec::Vec<u8>, TreeError> {
    let (credential, octets) = (leaf.credential.to_bytes()?, leaf.to_bytes()?);
    let mut kept = alloc::vec::Vec::with_capacity(octets.len().saturating_add(4));
    crate::node::keep_leaf(credential.len(), &octets, &mut kept)?;
    Ok(kept)
}

impl fmt::Debug for RatchetTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RatchetTree")
            .field("size", &self.size())
            .field("member_count", &self.member_count())
            .field("tree_hash", &self.tree_hash())
            .finish_non_exhaustive()
    }
}
