//! A batch, as SQL inside one transaction.
//!
//! Slots that the batch gives up are taken by what it adds, where they have the size for it: their content is
//! overwritten once, and they aren't listed as free in between.

use std::collections::BTreeMap;

use copath_records::{Operation, Record, RecordKey, StateDelta, StoreError};
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Params, Row, params};

use crate::content::{self, seal, slot_size};
use crate::effect::{Before, Effect, Place};
use crate::error::store_error;
use crate::scan::end;

/// Whether a batch has overwritten anything, which the write-ahead log may still hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Overwrote {
    #[default]
    Nothing,
    Something,
}

/// Carries out the operations of `delta`; the caller holds a transaction.
pub(crate) fn run(connection: &Connection, delta: &StateDelta) -> Result<Overwrote, StoreError> {
    for operation in delta {
        if let Operation::Expect(key, expected) = operation {
            expect(connection, key, expected.as_ref())?;
        }
    }
    let mut effect = Effect::of(delta);
    let mut batch = Batch { connection, overwrote: Overwrote::Nothing, vacant: Vacant::new() };
    batch.look(&mut effect)?;
    let added = batch.overwrite(&effect)?;
    let added = batch.take_vacant(added)?;
    // Names first: the pages that they leave are room for the list of free slots, in a store that is full.
    batch.forget_names()?;
    batch.release()?;
    batch.add(&added)?;
    Ok(batch.overwrote)
}

/// The record under `key`.
pub(crate) fn load(connection: &Connection, key: &RecordKey) -> Result<Option<Record>, StoreError> {
    let sql = "SELECT content FROM names LEFT JOIN slots USING (slot) WHERE name = ?1";
    let mut statement = prepare(connection, sql)?;
    let found = statement.query_row([key.as_octets()], |row| Ok(read(key, row, 0))).optional();
    found.map_err(store_error)?.transpose()
}

/// The record whose slot is in this column of a row.
pub(crate) fn read(key: &RecordKey, row: &Row<'_>, column: usize) -> Result<Record, StoreError> {
    let content = row.get_ref(column).map_err(store_error)?;
    content::open(key, content.as_blob().map_err(|_| StoreError::Corrupt)?)
}

fn expect(connection: &Connection, key: &RecordKey, expected: Option<&Record>) -> Result<(), StoreError> {
    let found = load(connection, key)?;
    if found.as_ref().map(Record::expose) == expected.map(Record::expose) {
        Ok(())
    } else {
        Err(StoreError::Conflict)
    }
}

struct Batch<'a> {
    connection: &'a Connection,
    overwrote: Overwrote,
    vacant: Vacant,
}

/// Slots that the batch gives up, by size, each with the name that leads to it if that goes too.
type Vacant = BTreeMap<i64, Vec<(i64, Option<Vec<u8>>)>>;

/// A record that needs another slot than it had.
struct Added<'d> {
    key: &'d RecordKey,
    record: &'d Record,
    size: i64,
    name: Name,
}

/// Whether the name of a record is there already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    New,
    Known,
}

