//! A store in memory.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Bound;
use std::sync::{RwLock, RwLockReadGuard};

use crate::{Operation, Record, RecordKey, StateDelta, Store, StoreError};

type Records = BTreeMap<RecordKey, Record>;

/// A [`Store`] that lives as long as the process. Records are wiped when they are replaced or deleted.
#[derive(Default)]
pub struct MemoryStore {
    records: RwLock<Records>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many records there are.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if a thread panicked while it wrote.
    pub fn count(&self) -> Result<usize, StoreError> {
        Ok(self.read()?.len())
    }

    /// A second store with a copy of all records: the state that a crash at this moment would leave.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if a thread panicked while it wrote.
    pub fn snapshot(&self) -> Result<Self, StoreError> {
        let copy = self.read()?.iter().map(|(key, record)| (key.clone(), record.duplicate())).collect();
        Ok(Self { records: RwLock::new(copy) })
    }

    fn read(&self) -> Result<RwLockReadGuard<'_, Records>, StoreError> {
        self.records.read().map_err(|_| StoreError::Unavailable)
    }
}

impl Store for MemoryStore {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        Ok(self.read()?.get(key).map(Record::duplicate))
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        Ok(copies_below(&*self.read()?, prefix))
    }

    fn scan_each(&self, prefixes: &[RecordKey]) -> Result<Vec<Vec<(RecordKey, Record)>>, StoreError> {
        let records = self.read()?;
        Ok(prefixes.iter().map(|prefix| copies_below(&records, prefix)).collect())
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        let mut records = self.records.write().map_err(|_| StoreError::Unavailable)?;
        for operation in delta {
            if let Operation::Expect(key, expected) = operation
                && records.get(key).map(Record::expose) != expected.as_ref().map(Record::expose)
            {
                return Err(StoreError::Conflict);
            }
        }
        for operation in delta {
            match operation {
                Operation::Expect(..) => {}
                Operation::Put(key, record) => {
                    records.insert(key.clone(), record.duplicate());
                }
                Operation::Delete(key) => {
                    records.remove(key);
                }
                Operation::DeletePrefix(prefix) => {
                    let doomed: Vec<_> = below(&records, prefix).map(|(key, _)| key.clone()).collect();
                    for key in doomed {
                        records.remove(&key);
                    }
                }
            }
        }
        Ok(())
    }
}

fn copies_below(records: &Records, prefix: &RecordKey) -> Vec<(RecordKey, Record)> {
    below(records, prefix).map(|(key, record)| (key.clone(), record.duplicate())).collect()
}

/// The records whose key starts with `prefix`, found without looking at others.
fn below<'a>(
    records: &'a Records,
    prefix: &'a RecordKey,
) -> impl Iterator<Item = (&'a RecordKey, &'a Record)> + 'a {
    records
        .range((Bound::Included(prefix), Bound::Unbounded))
        .take_while(move |(key, _)| key.starts_with(prefix))
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count() {
            Ok(count) => write!(f, "MemoryStore({count} records)"),
            Err(error) => write!(f, "MemoryStore({error})"),
        }
    }
}

#[cfg(test)]
mod tests;
