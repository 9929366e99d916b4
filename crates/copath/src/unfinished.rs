//! What was under way when the client was last used.

use std::collections::{BTreeMap, BTreeSet};

use copath_group::StoredGroup;
use copath_messages::GroupId;
use copath_records::{RecordKey, RecordKind, StoreError};

use crate::error::readable;
use crate::tombstone::Tombstone;
use crate::{Client, Error, records};

/// What is under way in the store, to be looked at on start.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unfinished {
    /// The groups in which something is pending: a commit to be sent again and confirmed, Welcomes to be released,
    /// Updates of one's own, intents of a commit that lost.
    pub groups: Vec<StoredGroup>,
    /// The groups that have messages which may not have been sent ([`Group::outgoing`](crate::Group::outgoing)).
    pub unsent: Vec<GroupId>,
    /// The groups that have received application data which may not have been handled
    /// ([`Client::unhandled`]).
    pub unhandled: Vec<GroupId>,
    /// The groups that this client is about to join by itself ([`Client::external_join`]).
    pub external_joins: Vec<GroupId>,
    /// The groups whose snapshots may not have arrived ([`Client::moved_snapshot`]).
    pub moved: Vec<GroupId>,
    /// The groups in which this client still has a former identity ([`Client::rotate_identity`]).
    pub to_rotate: Vec<GroupId>,
    /// The groups whose state must not be used any more ([`Client::rolled_back_groups`]). They are among the others
    /// only if they have received data that may not have been handled.
    pub rolled_back: Vec<GroupId>,
    /// The groups of which a record can't be read: damaged, or of a newer version. Rejoin those that don't load
    /// ([`Client::rejoin`]), and give up received data that can't be had ([`Client::forget_unreadable`]).
    pub damaged: Vec<GroupId>,
}

impl Unfinished {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        let Self { groups, unsent, unhandled, external_joins, moved, to_rotate, rolled_back, damaged } = self;
        let ids = [unsent, unhandled, external_joins, moved, to_rotate, rolled_back, damaged];
        groups.is_empty() && ids.iter().all(|ids| ids.is_empty())
    }
}

impl Client {
    /// What was under way when the process ended: for each group what is pending. Reads what is pending, a few records
    /// of each group in which something is, and of the others nothing. A group whose records are damaged doesn't hide
    /// the others.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails, or is so damaged that it doesn't tell which groups it has.
    pub fn unfinished(&self) -> Result<Unfinished, Error> {
        let mut damaged = Damaged::default();
        let rolled_back = self.rolled_back_groups()?;
        let usable = |mut ids: Vec<GroupId>| {
            ids.retain(|id| !rolled_back.contains(id));
            ids
        };
        // In the order of their keys, as other lists.
        let mut pending = BTreeMap::new();
        for kind in PENDING {
            let ids = usable(self.groups_with(kind, &mut damaged)?).into_iter();
            pending.extend(ids.map(|id| (records::group(&id), id)));
        }
        let mut groups = self.read_groups(pending.values(), &mut damaged)?;
        groups.retain(StoredGroup::is_unfinished);
        Ok(Unfinished {
            groups,
            unsent: usable(self.groups_with(RecordKind::OUTGOING, &mut damaged)?),
            unhandled: self.groups_with(RecordKind::RECEIVED, &mut damaged)?,
            external_joins: self.external_joins()?,
            moved: self.groups_on_their_way(&mut damaged)?,
            to_rotate: usable(self.groups_to_rotate(&mut damaged)?),
            damaged: usable(damaged.0.into_values().collect()),
            rolled_back,
        })
    }

    /// All groups in the store, without loading them.
    ///
    /// # Errors
    /// As [`Client::unfinished`].
    pub fn stored_groups(&self) -> Result<Vec<StoredGroup>, Error> {
        self.groups()?.iter().filter_map(|id| self.stored_group(id).transpose()).collect()
    }

    /// One of them.
    pub(crate) fn stored_group(&self, group_id: &GroupId) -> Result<Option<StoredGroup>, Error> {
        let context = self.settings().registrations.decode_context();
        Ok(copath_group::Group::stored(self.store().as_ref(), context, group_id)?)
    }

