//! Loading a group from its records.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_codec::{DecodeContext, DecodeError, Reader};
use copath_crypto::{CryptoProvider, HashOutput, Secret};
use copath_key_schedule::{ResumptionPsk, SecretTree, SecretTreeRecord};
use copath_messages::GroupId;
use copath_ratchet_tree::{RatchetTree, TreePrivateKeys};
use copath_records::{Record, RecordKey, RecordKind, Store, StoreError, unwrap_payload};
use copath_tree_math::LeafIndex;

use super::GroupKeys;
use super::encoding::{
    Head, read_node_key, read_past_epoch, read_past_leaf, read_proposal, read_record, read_secrets,
    read_welcome, suite_of,
};
use super::intents::read_intents;
use super::keys::{own_segments, parse_node_key, parse_page, parse_secret_tree};
use super::pages::{StoredPage, StoredPages};
use super::pending::{read_pending, stored_public_state};
use crate::commit::CommitIntents;
use crate::group::{GroupSettings, Lifecycle};
use crate::past::{PastEpoch, PastEpochs};
use crate::proposals::ProposalQueue;
use crate::transition::StateVersion;
use crate::{Group, GroupError, StoredStateError};

impl Group {
    /// Loads a group; `None` if the store has none of that id.
    ///
    /// # Errors
    /// The store fails, a record is damaged or of another version, or records don't fit together.
    pub fn load(
        store: &dyn Store,
        provider: &Arc<dyn CryptoProvider>,
        settings: &GroupSettings,
        group_id: &GroupId,
    ) -> Result<Option<Self>, GroupError> {
        let registrations = &settings.registrations;
        let context = registrations.decode_context();
        let mut reader = GroupReader::new(store, &GroupKeys(group_id), context)?;
        let Some(head) = reader.one(RecordKind::GROUP, Head::read)? else { return Ok(None) };
        let suite = suite_of(provider, &head.context)?;
        let own_leaf = LeafIndex::new(head.own_leaf).ok_or(StoredStateError::Damaged)?;
        let lifecycle = head.lifecycle.clone();
        let pages = reader.pages()?;
        let node_keys = reader.node_keys(own_leaf)?;
        let pending_commit = match reader.only(RecordKind::PENDING_COMMIT) {
            None => None,
            Some(record) => {
                let with = (&suite, registrations);
                let intents = reader.intents(RecordKind::COMMIT_INTENTS)?.unwrap_or_default();
                Some(read_pending(payload(&record)?, with, pages.clone(), &node_keys, intents)?)
            }
        };
        let tree = RatchetTree::from_pages(&suite, pages)?;
        if lifecycle != Lifecycle::Removed && tree.leaf(own_leaf).is_none() {
            return Err(StoredStateError::Damaged.into());
        }
        let public = stored_public_state(&suite, registrations, head, tree)?;
        let mut secret_trees = reader.secret_trees()?;
        let current = secret_trees.remove(&public.epoch()).unwrap_or_default();
        let secrets =
            reader.one(RecordKind::EPOCH_SECRETS, read_secrets)?.ok_or(StoredStateError::Missing)?;
        Ok(Some(Self {
            policy: settings.policy.clone(),
            registrations: Arc::clone(registrations),
            own_leaf,
            secrets,
            secret_tree: build_secret_tree(public.tree().size(), &current)?,
            node_keys,
            queue: reader.proposals()?,
            pending_commit,
            lost: reader.intents(RecordKind::LOST_INTENTS)?,
            sent_commits: reader.sent_commits()?,
            welcome: reader.one(RecordKind::WELCOME, read_welcome)?,
            past: reader.past_epochs(secret_trees)?,
            resumption: reader.resumption()?,
            lifecycle,
            version: StateVersion::default(),
            public,
        }))
    }
}

type SecretTreeRecords = Vec<(SecretTreeRecord, Record)>;

