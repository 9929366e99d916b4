//! The records that a change puts and deletes.

use copath_crypto::Secret;
use copath_key_schedule::{RatchetChange, SecretTree};
use copath_records::{RecordKey, RecordKind, StateDelta, wrap_payload};

use super::GroupKeys;
use super::encoding::encode_node_key;
use super::encoding::{
    encode_head, encode_past_epoch, encode_past_leaf, encode_proposal, encode_secrets, encode_welcome,
};
use super::intents::encode_intents;
use super::pending::encode_pending;
use crate::commit::EpochEntry;
use crate::group::Lifecycle;
use crate::transition::Change;
use crate::{Group, GroupError};
use copath_messages::GroupId;
use copath_ratchet_tree::{RatchetTree, TreePrivateKeys};

impl Group {
    /// The records of `changes` made to the present state.
    pub(crate) fn delta_of(&self, changes: &[Change]) -> Result<StateDelta, GroupError> {
        let keys = GroupKeys(self.group_id());
        let mut delta = StateDelta::new();
        for change in changes {
            match change {
                Change::Ratchet { epoch, change } => put_ratchet(&keys, *epoch, change, &mut delta)?,
                Change::QueueProposal(proposal) => {
                    put(&mut delta, keys.proposal(proposal.position), encode_proposal(proposal)?);
                }
                Change::SetNodeKeys(node_keys) => {
                    put_node_keys(&keys, node_keys, &self.node_keys, &mut delta)?
                }
                Change::SetPendingCommit(pending) => {
                    let record = encode_pending(pending, self.tree(), &self.node_keys)?;
                    put(&mut delta, keys.of(RecordKind::PENDING_COMMIT), record);
                    let intents = encode_intents(&pending.intents)?;
                    put(&mut delta, keys.of(RecordKind::COMMIT_INTENTS), intents);
                }
                Change::DropPendingCommit => {
                    delta.delete(keys.of(RecordKind::PENDING_COMMIT));
                    delta.delete(keys.of(RecordKind::COMMIT_INTENTS));
                }
                Change::SetLost(lost) => {
                    put(&mut delta, keys.of(RecordKind::LOST_INTENTS), encode_intents(lost)?);
                }
                Change::ForgetLost => {
                    delta.delete(keys.of(RecordKind::LOST_INTENTS));
                }
                Change::AcceptPendingCommit => {
                    if let Some(pending) = &self.pending_commit {
                        self.put_epoch(&keys, &pending.entry, &mut delta)?;
                    }
                }
                Change::EnterEpoch(entry) => self.put_epoch(&keys, entry, &mut delta)?,
                Change::Leave => self.put_leave(&keys, &mut delta)?,
                Change::SignWelcome(signed) => {
                    if let Some(welcome) = &self.welcome {
                        put(&mut delta, keys.of(RecordKind::WELCOME), encode_welcome(welcome, Some(signed))?);
                    }
                }
                Change::ReleaseWelcome => {
                    delta.delete(keys.of(RecordKind::WELCOME));
                }
            }
        }
        Ok(delta)
    }

