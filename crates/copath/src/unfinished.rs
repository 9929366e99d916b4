//! What was under way when the client was last used.

use std::collections::{BTreeMap, BTreeSet};

use copath_group::StoredGroup;
use copath_messages::GroupId;
use copath_records::{RecordKey, RecordKind};

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
    /// ([`Group::unhandled`](crate::Group::unhandled)).
    pub unhandled: Vec<GroupId>,
    /// The groups that this client is about to join by itself ([`Client::external_join`]).
    pub external_joins: Vec<GroupId>,
    /// The groups whose snapshots may not have arrived ([`Client::moved_snapshot`]).
    pub moved: Vec<GroupId>,
    /// The groups in which this client still has a former identity ([`Client::rotate_identity`]).
    pub to_rotate: Vec<GroupId>,
    /// The groups whose state must not be used any more ([`Client::rolled_back_groups`]). They aren't among the others.
    pub rolled_back: Vec<GroupId>,
}

impl Unfinished {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        let Self { groups, unsent, unhandled, external_joins, moved, to_rotate, rolled_back } = self;
        let ids = [unsent, unhandled, external_joins, moved, to_rotate, rolled_back];
        groups.is_empty() && ids.iter().all(|ids| ids.is_empty())
    }
}

impl Client {
    /// What was under way when the process ended: for each group what is pending. Reads what is pending, a few records
    /// of each group in which something is, and of the others nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails or a record is damaged.
    pub fn unfinished(&self) -> Result<Unfinished, Error> {
        let rolled_back = self.rolled_back_groups()?;
        let usable = |mut ids: Vec<GroupId>| {
            ids.retain(|id| !rolled_back.contains(id));
            ids
        };
        // In the order of their keys, as other lists.
        let mut pending = BTreeMap::new();
        for kind in PENDING {
            let ids = usable(self.groups_with(kind)?).into_iter();
            pending.extend(ids.map(|id| (RecordKey::new(RecordKind::GROUP).push_bytes(&id), id)));
        }
        let stored = pending.values().filter_map(|id| self.stored_group(id).transpose());
        let mut groups: Vec<StoredGroup> = stored.collect::<Result<_, _>>()?;
        groups.retain(StoredGroup::is_unfinished);
        Ok(Unfinished {
            groups,
            unsent: usable(self.groups_with(RecordKind::OUTGOING)?),
            unhandled: usable(self.groups_with(RecordKind::RECEIVED)?),
            external_joins: self.external_joins()?,
            moved: self.moved_groups()?,
            to_rotate: usable(self.groups_to_rotate()?),
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

    /// Looks at all groups, if the client has other identities for them at all.
    fn groups_to_rotate(&self) -> Result<Vec<GroupId>, Error> {
        let schemes: BTreeSet<_> =
            self.identities().iter().map(|identity| identity.signer().scheme().0).collect();
        if schemes.len() == self.identities().len() {
            return Ok(Vec::new());
        }
        let mut groups = self.stored_groups()?;
        groups.retain(|group| self.is_to_be_rotated(group));
        Ok(groups.into_iter().map(|group| group.group_id).collect())
    }

    /// The groups that have a record of this kind.
    fn groups_with(&self, kind: RecordKind) -> Result<Vec<GroupId>, Error> {
        let found = self.store().scan(&RecordKey::new(kind))?;
        let mut ids: Vec<GroupId> = found.iter().filter_map(|(key, _)| records::group_of(key)).collect();
        ids.dedup();
        Ok(ids)
    }
}

/// Of what an unfinished group has a record at least; own Updates wait among the proposals.
const PENDING: [RecordKind; 4] =
    [RecordKind::PENDING_COMMIT, RecordKind::PROPOSAL, RecordKind::WELCOME, RecordKind::LOST_INTENTS];
