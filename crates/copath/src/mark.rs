//! How far a group's state in the store has come.
//!
//! Each batch of a group expects the mark that the last one left and moves it on. So a second writer of the same
//! state is noticed before anything it made is released, and after a failure whose outcome is unknown the mark tells
//! whether the batch took place.

use copath_crypto::Suite;
use copath_messages::GroupId;
use copath_records::{Record, RecordKey, RecordKind, StateDelta, Store, StoreError, wrap_payload};

use crate::{Error, Misuse};

/// A mark as it is stored: how many batches there were, and who wrote the last.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Position {
    count: u64,
    writer: Vec<u8>,
}

/// The mark of one group, as one handle knows it.
#[derive(Debug)]
pub(crate) struct Mark {
    key: RecordKey,
    stored: Option<Position>,
    /// Random for each handle.
    writer: Vec<u8>,
}

/// What has become of a batch.
#[derive(Debug)]
pub(crate) enum Committed {
    /// It is durable.
    Durable,
    /// It didn't take place.
    No(Error),
    /// The store doesn't tell.
    Unknown(Error),
}

const WRITER_OCTETS: usize = 16;

impl Mark {
    /// The mark as it is in the store now.
    pub(crate) fn read(store: &dyn Store, group_id: &GroupId, suite: &Suite) -> Result<Self, Error> {
        let key = RecordKey::new(RecordKind::GROUP_MARK).push_bytes(group_id);
        let stored = load(store, &key)?;
        Ok(Self { key, stored, writer: suite.random_bytes(WRITER_OCTETS)? })
    }

    /// Adds to a batch that nobody else has written meanwhile.
    pub(crate) fn expect(&self, delta: &mut StateDelta) {
        delta.expect(self.key.clone(), self.stored.as_ref().map(Position::to_record));
    }

    /// How many batches there were.
    pub(crate) fn count(&self) -> u64 {
        self.stored.as_ref().map_or(0, |stored| stored.count)
    }

    /// Sets the count from which the next batch goes on, for a group that comes from elsewhere.
    pub(crate) fn go_on_from(&mut self, count: u64, delta: &mut StateDelta) -> NextMark {
        self.expect(delta);
        let next = Position { count: count.saturating_add(1), writer: self.writer.clone() };
        delta.put(self.key.clone(), next.to_record());
        NextMark(next)
    }

    /// Commits a batch of the group.
    pub(crate) fn commit(&mut self, store: &dyn Store, mut delta: StateDelta) -> Committed {
        let next = self.go_on_from(self.count(), &mut delta);
        self.carry_out(store, &delta, next)
    }

    /// Commits a batch to which [`Mark::go_on_from`] was added.
    pub(crate) fn carry_out(&mut self, store: &dyn Store, delta: &StateDelta, next: NextMark) -> Committed {
        match store.commit(delta) {
            Ok(()) => {
                self.stored = Some(next.0);
                Committed::Durable
            }
            Err(StoreError::Conflict) => Committed::No(Misuse::OtherWriter.into()),
            Err(error) => match self.settle(store) {
                Ok(true) => Committed::Durable,
                Ok(false) => Committed::No(error.into()),
                Err(_) => Committed::Unknown(error.into()),
            },
        }
    }

    /// Whether the last batch, whose outcome is unknown, took place. If it did, another batch is stored after it, so
    /// that it is durable too.
    pub(crate) fn settle(&mut self, store: &dyn Store) -> Result<bool, Error> {
        let found = load(store, &self.key)?;
        if found == self.stored {
            return Ok(false);
        }
        let Some(found) = found.filter(|found| found.writer == self.writer) else {
            return Err(Misuse::OtherWriter.into());
        };
        let mut delta = StateDelta::new();
        let next = Position { count: found.count.saturating_add(1), writer: self.writer.clone() };
        delta.expect(self.key.clone(), Some(found.to_record())).put(self.key.clone(), next.to_record());
        store.commit(&delta)?;
        self.stored = Some(next);
        Ok(true)
    }
}

/// What the mark will be once a batch is durable.
#[derive(Debug)]
pub(crate) struct NextMark(Position);

impl Position {
    fn to_record(&self) -> Record {
        let mut payload = self.count.to_be_bytes().to_vec();
        payload.extend_from_slice(&self.writer);
        wrap_payload(&payload)
    }
}

fn load(store: &dyn Store, key: &RecordKey) -> Result<Option<Position>, Error> {
    let Some(record) = store.load(key)? else { return Ok(None) };
    let (_, payload) = copath_records::unwrap_payload(&record)?;
    let (count, writer) = payload.split_first_chunk::<8>().ok_or(StoreError::Corrupt)?;
    Ok(Some(Position { count: u64::from_be_bytes(*count), writer: writer.to_vec() }))
}
