//! The operations of a batch, as SQL inside one transaction.

use copath_records::{Operation, Record, RecordKey, StateDelta, StoreError};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::content::{self, seal, slot_size};
use crate::error::store_error;

/// Where a record lies.
#[derive(Clone, Copy)]
struct Place {
    slot: i64,
    size: i64,
}

/// Whether a batch has overwritten anything, which the write-ahead log may still hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Overwrote {
    #[default]
    Nothing,
    Something,
}

/// Carries out the operations of `delta`; the caller holds a transaction.
pub(crate) fn run(connection: &Connection, delta: &StateDelta) -> Result<Overwrote, StoreError> {
    let mut batch = Batch { connection, overwrote: Overwrote::Nothing };
    for operation in delta {
        if let Operation::Expect(key, expected) = operation {
            batch.expect(key, expected.as_ref())?;
        }
    }
    for operation in delta {
        match operation {
            Operation::Expect(..) => {}
            Operation::Put(key, record) => batch.put(key, record)?,
            Operation::Delete(key) => batch.delete(key)?,
            Operation::DeletePrefix(prefix) => batch.delete_prefix(prefix)?,
        }
    }
    Ok(batch.overwrote)
}

/// The record under `key`.
pub(crate) fn load(connection: &Connection, key: &RecordKey) -> Result<Option<Record>, StoreError> {
    let sql = "SELECT content FROM names LEFT JOIN slots USING (slot) WHERE name = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(store_error)?;
    let found = statement.query_row([key.as_octets()], |row| Ok(read(key, row, 0))).optional();
    found.map_err(store_error)?.transpose()
}

/// The record whose slot is in this column of a row.
pub(crate) fn read(key: &RecordKey, row: &Row<'_>, column: usize) -> Result<Record, StoreError> {
    let content = row.get_ref(column).map_err(store_error)?;
    content::open(key, content.as_blob().map_err(|_| StoreError::Corrupt)?)
}

struct Batch<'a> {
    connection: &'a Connection,
    overwrote: Overwrote,
}

impl Batch<'_> {
    fn expect(&self, key: &RecordKey, expected: Option<&Record>) -> Result<(), StoreError> {
        let found = load(self.connection, key)?;
        if found.as_ref().map(Record::expose) == expected.map(Record::expose) {
            Ok(())
        } else {
            Err(StoreError::Conflict)
        }
    }

    fn put(&mut self, key: &RecordKey, record: &Record) -> Result<(), StoreError> {
        let content = seal(key, record)?;
        let size = slot_length(slot_size(record.len())?)?;
        match self.place(key)? {
            Some(place) if place.size == size => {
                self.overwrote = Overwrote::Something;
                return self.fill(place, content.expose());
            }
            Some(place) => self.release(place)?,
            None => {}
        }
        let slot = match self.free_slot(size)? {
            Some(slot) => {
                self.fill(Place { slot, size }, content.expose())?;
                slot
            }
            None => self.append(content.expose())?,
        };
        let sql = "INSERT INTO names (name, slot, size) VALUES (?1, ?2, ?3)
                   ON CONFLICT (name) DO UPDATE SET slot = ?2, size = ?3";
        self.change(1, sql, params![key.as_octets(), slot, size])
    }

    fn delete(&mut self, key: &RecordKey) -> Result<(), StoreError> {
        let Some(place) = self.place(key)? else { return Ok(()) };
        self.change(1, "DELETE FROM names WHERE name = ?1", params![key.as_octets()])?;
        self.release(place)
    }

    fn delete_prefix(&mut self, prefix: &RecordKey) -> Result<(), StoreError> {
        let (from, to) = (prefix.as_octets(), prefix.prefix_end());
        let places = self.places(from, to.as_deref())?;
        let count = places.len();
        // Names first: the pages that they leave are room for the list of free slots, in a store that is full.
        match to {
            Some(to) => {
                self.change(count, "DELETE FROM names WHERE name >= ?1 AND name < ?2", params![from, to])?;
            }
            None => self.change(count, "DELETE FROM names WHERE name >= ?1", params![from])?,
        }
        places.into_iter().try_for_each(|place| self.release(place))
    }

    fn place(&self, key: &RecordKey) -> Result<Option<Place>, StoreError> {
        let sql = "SELECT slot, size FROM names WHERE name = ?1";
        let mut statement = self.connection.prepare_cached(sql).map_err(store_error)?;
        statement.query_row([key.as_octets()], read_place).optional().map_err(store_error)
    }

    fn places(&self, from: &[u8], to: Option<&[u8]>) -> Result<Vec<Place>, StoreError> {
        let sql = match to {
            Some(_) => "SELECT slot, size FROM names WHERE name >= ?1 AND name < ?2",
            None => "SELECT slot, size FROM names WHERE name >= ?1 AND ?2 IS NULL",
        };
        let mut statement = self.connection.prepare_cached(sql).map_err(store_error)?;
        let places = statement.query_map(params![from, to], read_place).map_err(store_error)?;
        places.collect::<Result<_, _>>().map_err(store_error)
    }

    /// Overwrites a slot with zeros and lists it as free.
    fn release(&mut self, place: Place) -> Result<(), StoreError> {
        self.overwrote = Overwrote::Something;
        let sql = "UPDATE slots SET content = zeroblob(?2) WHERE slot = ?1 AND length(content) = ?2";
        self.change(1, sql, params![place.slot, place.size])?;
        self.change(1, "INSERT INTO free (size, slot) VALUES (?1, ?2)", params![place.size, place.slot])
    }

    /// Takes a free slot of this size off the list.
    fn free_slot(&self, size: i64) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT slot FROM free WHERE size = ?1 ORDER BY slot LIMIT 1";
        let mut statement = self.connection.prepare_cached(sql).map_err(store_error)?;
        let slot = statement.query_row([size], |row| row.get(0)).optional().map_err(store_error)?;
        if let Some(slot) = slot {
            self.change(1, "DELETE FROM free WHERE size = ?1 AND slot = ?2", params![size, slot])?;
        }
        Ok(slot)
    }

    /// Writes into a slot that has the size of `content`, in place.
    fn fill(&self, place: Place, content: &[u8]) -> Result<(), StoreError> {
        let sql = "UPDATE slots SET content = ?2 WHERE slot = ?1 AND length(content) = ?3";
        self.change(1, sql, params![place.slot, content, place.size])
    }

    fn append(&self, content: &[u8]) -> Result<i64, StoreError> {
        self.change(1, "INSERT INTO slots (content) VALUES (?1)", params![content])?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Changes as many rows as there have to be: if it is another number, a row is lost, or isn't as it was written.
    fn change(&self, rows: usize, sql: &str, params: impl rusqlite::Params) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(store_error)?;
        let changed = statement.execute(params).map_err(store_error)?;
        if changed == rows { Ok(()) } else { Err(StoreError::Corrupt) }
    }
}

fn read_place(row: &Row<'_>) -> rusqlite::Result<Place> {
    Ok(Place { slot: row.get(0)?, size: row.get(1)? })
}

fn slot_length(size: usize) -> Result<i64, StoreError> {
    i64::try_from(size).map_err(|_| StoreError::Full)
}
