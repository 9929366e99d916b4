//! A store that was damaged.

use std::sync::Mutex;

use copath::{MemoryStore, StateDelta, Store, StoreError};
use copath_records::{Record, RecordKey};

/// A store with a record that can't be read, alone or among others.
#[derive(Debug, Default)]
pub(crate) struct BrokenStore {
    pub(crate) inner: MemoryStore,
    broken: Mutex<Option<RecordKey>>,
}

impl BrokenStore {
    /// This record can't be read from now on; all can, if it is none.
    pub(crate) fn break_record(&self, key: Option<RecordKey>) {
        *self.broken.lock().unwrap() = key;
    }
}

impl Store for BrokenStore {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        if self.broken.lock().unwrap().as_ref() == Some(key) {
            return Err(StoreError::Corrupt);
        }
        self.inner.load(key)
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        if self.broken.lock().unwrap().as_ref().is_some_and(|broken| broken.starts_with(prefix)) {
            return Err(StoreError::Corrupt);
        }
        self.inner.scan(prefix)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        self.inner.commit(delta)
    }
}
