//! What the store says of a group, without loading it: its cost doesn't follow the group's size.

use alloc::vec::Vec;

use copath_codec::{DecodeContext, Opaque};
use copath_credentials::Credential;
use copath_crypto::CipherSuite;
use copath_messages::GroupId;
use copath_ratchet_tree::{Leaf, NodeKeyId, PageKey};
use copath_records::{RecordKind, Store};
use copath_tree_math::LeafIndex;

use super::encoding::{Head, read_record};
use super::intents::read_intents;
use super::keys::parse_node_key;
use super::{GroupKeys, payload};
use crate::commit::CommitIntents;
use crate::group::Lifecycle;
use crate::{Group, GroupError, StoredStateError};

/// A group as it is stored, and what is pending in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredGroup {
    /// Its id.
    pub group_id: GroupId,
    /// The epoch that it is in.
    pub epoch: u64,
    /// Its suite.
    pub cipher_suite: CipherSuite,
    /// This client's leaf.
    pub own_leaf: LeafIndex,
    /// The credential and the signature key of this client's leaf; `None` if it was removed.
    pub identity: Option<(Credential, Opaque)>,
    /// Whether it can still be used.
    pub life: Life,
    /// The commit of one's own that waits for the delivery service: the message to send again.
    pub pending_commit: Option<Vec<u8>>,
    /// How many Updates of one's own wait for somebody to commit them.
    pub own_updates: usize,
    /// How many proposals wait for a commit.
    pub pending_proposals: usize,
    /// Whether new members may not have their Welcome yet.
    pub owes_welcome: bool,
    /// What commits of one's own that lost the race were asked to do.
    pub lost: Option<CommitIntents>,
}

/// Whether a stored group can still be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Life {
    /// It can.
    Active,
    /// This client was removed (RFC 9420 §12.4.2).
    Removed,
    /// It was closed by a ReInit (RFC 9420 §11.2).
    Reinitialized,
}

impl Group {
    /// What `store` says of a group; `None` if it has none of that id.
    ///
    /// # Errors
    /// The store fails, or a record is damaged or of another version.
    pub fn stored(
        store: &dyn Store,
        context: &DecodeContext,
        group_id: &GroupId,
    ) -> Result<Option<StoredGroup>, GroupError> {
        let keys = GroupKeys(group_id);
        let one = |kind| store.load(&keys.of(kind));
        let Some(head) = one(RecordKind::GROUP)? else { return Ok(None) };
        let head = read_record(payload(&head)?, context, Head::read)?;
        let pending_commit = match one(RecordKind::PENDING_COMMIT)? {
            None => None,
            Some(record) => {
                let message = copath_codec::Reader::new(payload(&record)?, context).opaque().map(Vec::from);
                Some(message.map_err(|_| StoredStateError::Damaged)?)
            }
        };
        let lost = match one(RecordKind::LOST_INTENTS)? {
            None => None,
            Some(record) => Some(read_intents(payload(&record)?, context)?),
        };
        let own_leaf = LeafIndex::new(head.own_leaf).ok_or(StoredStateError::Damaged)?;
        let life = Life::of(&head.lifecycle);
        let page = match life {
            Life::Removed => None,
            _ => store.load(&keys.page(PageKey::of_leaf(own_leaf)))?,
        };
        let leaf = match &page {
            None => None,
            Some(page) => Leaf::in_page(own_leaf, payload(page)?).map_err(|_| StoredStateError::Damaged)?,
        };
        let node_keys = store.scan(&keys.of(RecordKind::NODE_KEY))?;
        let own_updates = node_keys
            .iter()
            .filter(|(key, _)| matches!(parse_node_key(key), Some(NodeKeyId::PendingUpdate(_))));
        Ok(Some(StoredGroup {
            group_id: group_id.clone(),
            epoch: head.context.epoch,
            cipher_suite: head.context.cipher_suite,
            own_leaf,
            identity: leaf.map(|leaf| (leaf.credential(), Opaque::from(leaf.signature_key()))),
            life,
            pending_commit,
            own_updates: own_updates.count(),
            pending_proposals: store.scan(&keys.of(RecordKind::PROPOSAL))?.len(),
            owes_welcome: store.load(&keys.of(RecordKind::WELCOME))?.is_some(),
            lost,
        }))
    }
}

impl StoredGroup {
    /// Whether there is anything to be done: to be sent, confirmed or done again.
    pub fn is_unfinished(&self) -> bool {
        self.pending_commit.is_some() || self.own_updates > 0 || self.owes_welcome || self.lost.is_some()
    }
}

impl Life {
    fn of(lifecycle: &Lifecycle) -> Self {
        match lifecycle {
            Lifecycle::Active => Self::Active,
            Lifecycle::Removed => Self::Removed,
            Lifecycle::Reinitialized(_) => Self::Reinitialized,
        }
    }
}
