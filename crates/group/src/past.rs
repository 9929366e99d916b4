//! Epochs that were left, for late messages.
//!
//! RFC 9420 §9.2 and §15.3. A past epoch keeps its secrets for application messages and the leaves that the commit
//! which ended it changed. Who sent a message is looked up by walking forward: the first later commit that changed
//! the leaf tells what stood there, else the current tree does.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_codec::{Decode, DecodeContext, Opaque};
use copath_credentials::Credential;
use copath_key_schedule::{SecretTree, SenderDataSecret};
use copath_messages::LeafNode;
use copath_ratchet_tree::RatchetTree;
use copath_tree_math::{LeafIndex, TreeSize};

use crate::{GroupError, StoredStateError};

/// What is kept of an epoch after leaving it.
#[derive(Debug)]
pub(crate) struct PastEpoch {
    pub(crate) sender_data_secret: SenderDataSecret,
    pub(crate) secret_tree: SecretTree,
    /// The encoded group context, which the members' signatures cover.
    pub(crate) context_bytes: Arc<[u8]>,
    pub(crate) size: TreeSize,
    /// The leaves that the commit which ended the epoch changed, as they were; `None` where a blank was filled.
    pub(crate) leaves: BTreeMap<LeafIndex, Option<Vec<u8>>>,
}

/// A member as of some epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MemberThen {
    pub(crate) credential: Credential,
    pub(crate) signature_key: Opaque,
}

/// The past epochs within the window, by number.
#[derive(Debug, Default)]
pub(crate) struct PastEpochs(pub(crate) BTreeMap<u64, PastEpoch>);

impl PastEpochs {
    /// The epoch `epoch`, if it is within the window.
    pub(crate) fn find(&self, epoch: u64) -> Option<&PastEpoch> {
        self.0.get(&epoch)
    }

    /// Who stood at `leaf` in `epoch`, which is past; `current` is the present tree, `context` knows the
    /// shapes of registered credentials.
    pub(crate) fn member(
        &self,
        epoch: u64,
        leaf: LeafIndex,
        current: &RatchetTree,
        context: &DecodeContext,
    ) -> Result<Option<MemberThen>, GroupError> {
        if self.find(epoch).is_none_or(|past| !past.size.contains_leaf(leaf)) {
            return Ok(None);
        }
        match self.0.range(epoch..).find_map(|(_, past)| past.leaves.get(&leaf)) {
            Some(None) => Ok(None),
            Some(Some(encoded)) => {
                let node =
                    LeafNode::from_bytes_in(encoded, context).map_err(|_| StoredStateError::Damaged)?;
                Ok(Some(MemberThen { credential: node.credential, signature_key: node.signature_key }))
            }
            None => Ok(MemberThen::in_tree(current, leaf)),
        }
    }

    /// The epochs that fall out of a window of `keep` epochs when `current` is entered.
    pub(crate) fn expired(&self, current: u64, keep: u64) -> Vec<u64> {
        let oldest = current.saturating_sub(keep);
        self.0.range(..oldest).map(|(epoch, _)| *epoch).collect()
    }
}

impl MemberThen {
    /// The member at `leaf` in `tree`.
    pub(crate) fn in_tree(tree: &RatchetTree, leaf: LeafIndex) -> Option<Self> {
        let node = tree.leaf(leaf)?;
        Some(Self { credential: node.credential(), signature_key: Opaque::from(node.signature_key()) })
    }
}
