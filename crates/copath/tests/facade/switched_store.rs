//! A store that can be broken.

use std::sync::atomic::{AtomicU8, Ordering};

use copath::{MemoryStore, StateDelta, Store, StoreError};
use copath_records::{Record, RecordKey};

/// A store in memory whose batches fail while it is broken, before they take place or after.
#[derive(Debug, Default)]
pub(crate) struct SwitchedStore {
    inner: MemoryStore,
    broken: AtomicU8,
}

impl SwitchedStore {
    /// Batches fail and change nothing.
    pub(crate) fn break_down(&self) {
        self.broken.store(1, Ordering::Relaxed);
    }

    /// Batches take place and are reported as failed.
    pub(crate) fn break_down_after(&self) {
        self.broken.store(2, Ordering::Relaxed);
    }

    pub(crate) fn mend(&self) {
        self.broken.store(0, Ordering::Relaxed);
    }
}

impl Store for SwitchedStore {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        self.inner.load(key)
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        self.inner.scan(prefix)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        match self.broken.load(Ordering::Relaxed) {
            0 => self.inner.commit(delta),
            1 => Err(StoreError::Full),
            _ => self.inner.commit(delta).and(Err(StoreError::Full)),
        }
    }
}