fn build_secret_tree(
    size: copath_tree_math::TreeSize,
    records: &SecretTreeRecords,
) -> Result<SecretTree, GroupError> {
    let records = records.iter().map(|(part, record)| Ok((*part, payload(record)?)));
    let records = records.collect::<Result<Vec<_>, GroupError>>()?;
    SecretTree::from_records(size, records).map_err(|_| StoredStateError::Damaged.into())
}

/// What a group is loaded from, read at once.
const LOADED: [RecordKind; 16] = [
    RecordKind::GROUP,
    RecordKind::TREE_PAGE,
    RecordKind::NODE_KEY,
    RecordKind::PENDING_COMMIT,
    RecordKind::COMMIT_INTENTS,
    RecordKind::SECRET_TREE_NODE,
    RecordKind::RATCHET,
    RecordKind::SKIPPED_KEY,
    RecordKind::EPOCH_SECRETS,
    RecordKind::PROPOSAL,
    RecordKind::LOST_INTENTS,
    RecordKind::SENT_COMMIT,
    RecordKind::WELCOME,
    RecordKind::PAST_EPOCH,
    RecordKind::PAST_LEAF,
    RecordKind::RESUMPTION_PSK,
];

/// Reads the records of one group, each kind once.
struct GroupReader<'a> {
    records: [Vec<(RecordKey, Record)>; LOADED.len()],
    context: &'a DecodeContext,
}

impl<'a> GroupReader<'a> {
    fn new(store: &dyn Store, keys: &GroupKeys<'_>, context: &'a DecodeContext) -> Result<Self, GroupError> {
        let records = store.scan_each(&LOADED.map(|kind| keys.of(kind)))?;
        let records = records.try_into().map_err(|_| StoreError::Corrupt)?;
        Ok(Self { records, context })
    }

    /// All records of a kind.
    fn all(&mut self, kind: RecordKind) -> Vec<(RecordKey, Record)> {
        let records = LOADED.iter().zip(&mut self.records).find(|(of, _)| **of == kind);
        records.map(|(_, records)| core::mem::take(records)).unwrap_or_default()
    }

    /// The record of a kind that there is one of.
    fn only(&mut self, kind: RecordKind) -> Option<Record> {
        let (key, record) = self.all(kind).into_iter().next()?;
        own_segments(&key).is_some_and(|segments| segments.is_empty()).then_some(record)
    }

