//! How groups come into the store: created, joined, or made out of other ones; each once, whatever the store says.
//!
//! A group that came in keeps the hash of the message that brought it, so that the same Welcome leads to the same group
//! again, also after a crash. If nobody knows whether a batch took place, the client remembers what was asked for: the
//! same call finds out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use copath_codec::{Decode, DecodeContext, DecodeError, Encode, Reader, Writer};
use copath_crypto::HashOutput;
use copath_group::Author;
use copath_messages::{Extensions, GroupId};
use copath_records::{Record, RecordKey, RecordKind, StateDelta, StoreError, unwrap_payload, wrap_payload};

use crate::inbox::spare_received;
use crate::mark::{Committed, Mark};
use crate::tombstone::{Tombstone, come_back};
use crate::{Client, Error, Group, Misuse, Unavailable};

/// What brings a group into the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// A call with parameters of this hash.
    Call(HashOutput),
    /// A message of this hash.
    Message(HashOutput),
}

/// Calls of which nobody knows whether they brought a group into the store.
#[derive(Debug, Default)]
pub(crate) struct Doors(Mutex<Vec<Door>>);

#[derive(Debug)]
struct Door {
    entrance: Entrance,
    group_id: GroupId,
    /// By which it is told whether the batch took place; `None` once it is known that it did.
    mark: Option<Mark>,
}

/// How a group is entered.
#[derive(Debug)]
pub(crate) struct Way<'a> {
    pub(crate) entrance: Entrance,
    pub(crate) invitation: Option<&'a Invitation>,
    /// The reference of the key package, if it is one of last resort.
    pub(crate) last_resort: Option<&'a [u8]>,
}

impl From<Entrance> for Way<'_> {
    /// A group of one's own.
    fn from(entrance: Entrance) -> Self {
        Self { entrance, invitation: None, last_resort: None }
    }
}

/// Who let the client in, and what the application put into the GroupInfo.
#[derive(Debug)]
pub(crate) struct Invitation {
    pub(crate) by: Arc<Author>,
    pub(crate) extensions: Extensions,
}

/// How many calls are remembered: those that nobody repeats are forgotten at last.
const REMEMBERED: usize = 64;

impl Doors {
    fn lock(&self) -> MutexGuard<'_, Vec<Door>> {
        // A list of calls is whole whatever happened to a thread that held it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, entrance: Entrance) -> Option<Door> {
        let mut doors = self.lock();
        let at = doors.iter().position(|door| door.entrance == entrance)?;
        Some(doors.remove(at))
    }

    pub(crate) fn remember(&self, entrance: Entrance, group_id: &GroupId, mark: Mark) {
        self.put_back(Door { entrance, group_id: group_id.clone(), mark: Some(mark) });
    }

    fn put_back(&self, door: Door) {
        let mut doors = self.lock();
        if doors.len() >= REMEMBERED {
            doors.remove(0);
        }
        doors.push(door);
    }
}

impl Client {
    /// A call, told from others by what it is for and its parameters.
    pub(crate) fn call(&self, what: &str, parameters: &[&[u8]]) -> Result<Entrance, Error> {
        let mut writer = Writer::new();
        writer.opaque(what.as_bytes());
        for parameter in parameters {
            writer.opaque(parameter);
        }
        Ok(Entrance::Call(self.0.first_suite()?.hash(&[&writer.finish()?])))
    }

    pub(crate) fn by_message(&self, message: &[u8]) -> Result<Entrance, Error> {
        Ok(Entrance::Message(self.0.first_suite()?.hash(&[message])))
    }

    /// The group that the same call has brought in before, if its outcome was unknown and it took place.
    ///
    /// # Errors
    /// [`Misuse::GroupOpen`] if it was found by other means and has a handle, which goes on.
    pub(crate) fn entered_before(&self, entrance: Entrance) -> Result<Option<Group>, Error> {
        let Some(mut door) = self.0.doors.take(entrance) else { return Ok(None) };
        let entered = self.enter_again(&mut door);
        if entered.is_err() {
            self.0.doors.put_back(door);
        }
        entered
    }