impl Batch<'_> {
    /// Finds where the records of the batch lie, and vacates the slots of those that it deletes.
    fn look(&mut self, effect: &mut Effect<'_>) -> Result<(), StoreError> {
        for prefix in std::mem::take(&mut effect.prefixes) {
            self.look_below(prefix, effect)?;
            effect.all_seen_below(prefix);
        }
        let mut find = prepare(self.connection, "SELECT slot, size FROM names WHERE name = ?1")?;
        for (name, outcome) in &mut effect.records {
            if matches!(outcome.before, Before::Unknown) {
                let found = find.query_row([name], |row| place(row, 0)).optional().map_err(store_error)?;
                outcome.before = found.map_or(Before::Nowhere, Before::At);
            }
            if let (Before::At(place), None) = (outcome.before, outcome.after) {
                self.vacate(place, Some(name.to_vec()));
            }
        }
        Ok(())
    }

    fn look_below(&mut self, prefix: &RecordKey, effect: &mut Effect<'_>) -> Result<(), StoreError> {
        let sql = "SELECT name, slot, size FROM names WHERE name >= ?1 AND name < ?2";
        let mut statement = prepare(self.connection, sql)?;
        let mut rows = statement.query(params![prefix.as_octets(), end(prefix)]).map_err(store_error)?;
        while let Some(row) = rows.next().map_err(store_error)? {
            let name = row.get_ref(0).map_err(store_error)?;
            let name = name.as_blob().map_err(|_| StoreError::Corrupt)?;
            let place = place(row, 1).map_err(store_error)?;
            match effect.records.get_mut(name) {
                Some(outcome) => outcome.before = Before::At(place),
                None => self.vacate(place, Some(name.to_vec())),
            }
        }
        Ok(())
    }

    fn vacate(&mut self, place: Place, name: Option<Vec<u8>>) {
        self.overwrote = Overwrote::Something;
        self.vacant.entry(place.size).or_default().push((place.slot, name));
    }

    /// Writes what fits where it lay; returns what doesn't.
    fn overwrite<'d>(&mut self, effect: &Effect<'d>) -> Result<Vec<Added<'d>>, StoreError> {
        let mut fill = prepare(self.connection, FILL)?;
        let mut added = Vec::new();
        for outcome in effect.records.values() {
            let Some(record) = outcome.after else { continue };
            let key = outcome.key;
            let size = slot_length(slot_size(record.len())?)?;
            let name = match outcome.before {
                Before::At(place) if place.size == size => {
                    self.overwrote = Overwrote::Something;
                    change(&mut fill, params![place.slot, seal(key, record)?.expose(), size])?;
                    continue;
                }
                Before::At(place) => {
                    self.vacate(place, None);
                    Name::Known
                }
                Before::Nowhere | Before::Unknown => Name::New,
            };
            added.push(Added { key, record, size, name });
        }
        Ok(added)
    }

    /// Writes records into slots that the batch gives up; returns those that none has the size for.
    fn take_vacant<'d>(&mut self, added: Vec<Added<'d>>) -> Result<Vec<Added<'d>>, StoreError> {
        let mut fill = prepare(self.connection, FILL)?;
        let mut rename = prepare(self.connection, "UPDATE names SET name = ?2 WHERE name = ?1")?;
        let mut left = Vec::new();
        for added in added {
            let Some((slot, before)) = self.vacant.get_mut(&added.size).and_then(Vec::pop) else {
                left.push(added);
                continue;
            };
            change(&mut fill, params![slot, seal(added.key, added.record)?.expose(), added.size])?;
            match (before, added.name) {
                (Some(before), Name::New) => change(&mut rename, params![before, added.key.as_octets()])?,
                (before, name) => {
                    if let Some(before) = before {
                        change(&mut prepare(self.connection, FORGET)?, params![before])?;
                    }
                    self.lead(&added, name, slot)?;
                }
            }
        }
        Ok(left)
    }

    /// Makes the name of a record lead to a slot.
    fn lead(&self, added: &Added<'_>, name: Name, slot: i64) -> Result<(), StoreError> {
        let sql = match name {
            Name::New => "INSERT INTO names (name, slot, size) VALUES (?1, ?2, ?3)",
            Name::Known => "UPDATE names SET slot = ?2, size = ?3 WHERE name = ?1",
        };
        change(&mut prepare(self.connection, sql)?, params![added.key.as_octets(), slot, added.size])
    }

    /// Deletes the names that led to slots that are still vacant.
    fn forget_names(&self) -> Result<(), StoreError> {
        let mut forget = prepare(self.connection, FORGET)?;
        let names = self.vacant.values().flatten().filter_map(|(_, name)| name.as_ref());
        names.into_iter().try_for_each(|name| change(&mut forget, params![name]))
    }

    /// Overwrites the slots that are still vacant with zeros, and lists them as free.
    fn release(&self) -> Result<(), StoreError> {
        let sql = "UPDATE slots SET content = zeroblob(?2) WHERE slot = ?1 AND length(content) = ?2";
        let mut wipe = prepare(self.connection, sql)?;
        let mut list = prepare(self.connection, "INSERT INTO free (size, slot) VALUES (?1, ?2)")?;
        for (size, slots) in &self.vacant {
            for (slot, _) in slots {
                change(&mut wipe, params![slot, size])?;
                change(&mut list, params![size, slot])?;
            }
        }
        Ok(())
    }

    /// Writes records into free slots, or new ones.
    fn add(&self, added: &[Added<'_>]) -> Result<(), StoreError> {
        for added in added {
            let content = seal(added.key, added.record)?;
            let slot = match self.free_slot(added.size)? {
                Some(slot) => {
                    let mut fill = prepare(self.connection, FILL)?;
                    change(&mut fill, params![slot, content.expose(), added.size])?;
                    slot
                }
                None => {
                    let mut append = prepare(self.connection, "INSERT INTO slots (content) VALUES (?1)")?;
                    change(&mut append, params![content.expose()])?;
                    self.connection.last_insert_rowid()
                }
            };
            self.lead(added, added.name, slot)?;
        }
        Ok(())
    }

    /// Takes a free slot of this size off the list.
    fn free_slot(&self, size: i64) -> Result<Option<i64>, StoreError> {
        let mut find =
            prepare(self.connection, "SELECT slot FROM free WHERE size = ?1 ORDER BY slot LIMIT 1")?;
        let slot: Option<i64> = find.query_row([size], |row| row.get(0)).optional().map_err(store_error)?;
        if let Some(slot) = slot {
            let mut take = prepare(self.connection, "DELETE FROM free WHERE size = ?1 AND slot = ?2")?;
            change(&mut take, params![size, slot])?;
        }
        Ok(slot)
    }
}

/// Writes into a slot that has the size of the content, in place.
const FILL: &str = "UPDATE slots SET content = ?2 WHERE slot = ?1 AND length(content) = ?3";

/// Deletes a name.
const FORGET: &str = "DELETE FROM names WHERE name = ?1";

fn prepare<'c>(connection: &'c Connection, sql: &str) -> Result<CachedStatement<'c>, StoreError> {
    connection.prepare_cached(sql).map_err(store_error)
}

/// Changes the one row that has to be there: otherwise it is lost, or isn't as it was written.
fn change(statement: &mut CachedStatement<'_>, params: impl Params) -> Result<(), StoreError> {
    match statement.execute(params).map_err(store_error)? {
        1 => Ok(()),
        _ => Err(StoreError::Corrupt),
    }
}

/// The place in this column of a row and the next.
fn place(row: &Row<'_>, column: usize) -> rusqlite::Result<Place> {
    Ok(Place { slot: row.get(column)?, size: row.get(column.saturating_add(1))? })
}

fn slot_length(size: usize) -> Result<i64, StoreError> {
    i64::try_from(size).map_err(|_| StoreError::Full)
}
