//! How far a group's state in the store has come.
//!
//! Each batch of a group expects the mark that the last one left and moves it on. So a second writer of the same
//! state is noticed before anything it made is released, and after a failure whose outcome is unknown the mark tells
//! whether the batch took place.
//!
//! A group that is created, joined or rejoined begins a new *lineage*, whose ratchets have nothing to do with those of
//! another one. Within a lineage the count tells which of two states is the older one.

use copath_crypto::Suite;
use copath_messages::GroupId;
use copath_records::{
    Record, RecordKey, RecordKind, StateDelta, Store, StoreError, unwrap_payload, wrap_payload,
};

use crate::{Error, Misuse, Unavailable};

/// Names the ratchets that began when the group was created, joined or rejoined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lineage(pub(crate) [u8; LINEAGE_OCTETS]);

/// How far a lineage had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) lineage: Lineage,
    pub(crate) count: u64,
}

/// A mark as it is stored: how many batches there were, who wrote the last, and in which lineage.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Position {
    reached: Reached,
    writer: [u8; WRITER_OCTETS],
}

/// The mark of one group, as one handle knows it.
#[derive(Debug)]
pub(crate) struct Mark {
    key: RecordKey,
    stored: Option<Position>,
    /// The record that `stored` was read from, or written as: an older version has other octets.
    expected: Option<Record>,
    /// That of the next batch.
    lineage: Lineage,
    /// Random for each handle.
    writer: [u8; WRITER_OCTETS],
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
pub(crate) const LINEAGE_OCTETS: usize = 16;

impl Lineage {
    /// That of all states that were written in version 1 of the records, which didn't name it.
    pub(crate) const UNNAMED: Self = Self([0; LINEAGE_OCTETS]);
}

impl Mark {
    /// The mark as it is in the store now.
    pub(crate) fn read(store: &dyn Store, group_id: &GroupId, suite: &Suite) -> Result<Self, Error> {
        let mut mark = Self::read_anew(store, group_id, suite)?;
        if let Some(stored) = &mark.stored {
            mark.lineage = stored.reached.lineage;
        }
        Ok(mark)
    }

    /// The mark as it is in the store now, for a batch that begins the group anew.
    pub(crate) fn read_anew(store: &dyn Store, group_id: &GroupId, suite: &Suite) -> Result<Self, Error> {
        let key = RecordKey::new(RecordKind::GROUP_MARK).push_bytes(group_id);
        let expected = store.load(&key)?;
        let stored = expected.as_ref().map(Position::read).transpose()?;
        let lineage = Lineage(random(suite)?);
        Ok(Self { key, stored, expected, lineage, writer: random(suite)? })
    }

    /// Adds to a batch that nobody else has written meanwhile.
    pub(crate) fn expect(&self, delta: &mut StateDelta) {
        delta.expect(self.key.clone(), self.expected.as_ref().map(Record::duplicate));
    }

    /// How far the group has come; `None` if it isn't in the store.
    pub(crate) fn reached(&self) -> Option<Reached> {
        self.stored.as_ref().map(|stored| stored.reached)
    }

    /// Sets from where the next batch goes on, for a group that comes from elsewhere.
    pub(crate) fn go_on_from(&mut self, reached: Reached, delta: &mut StateDelta) -> NextMark {
        self.lineage = reached.lineage;
        self.expect(delta);
        let next = Position { reached: reached.next(), writer: self.writer };
        delta.put(self.key.clone(), next.to_record());
        NextMark(next)
    }

    /// Commits a batch of the group.
    pub(crate) fn commit(&mut self, store: &dyn Store, mut delta: StateDelta) -> Committed {
        let count = self.reached().map_or(0, |reached| reached.count);
        let next = self.go_on_from(Reached { lineage: self.lineage, count }, &mut delta);
        self.carry_out(store, &delta, next)
    }

    /// Commits a batch to which [`Mark::go_on_from`] was added.
    pub(crate) fn carry_out(&mut self, store: &dyn Store, delta: &StateDelta, next: NextMark) -> Committed {
        match store.commit(delta) {
            Ok(()) => {
                self.is_at(next.0);
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
        let record = store.load(&self.key)?;
        let found = record.as_ref().map(Position::read).transpose()?;
        if found == self.stored {
            return Ok(false);
        }
        let Some(found) = found.filter(|found| found.writer == self.writer) else {
            return Err(Misuse::OtherWriter.into());
        };
        let mut delta = StateDelta::new();
        let next = Position { reached: found.reached.next(), writer: self.writer };
        delta.expect(self.key.clone(), record).put(self.key.clone(), next.to_record());
        store.commit(&delta)?;
        self.is_at(next);
        Ok(true)
    }

    fn is_at(&mut self, position: Position) {
        self.expected = Some(position.to_record());
        self.stored = Some(position);
    }
}

/// What the mark will be once a batch is durable.
#[derive(Debug)]
pub(crate) struct NextMark(Position);

impl Reached {
    fn next(self) -> Self {
        Self { count: self.count.saturating_add(1), ..self }
    }
}

impl Position {
    /// Content: count u64; writer; lineage, since version 2.
    fn to_record(&self) -> Record {
        let mut payload = self.reached.count.to_be_bytes().to_vec();
        payload.extend_from_slice(&self.writer);
        payload.extend_from_slice(&self.reached.lineage.0);
        wrap_payload(&payload)
    }

    fn read(record: &Record) -> Result<Self, StoreError> {
        let (version, payload) = unwrap_payload(record)?;
        let (count, rest) = payload.split_first_chunk::<8>().ok_or(StoreError::Corrupt)?;
        let (writer, rest) = rest.split_first_chunk().ok_or(StoreError::Corrupt)?;
        let lineage = match (version, rest) {
            (1, []) => Lineage::UNNAMED,
            (1, _) => return Err(StoreError::Corrupt),
            (_, lineage) => Lineage(lineage.try_into().map_err(|_| StoreError::Corrupt)?),
        };
        let reached = Reached { lineage, count: u64::from_be_bytes(*count) };
        Ok(Self { reached, writer: *writer })
    }
}

fn random<const N: usize>(suite: &Suite) -> Result<[u8; N], Error> {
    let octets = suite.random_bytes(N)?;
    octets.try_into().map_err(|_| Error::Unavailable(Unavailable::Randomness))
}
