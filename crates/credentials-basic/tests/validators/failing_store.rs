//! A store that fails on demand.

use std::sync::atomic::{AtomicBool, Ordering};

use copath_records::{MemoryStore, Record, RecordKey, StateDelta, Store, StoreError};

#[derive(Debug, Default)]
pub(crate) struct FailingStore {
    inner: MemoryStore,
    pub(crate) fails: AtomicBool,
}

impl Store for FailingStore {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        self.inner.load(key)
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        self.inner.scan(prefix)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        if self.fails.load(Ordering::Relaxed) { Err(StoreError::Full) } else { self.inner.commit(delta) }
    }
}