    /// All records of the group as it is now; what else the store has of the same group, as of an older copy, is
    /// deleted first. A group that was just created or joined is stored by this.
    ///
    /// # Errors
    /// A part of the state is too large to be encoded.
    pub fn all_records(&self) -> Result<StateDelta, GroupError> {
        let keys = GroupKeys(self.group_id());
        let mut delta = Self::delete_records(self.group_id());
        put(
            &mut delta,
            keys.of(RecordKind::GROUP),
            encode_head(&self.public, self.own_leaf, &self.lifecycle)?,
        );
        put(&mut delta, keys.of(RecordKind::EPOCH_SECRETS), encode_secrets(&self.secrets)?);
        for (page, octets) in self.tree().pages()? {
            delta.put(keys.page(page), wrap_payload(&octets));
        }
        for (id, key) in self.node_keys.iter() {
            put(&mut delta, keys.node_key(id), encode_node_key(key)?);
        }
        put_secret_tree(&keys, self.epoch(), &self.secret_tree, &mut delta)?;
        for (epoch, past) in &self.past.0 {
            let record = encode_past_epoch(&past.sender_data_secret, &past.context_bytes, past.size)?;
            put(&mut delta, keys.epoch(RecordKind::PAST_EPOCH, *epoch), record);
            put_secret_tree(&keys, *epoch, &past.secret_tree, &mut delta)?;
            for (leaf, before) in &past.leaves {
                put(&mut delta, keys.past_leaf(*epoch, *leaf), encode_past_leaf(before.as_deref())?);
            }
        }
        for proposal in self.queue.iter() {
            put(&mut delta, keys.proposal(proposal.position), encode_proposal(proposal)?);
        }
        if let Some(pending) = &self.pending_commit {
            let record = encode_pending(pending, self.tree(), &self.node_keys)?;
            put(&mut delta, keys.of(RecordKind::PENDING_COMMIT), record);
            put(&mut delta, keys.of(RecordKind::COMMIT_INTENTS), encode_intents(&pending.intents)?);
        }
        if let Some(lost) = &self.lost {
            put(&mut delta, keys.of(RecordKind::LOST_INTENTS), encode_intents(lost)?);
        }
        for (epoch, hash) in &self.sent_commits {
            delta.put(keys.epoch(RecordKind::SENT_COMMIT, *epoch), wrap_payload(hash.as_ref()));
        }
        for (epoch, psk) in &self.resumption {
            let key = keys.epoch(RecordKind::RESUMPTION_PSK, *epoch);
            delta.put(key, wrap_payload(psk.as_secret().expose()));
        }
        if let Some(welcome) = &self.welcome {
            put(&mut delta, keys.of(RecordKind::WELCOME), encode_welcome(welcome, welcome.signed.as_ref())?);
        }
        Ok(delta)
    }

    /// Deletes all records of a group, for a client that has left it.
    pub fn delete_records(group_id: &GroupId) -> StateDelta {
        let keys = GroupKeys(group_id);
        let mut delta = StateDelta::new();
        for kind in GroupKeys::KINDS {
            delta.delete_prefix(keys.of(kind));
        }
        delta
    }

    fn put_epoch(
        &self,
        keys: &GroupKeys<'_>,
        entry: &EpochEntry,
        delta: &mut StateDelta,
    ) -> Result<(), GroupError> {
        let lifecycle = match &entry.reinit {
            None => Lifecycle::Active,
            Some(reinit) => Lifecycle::Reinitialized(reinit.clone()),
        };
        put(delta, keys.of(RecordKind::GROUP), encode_head(&entry.public, entry.own_leaf, &lifecycle)?);
        put(delta, keys.of(RecordKind::EPOCH_SECRETS), encode_secrets(&entry.secrets)?);
        put_pages(keys, entry.public.tree(), self.tree(), delta)?;
        put_node_keys(keys, &entry.node_keys, &self.node_keys, delta)?;
        let entered = entry.public.epoch();
        put_secret_tree(keys, entered, &entry.secret_tree, delta)?;
        self.put_past(keys, entry, delta)?;
        let psk = keys.epoch(RecordKind::RESUMPTION_PSK, entered);
        delta.put(psk, wrap_payload(entry.secrets.resumption_psk.as_secret().expose()));
        for epoch in self.expired_resumption(entered) {
            delta.delete(keys.epoch(RecordKind::RESUMPTION_PSK, epoch));
        }
        delta.delete_prefix(keys.of(RecordKind::PROPOSAL));
        if let Some(pending) = &self.pending_commit {
            let key = keys.epoch(RecordKind::SENT_COMMIT, self.epoch());
            delta.put(key, wrap_payload(pending.message_hash.as_ref()));
        }
        for epoch in self.expired_sent_commits(entered) {
            delta.delete(keys.epoch(RecordKind::SENT_COMMIT, epoch));
        }
        delta.delete(keys.of(RecordKind::PENDING_COMMIT));
        delta.delete(keys.of(RecordKind::COMMIT_INTENTS));
        match &entry.welcome {
            Some(welcome) => {
                put(delta, keys.of(RecordKind::WELCOME), encode_welcome(welcome, welcome.signed.as_ref())?)
            }
            None => {
                delta.delete(keys.of(RecordKind::WELCOME));
            }
        }
        Ok(())
    }

