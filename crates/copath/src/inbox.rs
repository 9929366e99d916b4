//! Application data that the application may not have yet.
//!
//! A message opens once (RFC 9420 §9.2): its key is gone as soon as it was received. If the process ends between that
//! and the application's own storing, the data would be lost. A client built with [`Inbox::Kept`] stores the data in
//! the batch that deletes the key, until the application says that it has it.

use std::collections::BTreeMap;

use copath_crypto::HashOutput;
use copath_group::ApplicationMessage;
use copath_messages::GroupId;
use copath_records::{
    Operation, Record, RecordKey, RecordKind, StateDelta, Store, StoreError, unwrap_payload, wrap_payload,
};

use crate::boxes::BoxChange;
use crate::error::{is_damage, readable};
use crate::settle::{Call, What};
use crate::{Client, Error, Group, Unavailable};

/// Whether received application data is kept until the application says that it has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Inbox {
    /// It is the application's as soon as [`Group::receive`] returns.
    #[default]
    HandedOver,
    /// Until [`Group::handled`]: a record more for each message, and another batch when it was handled. Until then
    /// receiving the same message again, also after a restart, gives it again.
    Kept,
}

/// Application data that the application may not have yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unhandled {
    /// The hash of the message that it came in, for [`Group::handled_by_id`].
    pub id: HashOutput,
    /// The data, and who sent it.
    pub message: ApplicationMessage,
}

/// What a group has received and the application may not have yet, under the hash of the message.
#[derive(Debug, Default)]
pub(crate) struct Received(BTreeMap<HashOutput, ApplicationMessage>);

impl Received {
    /// For a group that is opened: what can't be read stays in the store, and doesn't keep the group from being used.
    pub(crate) fn read(store: &dyn Store, group_id: &GroupId) -> Result<Self, Error> {
        let found = readable(store.scan(&prefix(group_id)).map_err(Error::from))?;
        let mut messages = BTreeMap::new();
        for (key, record) in found.unwrap_or_default() {
            messages.extend(readable(read_record(&key, &record))?);
        }
        Ok(Self(messages))
    }

    pub(crate) fn insert(&mut self, id: HashOutput, message: ApplicationMessage) {
        self.0.insert(id, message);
    }

    pub(crate) fn remove(&mut self, id: &HashOutput) {
        self.0.remove(id);
    }
}

/// A batch that ends or replaces a group, without deleting what was received: that is the application's, whatever
/// becomes of the group.
pub(crate) fn spare_received(delta: StateDelta) -> StateDelta {
    let deletes = |operation: &Operation| matches!(operation, Operation::DeletePrefix(prefix) if prefix.kind() == RecordKind::RECEIVED);
    let mut spared = StateDelta::new();
    spared.extend(delta.into_iter().filter(|operation| !deletes(operation)));
    spared
}

fn read_record(key: &RecordKey, record: &Record) -> Result<(HashOutput, ApplicationMessage), Error> {
    let mut segments = key.segments();
    segments.bytes();
    let id = segments.bytes().and_then(HashOutput::from_slice).ok_or(StoreError::Corrupt)?;
    let (_, payload) = unwrap_payload(record)?;
    Ok((id, ApplicationMessage::from_record(payload)?))
}

pub(crate) fn prefix(group_id: &GroupId) -> RecordKey {
    RecordKey::new(RecordKind::RECEIVED).push_bytes(group_id)
}

pub(crate) fn key(group_id: &GroupId, id: &HashOutput) -> RecordKey {
    prefix(group_id).push_bytes(id.as_ref())
}

/// Whether a record waits for a newer version of this library.
fn is_newer(error: &Error) -> bool {
    matches!(error, Error::Unavailable(Unavailable::Store(StoreError::NewerFormat { .. })))
}

pub(crate) fn to_record(message: &ApplicationMessage) -> Result<Record, Error> {
    Ok(wrap_payload(message.to_record()?.expose()))
}