    /// Claims the group first: settling moves the mark on, which a handle of the group would take for another writer.
    fn enter_again(&self, door: &mut Door) -> Result<Option<Group>, Error> {
        let claim = self.0.open_groups.claim(&door.group_id)?;
        if let Some(mark) = &mut door.mark {
            match mark.settle(self.store().as_ref()) {
                Ok(true) => door.mark = None,
                Ok(false) | Err(Error::Misuse(Misuse::OtherWriter)) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        match self.open(&door.group_id, claim) {
            // It was deleted or moved on since.
            Err(Error::Unavailable(Unavailable::Group(_)) | Error::Misuse(Misuse::Moved)) => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// Stores a group that this client has just created or joined, with `also` in the same batch, and opens it. If the
    /// same message has brought it in before, it is opened as it is.
    pub(crate) fn enter(
        &self,
        engine: copath_group::Group,
        mut also: StateDelta,
        way: Way<'_>,
    ) -> Result<Group, Error> {
        let entrance = way.entrance;
        let group_id = engine.group_id().clone();
        let claim = self.0.open_groups.claim(&group_id)?;
        let mut mark = Mark::read_anew(self.store().as_ref(), &group_id, engine.suite())?;
        let left = match self.left_group(&group_id) {
            Err(_) if self.came_by(&group_id, entrance)? => return self.open(&group_id, claim),
            left => left?.map(|left| left.epoch()),
        };
        self.check_not_left(&engine, left, &way)?;
        let mut delta = spare_received(engine.all_records()?);
        self.leave_behind(&group_id, &mut delta)?;
        if let Entrance::Message(hash) = entrance {
            also.put(key(&group_id), to_record(&hash, way.invitation)?);
        }
        delta.merge(also);
        come_back(self.store().as_ref(), &group_id, &mut delta)?;
        match mark.commit(self.store().as_ref(), delta) {
            Committed::Durable => Group::new(self.clone(), engine, claim, mark),
            Committed::No(error) => Err(error),
            Committed::Unknown(error) => {
                self.0.doors.remember(entrance, &group_id, mark);
                Err(error)
            }
        }
    }

    /// An old Welcome, sent again for a key package of last resort, would use the ratchets of its epoch again. And what
    /// is on its way to another store isn't given up for an invitation, which anybody can send.
    fn check_not_left(
        &self,
        engine: &copath_group::Group,
        left: Option<u64>,
        way: &Way<'_>,
    ) -> Result<(), Error> {
        let group_id = engine.group_id();
        let before = way.last_resort.map(|reference| self.left_epoch(reference, group_id)).transpose()?;
        let left = left.filter(|_| way.invitation.is_some()).max(before.flatten());
        if left.is_some_and(|left| engine.epoch() <= left) {
            return Err(Misuse::OldWelcome.into());
        }
        let tombstone = Tombstone::load(self.store().as_ref(), group_id)?;
        if tombstone.is_some_and(|tombstone| tombstone.is_on_its_way()) {
            return Err(Misuse::OnItsWay.into());
        }
        Ok(())
    }

    /// Whether the group in the store is the one that `entrance` has brought in.
    pub(crate) fn came_by(&self, group_id: &GroupId, entrance: Entrance) -> Result<bool, Error> {
        let Some(record) = self.store().load(&key(group_id))? else { return Ok(false) };
        Ok(Entrance::Message(read(&record)?.0) == entrance)
    }

    /// The group that a message has brought in, which may be used up since. Looks at one record of each group.
    pub(crate) fn find_entered(&self, entrance: Entrance) -> Result<Option<GroupId>, Error> {
        for (key, record) in self.store().scan(&RecordKey::new(RecordKind::ENTERED))? {
            if Entrance::Message(read(&record)?.0) == entrance {
                return Ok(crate::records::group_of(&key));
            }
        }
        Ok(None)
    }

    /// By whom and with what a group was entered, if it was by a Welcome.
    pub(crate) fn invitation(&self, group_id: &GroupId) -> Result<Option<Invitation>, Error> {
        let record = self.store().load(&key(group_id))?;
        Ok(record.map(|record| read(&record)).transpose()?.and_then(|(_, invitation)| invitation))
    }
}

fn key(group_id: &GroupId) -> RecordKey {
    RecordKey::new(RecordKind::ENTERED).push_bytes(group_id)
}

/// Adds to a batch that `message` brings a group in.
pub(crate) fn put(group_id: &GroupId, entrance: Entrance, delta: &mut StateDelta) -> Result<(), Error> {
    if let Entrance::Message(hash) = entrance {
        delta.put(key(group_id), to_record(&hash, None)?);
    }
    Ok(())
}

fn to_record(hash: &HashOutput, invitation: Option<&Invitation>) -> Result<Record, Error> {
    let mut writer = Writer::new();
    writer.opaque(hash.as_ref()).optional(invitation);
    Ok(wrap_payload(&writer.finish()?))
}

fn read(record: &Record) -> Result<(HashOutput, Option<Invitation>), StoreError> {
    let (_, payload) = unwrap_payload(record)?;
    let mut reader = Reader::new(payload, DecodeContext::rfc9420());
    let mut content = || -> Result<_, DecodeError> {
        let hash = HashOutput::from_slice(reader.opaque()?);
        Ok((hash, <Option<Invitation> as Decode>::decode(&mut reader)?))
    };
    let (hash, invitation) = content().map_err(|_| StoreError::Corrupt)?;
    Ok((hash.ok_or(StoreError::Corrupt)?, invitation))
}

impl Encode for Invitation {
    fn encode(&self, writer: &mut Writer) {
        writer.value(&self.by.sender).value(&self.by.credential);
        writer.opaque(&self.by.signature_key).value(&self.extensions);
    }
}

impl Decode for Invitation {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let sender = Decode::decode(reader)?;
        let credential = Decode::decode(reader)?;
        let signature_key = reader.opaque()?.into();
        let by = Arc::new(Author { sender, credential, signature_key });
        Ok(Self { by, extensions: Decode::decode(reader)? })
    }
}