    /// What the store says of these groups.
    fn read_groups<'a>(
        &self,
        ids: impl Iterator<Item = &'a GroupId>,
        damaged: &mut Damaged,
    ) -> Result<Vec<StoredGroup>, Error> {
        let mut groups = Vec::new();
        for id in ids {
            groups.extend(damaged.unless(id, self.stored_group(id))?.flatten());
        }
        Ok(groups)
    }

    /// Looks at all groups, if the client has other identities for them at all.
    fn groups_to_rotate(&self, damaged: &mut Damaged) -> Result<Vec<GroupId>, Error> {
        let schemes: BTreeSet<_> =
            self.identities().iter().map(|identity| identity.signer().scheme().0).collect();
        if schemes.len() == self.identities().len() {
            return Ok(Vec::new());
        }
        let mut groups = self.read_groups(self.groups_with(RecordKind::GROUP, damaged)?.iter(), damaged)?;
        groups.retain(|group| self.is_to_be_rotated(group));
        Ok(groups.into_iter().map(|group| group.group_id).collect())
    }

    fn groups_on_their_way(&self, damaged: &mut Damaged) -> Result<Vec<GroupId>, Error> {
        let mut ids = Vec::new();
        for (key, record) in self.store().scan(&RecordKey::new(RecordKind::MOVED_GROUP))? {
            let Some(id) = records::group_of(&key) else { continue };
            let tombstone = damaged.unless(&id, Tombstone::read(&record).map_err(Error::from))?;
            ids.extend(tombstone.filter(Tombstone::is_on_its_way).map(|_| id));
        }
        Ok(ids)
    }

    /// The groups that have a record of this kind.
    fn groups_with(&self, kind: RecordKind, damaged: &mut Damaged) -> Result<Vec<GroupId>, Error> {
        let found = match self.store().scan(&RecordKey::new(kind)) {
            Err(StoreError::Corrupt) => return self.groups_with_one_by_one(kind, damaged),
            found => found?,
        };
        let mut ids: Vec<GroupId> = found.iter().filter_map(|(key, _)| records::group_of(key)).collect();
        ids.dedup();
        Ok(ids)
    }

    /// The same if some group's record of the kind is so damaged that they can't be read together.
    fn groups_with_one_by_one(&self, kind: RecordKind, damaged: &mut Damaged) -> Result<Vec<GroupId>, Error> {
        // Each group has one of these, and not both kinds are damaged by an accident.
        let mut all = match self.store().scan(&RecordKey::new(RecordKind::GROUP_MARK)) {
            Err(StoreError::Corrupt) => self.store().scan(&RecordKey::new(RecordKind::GROUP))?,
            marks => marks?,
        };
        // One that was moved away has this alone, and perhaps data that was received.
        all.extend(self.store().scan(&RecordKey::new(RecordKind::MOVED_GROUP))?);
        let all =
            all.iter().filter_map(|(key, _)| records::group_of(key)).map(|id| (records::group(&id), id));
        let mut ids = Vec::new();
        for id in all.collect::<BTreeMap<_, _>>().into_values() {
            let found = self.store().scan(&RecordKey::new(kind).push_bytes(&id)).map_err(Error::from);
            if damaged.unless(&id, found)?.is_some_and(|found| !found.is_empty()) {
                ids.push(id);
            }
        }
        Ok(ids)
    }
}

/// Groups of which a record can't be read, in the order of their keys.
#[derive(Default)]
struct Damaged(BTreeMap<RecordKey, GroupId>);

impl Damaged {
    /// What was read of a group; `None` if that is damaged.
    fn unless<T>(&mut self, group_id: &GroupId, read: Result<T, Error>) -> Result<Option<T>, Error> {
        let read = readable(read)?;
        if read.is_none() {
            self.0.insert(records::group(group_id), group_id.clone());
        }
        Ok(read)
    }
}

/// Of what an unfinished group has a record at least; own Updates wait among the proposals.
const PENDING: [RecordKind; 4] =
    [RecordKind::PENDING_COMMIT, RecordKind::PROPOSAL, RecordKind::WELCOME, RecordKind::LOST_INTENTS];