    /// The epoch that is left, and those that fall out of the window.
    fn put_past(
        &self,
        keys: &GroupKeys<'_>,
        entry: &EpochEntry,
        delta: &mut StateDelta,
    ) -> Result<(), GroupError> {
        let (left, entered) = (self.epoch(), entry.public.epoch());
        let mut expired = self.past.expired(entered, self.policy.past_epochs);
        if self.policy.past_epochs == 0 {
            expired.push(left);
        } else {
            let past = encode_past_epoch(
                &self.secrets.sender_data_secret,
                self.public.context_bytes(),
                self.tree().size(),
            )?;
            put(delta, keys.epoch(RecordKind::PAST_EPOCH, left), past);
            for (leaf, before) in self.leaves_before(&entry.changed_leaves) {
                put(delta, keys.past_leaf(left, leaf), encode_past_leaf(before.as_deref())?);
            }
        }
        for epoch in expired {
            for kind in [
                RecordKind::PAST_EPOCH,
                RecordKind::PAST_LEAF,
                RecordKind::SECRET_TREE_NODE,
                RecordKind::RATCHET,
                RecordKind::SKIPPED_KEY,
            ] {
                delta.delete_prefix(keys.epoch(kind, epoch));
            }
        }
        Ok(())
    }

    fn put_leave(&self, keys: &GroupKeys<'_>, delta: &mut StateDelta) -> Result<(), GroupError> {
        let head = encode_head(&self.public, self.own_leaf, &Lifecycle::Removed)?;
        put(delta, keys.of(RecordKind::GROUP), head);
        put(delta, keys.of(RecordKind::EPOCH_SECRETS), encode_secrets(&self.secrets.of_removed())?);
        for kind in [
            RecordKind::PROPOSAL,
            RecordKind::PENDING_COMMIT,
            RecordKind::COMMIT_INTENTS,
            RecordKind::LOST_INTENTS,
            RecordKind::WELCOME,
            RecordKind::NODE_KEY,
        ] {
            delta.delete_prefix(keys.of(kind));
        }
        Ok(())
    }
}

pub(crate) fn put(delta: &mut StateDelta, key: RecordKey, payload: Secret) {
    delta.put(key, wrap_payload(payload.expose()));
}

fn put_secret_tree(
    keys: &GroupKeys<'_>,
    epoch: u64,
    tree: &SecretTree,
    delta: &mut StateDelta,
) -> Result<(), GroupError> {
    for (record, secret) in tree.records()? {
        delta.put(keys.secret_tree(epoch, record), wrap_payload(secret.expose()));
    }
    Ok(())
}

fn put_ratchet(
    keys: &GroupKeys<'_>,
    epoch: u64,
    change: &RatchetChange,
    delta: &mut StateDelta,
) -> Result<(), GroupError> {
    delta.reserve(change.record_count());
    change.for_each_record(|record, payload| {
        let key = keys.secret_tree(epoch, record);
        match payload {
            Some(payload) => delta.put(key, wrap_payload(payload)),
            None => delta.delete(key),
        };
    })?;
    Ok(())
}

fn put_pages(
    keys: &GroupKeys<'_>,
    tree: &RatchetTree,
    base: &RatchetTree,
    delta: &mut StateDelta,
) -> Result<(), GroupError> {
    for (page, octets) in tree.changed_pages(base)? {
        match octets {
            Some(octets) => delta.put(keys.page(page), wrap_payload(&octets)),
            None => delta.delete(keys.page(page)),
        };
    }
    Ok(())
}

fn put_node_keys(
    keys: &GroupKeys<'_>,
    new: &TreePrivateKeys,
    old: &TreePrivateKeys,
    delta: &mut StateDelta,
) -> Result<(), GroupError> {
    for (id, key) in new.changes_from(old) {
        match key {
            Some(key) => put(delta, keys.node_key(id), encode_node_key(key)?),
            None => {
                delta.delete(keys.node_key(id));
            }
        }
    }
    Ok(())
}
