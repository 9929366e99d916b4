//! A store that fails when it is told to.

use std::sync::atomic::{AtomicU64, Ordering};

use copath_records::{Record, RecordKey, StateDelta, Store, StoreError};

/// When a batch fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Before it is carried out: it never was.
    BeforeDurable(StoreError),
    /// After it has become durable: it only looks as if it never was, as when the answer is lost.
    AfterDurable(StoreError),
}

/// A store over another one that carries out `n` batches, and then fails once.
///
/// A test that lets each batch of a scenario fail, one by one, runs it for `n` from 0 on until
/// [`has_failed`](Self::has_failed) says that the scenario is over before the fault.
#[derive(Debug)]
pub struct FaultyStore<S> {
    inner: S,
    fault: Fault,
    after: u64,
    batches: AtomicU64,
}

impl<S: Store> FaultyStore<S> {
    /// A store over `inner` whose batch number `after`, counted from 0, fails with `fault`.
    pub fn new(inner: S, after: u64, fault: Fault) -> Self {
        Self { inner, fault, after, batches: AtomicU64::new(0) }
    }

    /// Whether the fault has happened.
    pub fn has_failed(&self) -> bool {
        self.batches() > self.after
    }

    /// How many batches there were, with the one that failed.
    pub fn batches(&self) -> u64 {
        self.batches.load(Ordering::SeqCst)
    }

    /// The store below.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S: Store> Store for FaultyStore<S> {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        self.inner.load(key)
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        self.inner.scan(prefix)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        if self.batches.fetch_add(1, Ordering::SeqCst) != self.after {
            return self.inner.commit(delta);
        }
        match self.fault {
            Fault::BeforeDurable(error) => Err(error),
            Fault::AfterDurable(error) => self.inner.commit(delta).and(Err(error)),
        }
    }

    fn stored_generation(&self) -> Result<Option<u64>, StoreError> {
        self.inner.stored_generation()
    }

    fn raise_generation(&self, generation: u64) -> Result<(), StoreError> {
        self.inner.raise_generation(generation)
    }
}

#[cfg(test)]
mod tests {
    use copath_records::{MemoryStore, RecordKind};

    use super::*;

    fn put(n: u32) -> StateDelta {
        let mut delta = StateDelta::new();
        delta.put(RecordKey::new(RecordKind::GROUP).push_u32(n), Record::copy_of(b"x"));
        delta
    }

    #[test]
    fn one_batch_fails_before_or_after_it_is_durable() {
        for (fault, held) in
            [(Fault::BeforeDurable(StoreError::Full), 3), (Fault::AfterDurable(StoreError::Io), 4)]
        {
            let store = FaultyStore::new(MemoryStore::new(), 1, fault);
            let results: Vec<_> =
                (0..4).map(|n| (store.commit(&put(n)).is_ok(), store.has_failed())).collect();
            assert_eq!(results, [(true, false), (false, true), (true, true), (true, true)]);
            assert_eq!((store.batches(), store.into_inner().count()), (4, Ok(held)));
        }
    }
}
