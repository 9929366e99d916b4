//! What a change does to a group in memory. Nothing here can fail.
//!
//! RFC 9420 §9.2 and §14: what an epoch consumed, and what a lost commit prepared, is wiped as it is dropped.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use copath_key_schedule::{RatchetChange, ResumptionPsk};
use copath_ratchet_tree::TreePrivateKeys;
use copath_tree_math::LeafIndex;

use crate::Group;
use crate::commit::EpochEntry;
use crate::group::Lifecycle;
use crate::past::PastEpoch;
use crate::transition::Change;

impl Group {
    /// Carries out one change of a patch that was made from this very state.
    pub(crate) fn apply_change(&mut self, change: Change) {
        match change {
            Change::Ratchet { epoch, change } => self.move_ratchet(epoch, change),
            Change::QueueProposal(proposal) => self.queue.insert(*proposal),
            Change::SetNodeKeys(keys) => self.node_keys = keys,
            Change::SetPendingCommit(pending) => self.pending_commit = Some(*pending),
            Change::DropPendingCommit => self.pending_commit = None,
            Change::SetLost(lost) => self.lost = Some(*lost),
            Change::ForgetLost => self.lost = None,
            Change::AcceptPendingCommit => {
                if let Some(pending) = self.pending_commit.take() {
                    self.sent_commits.insert(self.epoch(), pending.message_hash);
                    self.enter_epoch(*pending.entry);
                }
            }
            Change::EnterEpoch(entry) => self.enter_epoch(*entry),
            Change::Leave => self.leave(),
            Change::SignWelcome(signed) => {
                if let Some(welcome) = &mut self.welcome {
                    welcome.signed = Some(signed);
                }
            }
            Change::ReleaseWelcome => self.welcome = None,
        }
    }

    fn move_ratchet(&mut self, epoch: u64, change: RatchetChange) {
        let tree = if epoch == self.epoch() {
            Some(&mut self.secret_tree)
        } else {
            self.past.0.get_mut(&epoch).map(|past| &mut past.secret_tree)
        };
        // The patch's version vouches for the change being current.
        let moved = tree.map(|tree| tree.commit(change));
        debug_assert!(matches!(moved, Some(Ok(()))), "a patch of this version holds a stale ratchet change");
    }

    fn enter_epoch(&mut self, entry: EpochEntry) {
        let left = self.epoch();
        if let Some(pending) = self.pending_commit.take() {
            self.sent_commits.insert(left, pending.message_hash);
        }
        let leaves = self.leaves_before(&entry.changed_leaves);
        let context_bytes = self.public.shared_context_bytes();
        let size = self.tree().size();
        let entered = entry.public.epoch();
        let resumption = entry.secrets.resumption_psk.as_secret().duplicate();
        let old_tree = core::mem::replace(&mut self.secret_tree, entry.secret_tree);
        let old_secrets = core::mem::replace(&mut self.secrets, entry.secrets);
        self.public = entry.public;
        self.public.settle();
        self.own_leaf = entry.own_leaf;
        self.node_keys = entry.node_keys;
        let past = PastEpoch {
            sender_data_secret: old_secrets.sender_data_secret,
            secret_tree: old_tree,
            context_bytes,
            size,
            leaves,
        };
        self.past.0.insert(left, past);
        for epoch in self.past.expired(entered, self.policy.past_epochs) {
            self.past.0.remove(&epoch);
        }
        self.resumption.insert(entered, ResumptionPsk::from_secret(resumption));
        for epoch in self.expired_resumption(entered) {
            self.resumption.remove(&epoch);
        }
        for epoch in self.expired_sent_commits(entered) {
            self.sent_commits.remove(&epoch);
        }
        self.queue = Default::default();
        self.welcome = entry.welcome;
        if let Some(reinit) = entry.reinit {
            self.lifecycle = Lifecycle::Reinitialized(reinit);
        }
    }

    /// A removed member can do nothing more but read late messages, and keeps no secret but for that
    /// (rule 12.4.2-13).
    fn leave(&mut self) {
        self.lifecycle = Lifecycle::Removed;
        self.secrets = self.secrets.of_removed();
        self.node_keys = TreePrivateKeys::from_keys(self.own_leaf, []);
        self.queue = Default::default();
        self.pending_commit = None;
        self.lost = None;
        self.welcome = None;
    }

    /// The leaves among `changed` as they are now, before the commit: `None` where it fills a blank.
    pub(crate) fn leaves_before(&self, changed: &[LeafIndex]) -> BTreeMap<LeafIndex, Option<Vec<u8>>> {
        let tree = self.tree();
        changed
            .iter()
            .filter(|leaf| tree.size().contains_leaf(**leaf))
            .map(|leaf| (*leaf, tree.leaf(*leaf).map(|node| node.encoded().to_vec())))
            .collect()
    }

    /// The epochs whose own commits need not be recognised any more when `entered` is entered. That of the last one
    /// is always kept.
    pub(crate) fn expired_sent_commits(&self, entered: u64) -> Vec<u64> {
        let oldest = entered.saturating_sub(self.policy.past_epochs.max(1));
        self.sent_commits.range(..oldest).map(|(epoch, _)| *epoch).collect()
    }

    /// The epochs whose resumption PSK is forgotten when `entered` is entered.
    pub(crate) fn expired_resumption(&self, entered: u64) -> Vec<u64> {
        let oldest = entered.saturating_sub(self.policy.resumption_epochs);
        self.resumption.range(..oldest).map(|(epoch, _)| *epoch).collect()
    }
}