    /// What such a record says.
    fn one<T>(
        &mut self,
        kind: RecordKind,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, GroupError> {
        let Some(record) = self.only(kind) else { return Ok(None) };
        Ok(Some(read_record(payload(&record)?, self.context, read)?))
    }

    fn pages(&mut self) -> Result<StoredPages, GroupError> {
        let mut pages = StoredPages::new();
        for (key, record) in self.all(RecordKind::TREE_PAGE) {
            pages.insert(parse_page(&key).ok_or(StoredStateError::Damaged)?, StoredPage::of(record)?);
        }
        Ok(pages)
    }

    fn node_keys(&mut self, own_leaf: LeafIndex) -> Result<TreePrivateKeys, GroupError> {
        let mut keys = Vec::new();
        for (key, record) in self.all(RecordKind::NODE_KEY) {
            let id = parse_node_key(&key).ok_or(StoredStateError::Damaged)?;
            keys.push((id, read_record(payload(&record)?, self.context, read_node_key)?));
        }
        Ok(TreePrivateKeys::from_keys(own_leaf, keys))
    }

    fn secret_trees(&mut self) -> Result<BTreeMap<u64, SecretTreeRecords>, GroupError> {
        let mut trees: BTreeMap<u64, SecretTreeRecords> = BTreeMap::new();
        for kind in [RecordKind::SECRET_TREE_NODE, RecordKind::RATCHET, RecordKind::SKIPPED_KEY] {
            for (key, record) in self.all(kind) {
                let (epoch, part) = parse_secret_tree(&key).ok_or(StoredStateError::Damaged)?;
                trees.entry(epoch).or_default().push((part, record));
            }
        }
        Ok(trees)
    }

    fn proposals(&mut self) -> Result<ProposalQueue, GroupError> {
        let mut queue = ProposalQueue::default();
        for (key, record) in self.all(RecordKind::PROPOSAL) {
            let position = own_segments(&key)
                .and_then(|mut segments| segments.u64())
                .ok_or(StoredStateError::Damaged)?;
            queue.insert(read_record(payload(&record)?, self.context, |r| read_proposal(r, position))?);
        }
        Ok(queue)
    }

    fn past_epochs(
        &mut self,
        mut secret_trees: BTreeMap<u64, SecretTreeRecords>,
    ) -> Result<PastEpochs, GroupError> {
        let mut past = PastEpochs::default();
        for (key, record) in self.all(RecordKind::PAST_EPOCH) {
            let epoch = own_segments(&key)
                .and_then(|mut segments| segments.u64())
                .ok_or(StoredStateError::Damaged)?;
            let (sender_data_secret, context_bytes, size) =
                read_record(payload(&record)?, self.context, read_past_epoch)?;
            let records = secret_trees.remove(&epoch).unwrap_or_default();
            let secret_tree = build_secret_tree(size, &records)?;
            let context_bytes = context_bytes.into();
            let leaves = BTreeMap::new();
            past.0.insert(epoch, PastEpoch { sender_data_secret, secret_tree, context_bytes, size, leaves });
        }
        for (key, record) in self.all(RecordKind::PAST_LEAF) {
            let mut segments = own_segments(&key).ok_or(StoredStateError::Damaged)?;
            let (epoch, leaf) = segments.u64().zip(segments.u32()).ok_or(StoredStateError::Damaged)?;
            let leaf = LeafIndex::new(leaf).ok_or(StoredStateError::Damaged)?;
            let epoch = past.0.get_mut(&epoch).ok_or(StoredStateError::Inconsistent)?;
            epoch.leaves.insert(leaf, read_record(payload(&record)?, self.context, read_past_leaf)?);
        }
        Ok(past)
    }

    fn intents(&mut self, kind: RecordKind) -> Result<Option<CommitIntents>, GroupError> {
        let Some(record) = self.only(kind) else { return Ok(None) };
        Ok(Some(read_intents(payload(&record)?, self.context)?))
    }

    fn sent_commits(&mut self) -> Result<BTreeMap<u64, HashOutput>, GroupError> {
        let mut hashes = BTreeMap::new();
        for (key, record) in self.all(RecordKind::SENT_COMMIT) {
            let epoch = own_segments(&key)
                .and_then(|mut segments| segments.u64())
                .ok_or(StoredStateError::Damaged)?;
            hashes.insert(epoch, HashOutput::from_slice(payload(&record)?).ok_or(StoredStateError::Damaged)?);
        }
        Ok(hashes)
    }

    fn resumption(&mut self) -> Result<BTreeMap<u64, ResumptionPsk>, GroupError> {
        let mut psks = BTreeMap::new();
        for (key, record) in self.all(RecordKind::RESUMPTION_PSK) {
            let epoch = own_segments(&key)
                .and_then(|mut segments| segments.u64())
                .ok_or(StoredStateError::Damaged)?;
            psks.insert(epoch, ResumptionPsk::from_secret(Secret::copy_of(payload(&record)?)));
        }
        Ok(psks)
    }
}

/// What a record says after its version.
pub(crate) fn payload(record: &Record) -> Result<&[u8], GroupError> {
    unwrap_payload(record).map(|(_, payload)| payload).map_err(|error| refused(&error))
}

/// What is wrong with a record that can't be unwrapped.
pub(super) fn refused(error: &StoreError) -> GroupError {
    match error {
        StoreError::NewerFormat { .. } => StoredStateError::Version.into(),
        _ => StoredStateError::Damaged.into(),
    }
}
