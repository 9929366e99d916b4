//! A store that breaks its promise: it says that a batch is durable, and writes it with the next one.
//!
//! To see that the crash test notices.

use std::sync::Mutex;

use copath::{MemoryStore, StateDelta, Store, StoreError};
use copath_records::{Operation, Record, RecordKey, RecordKind};

/// Reads what was said to be stored, and stores it late.
#[derive(Debug)]
pub(crate) struct LazyStore<S> {
    durable: S,
    seen: MemoryStore,
    held: Mutex<Option<StateDelta>>,
}

impl<S: Store> LazyStore<S> {
    pub(crate) fn new(durable: S) -> Self {
        let seen = MemoryStore::new();
        for kind in RecordKind::ALL {
            let mut copy = StateDelta::new();
            for (key, record) in durable.scan(&RecordKey::new(*kind)).unwrap() {
                copy.put(key, record);
            }
            seen.commit(&copy).unwrap();
        }
        Self { durable, seen, held: Mutex::new(None) }
    }
}

impl<S: Store> Store for LazyStore<S> {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        self.seen.load(key)
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        self.seen.scan(prefix)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        self.seen.commit(delta)?;
        let mut copy = StateDelta::new();
        for operation in delta {
            match operation {
                Operation::Put(key, record) => copy.put(key.clone(), record.duplicate()),
                Operation::Delete(key) => copy.delete(key.clone()),
                Operation::DeletePrefix(prefix) => copy.delete_prefix(prefix.clone()),
                Operation::Expect(..) => &mut copy,
            };
        }
        match self.held.lock().unwrap().replace(copy) {
            Some(earlier) => self.durable.commit(&earlier),
            None => Ok(()),
        }
    }
}
