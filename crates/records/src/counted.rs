//! A generation for any store.

use core::fmt;
use std::sync::{Mutex, MutexGuard};

use alloc::vec::Vec;

use crate::{
    Operation, Record, RecordKey, RecordKind, StateDelta, Store, StoreError, unwrap_payload, wrap_payload,
};

/// A [`Store`] that counts the batches of the store below, in a record of their own, so that an application which
/// keeps the number elsewhere notices a restored backup or a clone.
///
/// Each batch is so much larger: a record of 9 octets under a key of one. `copath-store-encrypted` counts by itself.
pub struct CountedStore<S> {
    inner: S,
    count: Mutex<Count>,
}

#[derive(Debug)]
struct Count {
    /// What is stored, as far as is known: a batch that failed can be there to be read, and be lost yet.
    stored: u64,
    /// As of the last batch that was durable for certain.
    durable: u64,
}

impl<S: Store> CountedStore<S> {
    /// Goes on counting where `inner` is.
    ///
    /// # Errors
    /// Those of `inner`.
    pub fn new(inner: S) -> Result<Self, StoreError> {
        let stored = load(&inner)?;
        Ok(Self { inner, count: Mutex::new(Count { stored, durable: stored }) })
    }

    /// The store below.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    fn lock(&self) -> Result<MutexGuard<'_, Count>, StoreError> {
        self.count.lock().map_err(|_| StoreError::Unavailable)
    }

    /// Commits `operations` and the number that `next` makes of the present one.
    fn advance(
        &self,
        count: &mut Count,
        operations: &StateDelta,
        next: impl Fn(u64) -> Option<u64>,
    ) -> Result<(), StoreError> {
        loop {
            let to = next(count.stored).ok_or(StoreError::Full)?;
            let mut delta = StateDelta::new();
            let before = (count.stored != 0).then(|| record(count.stored));
            delta.expect(key(), before).extend(operations.iter().map(Operation::duplicate));
            delta.put(key(), record(to));
            match self.inner.commit(&delta) {
                Ok(()) => {
                    *count = Count { stored: to, durable: to };
                    return Ok(());
                }
                // Somebody else may have counted meanwhile; if not, it is what the batch itself expects.
                Err(StoreError::Conflict) => match load(&self.inner)? {
                    found if found == count.stored => return Err(StoreError::Conflict),
                    found => count.stored = found,
                },
                Err(error) => return Err(error),
            }
        }
    }
}

impl<S: Store> Store for CountedStore<S> {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        self.inner.load(key)
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        self.inner.scan(prefix)
    }

    fn scan_each(&self, prefixes: &[RecordKey]) -> Result<Vec<Vec<(RecordKey, Record)>>, StoreError> {
        self.inner.scan_each(prefixes)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        if delta.is_empty() {
            return Ok(());
        }
        self.advance(&mut *self.lock()?, delta, |known| known.checked_add(1))
    }

    fn stored_generation(&self) -> Result<Option<u64>, StoreError> {
        Ok(Some(self.lock()?.durable))
    }

    fn raise_generation(&self, generation: u64) -> Result<(), StoreError> {
        self.advance(&mut *self.lock()?, &StateDelta::new(), |known| Some(known.max(generation)))
    }
}

fn key() -> RecordKey {
    RecordKey::new(RecordKind::GENERATION)
}

fn record(generation: u64) -> Record {
    wrap_payload(&generation.to_be_bytes())
}

fn load(store: &dyn Store) -> Result<u64, StoreError> {
    let Some(record) = store.load(&key())? else { return Ok(0) };
    let (_, payload) = unwrap_payload(&record)?;
    Ok(u64::from_be_bytes(payload.try_into().map_err(|_| StoreError::Corrupt)?))
}

impl<S: fmt::Debug> fmt::Debug for CountedStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CountedStore").field("inner", &self.inner).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;
    use alloc::string::String;
    use alloc::sync::Arc;
    use core::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::{MemoryStore, conformance};

    fn put(n: u32) -> StateDelta {
        let mut delta = StateDelta::new();
        delta.put(RecordKey::new(RecordKind::GROUP).push_u32(n), Record::copy_of(b"x"));
        delta
    }

    #[test]
    fn counted_stores_keep_the_promises_of_a_store() {
        let stores = Mutex::new(BTreeMap::<String, Arc<MemoryStore>>::new());
        let open =
            |name: &str| CountedStore::new(stores.lock().unwrap().entry(name.into()).or_default().clone());
        assert_eq!(conformance::check(open), Ok(()));
    }

    #[test]
    fn batches_are_counted_across_users_and_restarts() {
        let inner = Arc::new(MemoryStore::new());
        let open = || CountedStore::new(Arc::clone(&inner)).unwrap();
        let (first, second) = (open(), open());
        first.commit(&put(1)).unwrap();
        second.commit(&put(2)).unwrap();
        first.commit(&put(3)).unwrap();
        first.commit(&StateDelta::new()).unwrap();
        assert_eq!(first.stored_generation(), Ok(Some(3)));
        let mut wrong = put(4);
        wrong.expect(RecordKey::new(RecordKind::GROUP).push_u32(1), None);
        assert_eq!(second.commit(&wrong), Err(StoreError::Conflict));
        assert_eq!(open().stored_generation(), Ok(Some(3)));
        first.raise_generation(10).unwrap();
        first.raise_generation(7).unwrap();
        second.commit(&put(5)).unwrap();
        assert_eq!(open().stored_generation(), Ok(Some(11)));
        assert_eq!(inner.stored_generation(), Ok(None));
    }

    /// A store that says of its next batches that they took place, or that they failed although they can be read.
    #[derive(Debug, Default)]
    struct Cached {
        inner: MemoryStore,
        fails: AtomicBool,
    }

    impl Store for Cached {
        fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
            self.inner.load(key)
        }

        fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
            self.inner.scan(prefix)
        }

        fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
            self.inner.commit(delta)?;
            if self.fails.load(Ordering::Relaxed) { Err(StoreError::Io) } else { Ok(()) }
        }
    }

    #[test]
    fn what_is_not_durable_is_not_told() {
        let store = CountedStore::new(Cached::default()).unwrap();
        store.commit(&put(1)).unwrap();
        store.inner().fails.store(true, Ordering::Relaxed);
        for _ in 0..3 {
            assert_eq!(store.commit(&put(2)), Err(StoreError::Io));
            assert_eq!(store.stored_generation(), Ok(Some(1)), "those that failed may be lost yet");
        }
        store.inner().fails.store(false, Ordering::Relaxed);
        store.commit(&put(3)).unwrap();
        assert_eq!(store.stored_generation(), Ok(Some(5)));
    }
}
