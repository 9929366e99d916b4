//! What is in a store, as values.

use std::sync::Arc;

use copath::engine::Group;
use copath::{CryptoProvider, DangerousSnapshot, GroupId, GroupSettings, Life, StoredGroup};
use copath_records::{Operation, Record, RecordKey, RecordKind};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::store::Opened;

/// What is in a store.
pub(super) struct Report {
    pub(super) file_octets: u64,
    pub(super) generation: Option<u64>,
    pub(super) records: Size,
    pub(super) groups: Vec<GroupReport>,
    pub(super) external_joins: Vec<GroupId>,
    /// Those whose snapshots wait here.
    pub(super) moved: Vec<GroupId>,
    pub(super) rolled_back: Vec<GroupId>,
    pub(super) key_packages: usize,
    pub(super) psks: usize,
    pub(super) identities: usize,
}

/// How much it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) records: usize,
    pub(super) octets: usize,
}

/// One group.
pub(super) struct GroupReport {
    pub(super) stored: StoredGroup,
    pub(super) size: Size,
    pub(super) unsent: usize,
    /// Leaf and credential; why not if the group can't be loaded.
    pub(super) members: Result<Vec<(u32, String)>, String>,
}

impl Size {
    fn add(&mut self, (key, record): &(RecordKey, Record)) {
        self.records = self.records.saturating_add(1);
        self.octets = self.octets.saturating_add(key.as_octets().len()).saturating_add(record.len());
    }
}

impl Report {
    pub(super) fn of(opened: &Opened) -> Result<Self, Failure> {
        let mut records = Size::default();
        let mut count = |kind| -> Result<Vec<RecordKey>, Failure> {
            let found = opened.store.scan(&RecordKey::new(kind)).map_err(copath::Error::from)?;
            found.iter().for_each(|record| records.add(record));
            Ok(found.into_iter().map(|(key, _)| key).collect())
        };
        let mut keys = Vec::new();
        for kind in RecordKind::ALL {
            keys.push((*kind, count(*kind)?));
        }
        let of = |wanted: RecordKind| {
            keys.iter().filter(move |(kind, _)| *kind == wanted).flat_map(|(_, keys)| keys)
        };
        let ids =
            |kind| of(kind).filter_map(|key| key.segments().bytes().map(GroupId::from)).collect::<Vec<_>>();
        let groups = ids(RecordKind::GROUP);
        Ok(Self {
            file_octets: opened.file_octets,
            generation: opened.generation,
            groups: groups.iter().map(|id| GroupReport::of(opened, id)).collect::<Result<_, _>>()?,
            external_joins: ids(RecordKind::PENDING_EXTERNAL_JOIN),
            moved: DangerousSnapshot::waiting_in(opened.store.as_ref())?,
            rolled_back: ids(RecordKind::ROLLED_BACK),
            key_packages: of(RecordKind::KEY_PACKAGE).count(),
            psks: of(RecordKind::EXTERNAL_PSK).count(),
            identities: of(RecordKind::IDENTITY).count(),
            records,
        })
    }

    pub(super) fn to_json(&self, members: bool) -> Value {
        let hex = |ids: &[GroupId]| ids.iter().map(|id| hex::encode(&**id)).collect::<Vec<_>>();
        json!({
            "file_octets": self.file_octets,
            "encrypted": self.generation.is_some(),
            "generation": self.generation,
            "records": self.records.records,
            "record_octets": self.records.octets,
            "groups": self.groups.iter().map(|group| group.to_json(members)).collect::<Vec<_>>(),
            "external_joins": hex(&self.external_joins),
            "moved_groups": hex(&self.moved),
            "rolled_back_groups": hex(&self.rolled_back),
            "key_packages": self.key_packages,
            "external_psks": self.psks,
            "identities": self.identities,
        })
    }
}

impl GroupReport {
    fn of(opened: &Opened, id: &GroupId) -> Result<Self, Failure> {
        let store = opened.store.as_ref();
        let settings = GroupSettings::default();
        let stored =
            Group::stored(store, settings.registrations.decode_context(), id).map_err(copath::Error::from)?;
        let stored =
            stored.ok_or_else(|| copath::Error::Unavailable(copath::Unavailable::Group(id.clone())))?;
        let (mut size, mut unsent) = (Size::default(), 0usize);
        for operation in Group::delete_records(id) {
            let Operation::DeletePrefix(prefix) = operation else { continue };
            let found = store.scan(&prefix).map_err(copath::Error::from)?;
            found.iter().for_each(|record| size.add(record));
            if prefix.kind() == RecordKind::OUTGOING {
                unsent = found.len();
            }
        }
        let provider: Arc<dyn CryptoProvider> = copath_provider_rustcrypto::provider();
        let members = match Group::load(store, &provider, &settings, id) {
            Ok(Some(group)) => Ok(group
                .members()
                .map(|member| (member.handle.leaf().as_u32(), format!("{:?}", member.credential)))
                .collect()),
            Ok(None) => Err("it is gone".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        Ok(Self { stored, size, unsent, members })
    }

    pub(super) fn life(&self) -> &'static str {
        match self.stored.life {
            Life::Active => "active",
            Life::Removed => "removed",
            Life::Reinitialized => "reinitialized",
            _ => "unknown",
        }
    }

    fn to_json(&self, members: bool) -> Value {
        let stored = &self.stored;
        let lost = stored.lost.as_ref().map(|lost| lost.intents.len());
        let mut group = json!({
            "group_id": hex::encode(&*stored.group_id),
            "epoch": stored.epoch,
            "cipher_suite": stored.cipher_suite.0,
            "state": self.life(),
            "own_leaf": stored.own_leaf.as_u32(),
            "member_count": self.members.as_ref().ok().map(Vec::len),
            "unreadable": self.members.as_ref().err(),
            "pending_commit_octets": stored.pending_commit.as_ref().map(Vec::len),
            "pending_proposals": stored.pending_proposals,
            "own_updates": stored.own_updates,
            "owes_welcome": stored.owes_welcome,
            "lost_intents": lost,
            "unsent_messages": self.unsent,
            "records": self.size.records,
            "record_octets": self.size.octets,
        });
        if let (true, Ok(list), Some(object)) = (members, &self.members, group.as_object_mut()) {
            let list =
                list.iter().map(|(leaf, credential)| json!({ "leaf": leaf, "credential": credential }));
            object.insert("members".to_owned(), list.collect());
        }
        group
    }
}
