//! How far a group's state in the store has come.
//!
//! Each batch of a group expects the mark that the last one left and moves it on. So a second writer of the same
//! state is noticed before anything it made is released, and after a failure whose outcome is unknown the mark tells
//! whether the batch took place.
//!
//! A mark is never deleted. What is left of a group that has ended keeps away whatever the store still carries out of
//! the time before, a batch that was to begin the group among it.
//!
//! A group that is created, joined or rejoined begins a new *lineage*, whose ratchets have nothing to do with those of
//! another one. Within a lineage the count tells which of two states is the older one.

use copath_crypto::Suite;
use copath_messages::GroupId;
use copath_records::{
    Record, RecordKey, RecordKind, StateDelta, Store, StoreError, unwrap_payload, wrap_payload,
};

use crate::error::{is_definite, still_unknown, unknown_outcome};
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
    /// The count that the last batch was to leave, if it failed.
    tried: u64,
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
        let mark = Self::read_anew(store, group_id, suite)?;
        match &mark.stored {
            Some(stored) => Ok(Self { lineage: stored.reached.lineage, ..mark }),
            None if mark.expected.is_some() => Err(StoreError::Corrupt.into()),
            None => Ok(mark),
        }
    }

    /// The mark as it is in the store now, for a batch that begins the group anew. What was there may be damaged.
    pub(crate) fn read_anew(store: &dyn Store, group_id: &GroupId, suite: &Suite) -> Result<Self, Error> {
        let key = RecordKey::new(RecordKind::GROUP_MARK).push_bytes(group_id);
        let expected = store.load(&key)?;
        let stored = match expected.as_ref().map(Position::read).transpose() {
            Err(StoreError::Corrupt) => None,
            stored => stored?,
        };
        let lineage = Lineage(random(suite)?);
        Ok(Self { key, stored, expected, lineage, writer: random(suite)?, tried: 0 })
    }

    /// Adds to a batch that nobody else has written meanwhile.
    pub(crate) fn expect(&self, delta: &mut StateDelta) {
        delta.expect(self.key.clone(), self.expected.as_ref().map(Record::duplicate));
    }

    /// How far the group has come; `None` if it never was in the store.
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
        let error = match store.commit(delta) {
            Ok(()) => {
                self.is_at(next.0);
                return Committed::Durable;
            }
            Err(error) => error,
        };
        self.tried = next.0.reached.count;
        if is_definite(error) && self.look(store).is_ok_and(|(_, found)| found == self.stored) {
            return Committed::No(error.into());
        }
        match self.settle(store) {
            Ok(true) => Committed::Durable,
            Ok(false) => Committed::No(error.into()),
            Err(other @ Error::Misuse(_)) => Committed::No(other),
            Err(_) => Committed::Unknown(unknown_outcome(error)),
        }
    }

    /// Whether the last batch, whose outcome is unknown, took place. Either way another batch is stored after it: then
    /// it is durable for certain, or can't be carried out any more, however late the store may get to it.
    ///
    /// The marks tell: the batch moves the count on by one, what keeps it away by two, what confirms it by three or
    /// more.
    ///
    /// # Errors
    /// [`Unavailable::UnknownOutcome`] if it still can't be told, [`Misuse::OtherWriter`].
    pub(crate) fn settle(&mut self, store: &dyn Store) -> Result<bool, Error> {
        for _ in 0..ATTEMPTS {
            let (record, found) = self.look(store).map_err(still_unknown)?;
            let kept_away = self.tried.saturating_add(1);
            let (took_place, count) = match &found {
                _ if found == self.stored => (false, kept_away),
                Some(own) if own.writer == self.writer && own.reached.count == self.tried => {
                    (true, self.tried.saturating_add(2))
                }
                Some(own) if own.writer == self.writer && own.reached.count == kept_away => {
                    self.is_at(own.clone());
                    return Ok(false);
                }
                Some(own) if own.writer == self.writer && own.reached.count > kept_away => {
                    (true, own.reached.count.saturating_add(1))
                }
                _ => return Err(Misuse::OtherWriter.into()),
            };
            let next = self.position(count);
            let mut delta = StateDelta::new();
            delta.expect(self.key.clone(), record).put(self.key.clone(), next.to_record());
            match store.commit(&delta) {
                Ok(()) => {
                    self.is_at(next);
                    return Ok(took_place);
                }
                // It came in between, late.
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(unknown_outcome(error)),
            }
        }
        Err(unknown_outcome(StoreError::Conflict))
    }

    /// Commits a batch that ends the group in this store. However late the store gets to it, it does nothing to a
    /// group that has begun since.
    ///
    /// # Errors
    /// [`Unavailable::UnknownOutcome`] if it can't be told whether it took place, [`Misuse::OtherWriter`].
    pub(crate) fn end(&mut self, store: &dyn Store, delta: StateDelta) -> Result<(), Error> {
        match self.commit(store, delta) {
            Committed::Durable => Ok(()),
            Committed::No(error) | Committed::Unknown(error) => Err(error),
        }
    }

    fn look(&self, store: &dyn Store) -> Result<(Option<Record>, Option<Position>), Error> {
        let record = store.load(&self.key)?;
        if record.as_ref().map(Record::expose) == self.expected.as_ref().map(Record::expose) {
            return Ok((record, self.stored.clone()));
        }
        let found = record.as_ref().map(Position::read).transpose()?;
        Ok((record, found))
    }

    fn position(&self, count: u64) -> Position {
        Position { reached: Reached { lineage: self.lineage, count }, writer: self.writer }
    }

    fn is_at(&mut self, position: Position) {
        self.expected = Some(position.to_record());
        self.stored = Some(position);
    }
}

/// How often a batch of one's own may come in between.
pub(crate) const ATTEMPTS: usize = 3;

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
