//! The next leaf of a client: in a path, or in an Update.
//!
//! RFC 9420 §7.5.

use copath_codec::Opaque;
use copath_crypto::Signer;
use copath_crypto::Suite;
use copath_messages::{GroupId, LeafNode, LeafNodeSource, LeafPosition};
use copath_ratchet_tree::{PathDraft, PathLeaf, RatchetTree};
use copath_tree_math::LeafIndex;

use crate::commit::LeafChange;
use crate::leaf::LeafParameters;
use crate::{Group, GroupError, Misuse};

impl LeafChange {
    /// Whether anything changes.
    pub(crate) fn is_change(&self) -> bool {
        self.credential.is_some() || self.capabilities.is_some() || self.extensions.is_some()
    }
}

/// Where a path is made, and what its new leaf says.
pub(crate) struct PathSite<'a> {
    pub(crate) suite: &'a Suite,
    pub(crate) group_id: &'a GroupId,
    /// The tree after the proposals.
    pub(crate) tree: &'a RatchetTree,
    pub(crate) committer: LeafIndex,
    /// Leaves added by the same commit.
    pub(crate) new_leaves: &'a [LeafIndex],
    pub(crate) leaf: &'a LeafParameters,
}

impl PathSite<'_> {
    /// Makes the path's keys and the new leaf, which `signer` signs and whose key it carries.
    pub(crate) fn draft(&self, signer: &dyn Signer) -> Result<PathDraft, GroupError> {
        self.tree.create_path(self.suite, self.committer, self.new_leaves, |place| self.sign(place, signer))
    }

    fn sign(&self, place: PathLeaf, signer: &dyn Signer) -> Result<LeafNode, GroupError> {
        let source = LeafNodeSource::Commit(Opaque::from(place.parent_hash.as_slice()));
        let position =
            LeafPosition::InGroup { group_id: self.group_id, leaf_index: place.leaf_index.as_u32() };
        let unsigned = self.leaf.clone().unsigned(self.suite, place.encryption_key, source, signer)?;
        Ok(unsigned.sign(self.suite, signer, position)?)
    }
}

impl Group {
    /// What the own leaf says after a path with `change`, with its present keys and signature; `None` if it says what it
    /// says now. Other leaves of the same commit are judged beside it (rule 7.3-20).
    pub(crate) fn leaf_to_come(&self, change: &LeafChange) -> Result<Option<LeafNode>, GroupError> {
        let mut leaf = self.tree().leaf(self.own_leaf).ok_or(Misuse::Removed)?.to_leaf_node()?;
        let next = self.changed_leaf(change)?;
        let same = leaf.credential == next.credential
            && leaf.capabilities == next.capabilities
            && leaf.extensions == next.extensions;
        leaf.credential = next.credential;
        leaf.capabilities = next.capabilities;
        leaf.extensions = next.extensions;
        Ok((!same).then_some(leaf))
    }

    /// The own leaf's parameters with `change` applied, and everything that is registered by now.
    pub(crate) fn changed_leaf(&self, change: &LeafChange) -> Result<LeafParameters, GroupError> {
        let leaf = self.tree().leaf(self.own_leaf).ok_or(Misuse::Removed)?.to_leaf_node()?;
        let leaf = LeafParameters {
            credential: change.credential.clone().unwrap_or(leaf.credential),
            capabilities: change.capabilities.clone().unwrap_or(leaf.capabilities),
            extensions: change.extensions.clone().unwrap_or(leaf.extensions),
        };
        Ok(leaf.registered(&self.registrations)?)
    }
}
