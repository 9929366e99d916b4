//! A store between whose batches something else happens.

use std::sync::{Arc, Mutex};

use copath::{MemoryStore, StateDelta, Store, StoreError};
use copath_records::{Operation, Record, RecordKey};

/// A store in memory of which one batch can be held back, or preceded by what somebody else does.
#[derive(Debug, Default)]
pub(crate) struct HookedStore {
    pub(crate) inner: Arc<MemoryStore>,
    next: Mutex<Next>,
    held: Mutex<Option<StateDelta>>,
}

#[derive(Default)]
enum Next {
    #[default]
    CarriedOut,
    Held,
    After(Box<dyn FnOnce() + Send>),
}

impl HookedStore {
    /// The next batch isn't carried out, and reported as failed, until [`Self::carry_out_held`].
    pub(crate) fn hold_next(&self) {
        *self.next.lock().unwrap() = Next::Held;
    }

    /// Carries out the batch that was held: the store has got to it at last.
    pub(crate) fn carry_out_held(&self) {
        let held = self.held.lock().unwrap().take().unwrap();
        // Whether it finds what it expects is its own affair.
        let _ = self.inner.commit(&held);
    }

    /// This happens just before the next batch, after everything that the batch comes from was read.
    pub(crate) fn before_next(&self, event: impl FnOnce() + Send + 'static) {
        *self.next.lock().unwrap() = Next::After(Box::new(event));
    }
}

impl Store for HookedStore {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        self.inner.load(key)
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        self.inner.scan(prefix)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        match std::mem::take(&mut *self.next.lock().unwrap()) {
            Next::CarriedOut => {}
            Next::Held => {
                let mut held = StateDelta::new();
                held.extend(delta.iter().map(Operation::duplicate));
                *self.held.lock().unwrap() = Some(held);
                return Err(StoreError::Unavailable);
            }
            Next::After(event) => event(),
        }
        self.inner.commit(delta)
    }
}

impl std::fmt::Debug for Next {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::CarriedOut => "CarriedOut",
            Self::Held => "Held",
            Self::After(_) => "After",
        })
    }
}
