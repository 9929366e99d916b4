//! What was under way when the client was last used.

use copath_group::StoredGroup;
use copath_messages::GroupId;

use crate::{Client, Error};

/// What is under way in the store, to be looked at on start.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unfinished {
    /// The groups in which something is pending: a commit to be sent again and confirmed, Welcomes to be released,
    /// Updates of one's own, intents of a commit that lost.
    pub groups: Vec<StoredGroup>,
    /// The groups that have messages which may not have been sent ([`Group::outgoing`](crate::Group::outgoing)).
    pub unsent: Vec<GroupId>,
    /// The groups that this client is about to join by itself ([`Client::external_join`]).
    pub external_joins: Vec<GroupId>,
    /// The groups whose snapshots may not have arrived ([`Client::moved_snapshot`]).
    pub moved: Vec<GroupId>,
    /// The groups in which this client still has a former identity ([`Client::rotate_identity`]).
    pub to_rotate: Vec<GroupId>,
}

impl Unfinished {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        let Self { groups, unsent, external_joins, moved, to_rotate } = self;
        groups.is_empty() && [unsent, external_joins, moved, to_rotate].iter().all(|ids| ids.is_empty())
    }
}

impl Client {
    /// What was under way when the process ended: for each group what is pending. Reads a few records of each group
    /// and not the groups themselves.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails or a record is damaged.
    pub fn unfinished(&self) -> Result<Unfinished, Error> {
        let mut groups = self.stored_groups()?;
        let to_rotate = groups.iter().filter(|group| self.is_to_be_rotated(group));
        let to_rotate = to_rotate.map(|group| group.group_id.clone()).collect();
        groups.retain(StoredGroup::is_unfinished);
        Ok(Unfinished {
            groups,
            unsent: self.groups_with_unsent()?,
            external_joins: self.external_joins()?,
            moved: self.moved_groups()?,
            to_rotate,
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

    fn groups_with_unsent(&self) -> Result<Vec<GroupId>, Error> {
        let prefix = copath_records::RecordKey::new(copath_records::RecordKind::OUTGOING);
        let unsent = self.store().scan(&prefix)?;
        let mut ids: Vec<GroupId> =
            unsent.iter().filter_map(|(key, _)| crate::records::group_of(key)).collect();
        ids.dedup();
        Ok(ids)
    }
}