impl Client {
    /// The application data that was received in a group and may not have been handled yet, with [`Inbox::Kept`].
    /// It can be had whatever has become of the group: also if it was moved away or restored from a backup, or can't be
    /// loaded. Only deleting the group deletes it. [`Client::unfinished`] lists the groups.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails or a record is damaged: [`Client::forget_unreadable`] gives that one
    /// up, and the others can be had.
    pub fn unhandled(&self, group_id: &GroupId) -> Result<Vec<Unhandled>, Error> {
        let mut unhandled = Vec::new();
        for (key, record) in self.store().scan(&prefix(group_id))? {
            let (id, message) = read_record(&key, &record)?;
            unhandled.push(Unhandled { id, message });
        }
        Ok(unhandled)
    }

    /// Gives up received data of a group which is damaged, so that [`Client::unhandled`] gives the rest; all of it if
    /// the store can't even list it. What a newer version has written stays.
    ///
    /// # Errors
    /// [`Misuse::GroupOpen`](crate::Misuse::GroupOpen) if the group has a handle, [`Error::Unavailable`] if the store
    /// fails: call again.
    pub fn forget_unreadable(&self, group_id: &GroupId) -> Result<(), Error> {
        let _claim = self.0.open_groups.claim(group_id)?;
        let mut delta = StateDelta::new();
        match self.store().scan(&prefix(group_id)) {
            Err(StoreError::Corrupt) => {
                delta.delete_prefix(prefix(group_id));
            }
            found => {
                for (key, record) in found? {
                    if read_record(&key, &record).is_err_and(|error| is_damage(&error) && !is_newer(&error)) {
                        delta.delete(key);
                    }
                }
            }
        }
        if delta.is_empty() { Ok(()) } else { self.commit(&delta) }
    }

    /// Forgets what [`Client::unhandled`] lists, which the application has stored or doesn't need. Telling twice is
    /// harmless.
    ///
    /// # Errors
    /// [`Misuse::GroupOpen`](crate::Misuse::GroupOpen) if the group has a handle: [`Group::handled_by_id`] tells it
    /// too. [`Error::Unavailable`] if the store fails: call again.
    pub fn handled(&self, group_id: &GroupId, id: &HashOutput) -> Result<(), Error> {
        let _claim = self.0.open_groups.claim(group_id)?;
        let mut delta = StateDelta::new();
        delta.delete(key(group_id, id));
        self.commit(&delta)
    }
}

impl Group {
    /// The application data that was received and may not have been handled yet, with [`Inbox::Kept`]; to be looked
    /// at on start. What was received before the group was joined anew is among it; what is damaged isn't, and makes
    /// [`Client::unhandled`] fail.
    pub fn unhandled(&self) -> impl Iterator<Item = Unhandled> + '_ {
        self.inbox.0.iter().map(|(id, message)| Unhandled { id: *id, message: message.clone() })
    }

    /// Forgets the data of a message, given as it was received, which the application has stored or doesn't need.
    /// Telling twice is harmless.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails.
    pub fn handled(&mut self, message: &[u8]) -> Result<(), Error> {
        self.settle_last()?;
        if self.inbox.0.is_empty() {
            return Ok(());
        }
        let id = Call::of(What::Receive, message).digest(self.engine().suite());
        self.handled_by_id(&id)
    }

    /// As [`Group::handled`], for what [`Group::unhandled`] lists.
    ///
    /// # Errors
    /// As [`Group::handled`].
    pub fn handled_by_id(&mut self, id: &HashOutput) -> Result<(), Error> {
        self.settle_last()?;
        if !self.inbox.0.contains_key(id) {
            return Ok(());
        }
        self.change_boxes(Call::of(What::Handled, id.as_ref()), vec![BoxChange::Handled(*id)])
    }

    /// The data of this message, if it was received before and may not have been handled yet.
    pub(crate) fn received_before(&self, call: Call<'_>) -> Option<ApplicationMessage> {
        if self.inbox.0.is_empty() {
            return None;
        }
        self.inbox.0.get(&call.digest(self.engine().suite())).cloned()
    }

    /// What has to be stored with the keys of a message that was received.
    pub(crate) fn keep_received(&self, call: Call<'_>, message: &ApplicationMessage) -> Vec<BoxChange> {
        match self.client().0.inbox {
            Inbox::HandedOver => Vec::new(),
            Inbox::Kept => vec![BoxChange::Receive(call.digest(self.engine().suite()), message.clone())],
        }
    }
}
