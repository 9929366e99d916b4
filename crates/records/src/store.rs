//! Where records live.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::Debug;

use crate::{Record, RecordKey, StateDelta, StoreError};

/// A database of records with atomic batches.
///
/// Records are secret and must be erased when replaced or deleted, as far as the medium allows (RFC 9420 §9.2).
pub trait Store: Debug + Send + Sync {
    /// The record under `key`, if there is one.
    ///
    /// # Errors
    /// Those of the store.
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError>;

    /// All records whose key starts with `prefix`, in the order of their keys.
    ///
    /// # Errors
    /// Those of the store.
    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError>;

    /// What [`scan`](Self::scan) gives for each of `prefixes`, in their order: much of one group at once.
    ///
    /// A store that can read all of it as of one moment, and for less than as many scans, has a method of its own.
    ///
    /// # Errors
    /// Those of the store.
    fn scan_each(&self, prefixes: &[RecordKey]) -> Result<Vec<Vec<(RecordKey, Record)>>, StoreError> {
        prefixes.iter().map(|prefix| self.scan(prefix)).collect()
    }

    /// Carries out all operations of `delta` in their order, or none of them. On success they are durable: a crash
    /// right after the return loses nothing. What [`Operation::Expect`](crate::Operation::Expect) names is compared
    /// first, in the same transaction.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if an expected record isn't there, and those of the store; nothing has changed then.
    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError>;

    /// How many batches there were, in a store that counts them: a number that only grows, so that an older copy of
    /// the store is noticed by whoever keeps it elsewhere. It is never ahead of what is durable. `None` in a store
    /// that doesn't count: [`CountedStore`](crate::CountedStore) does so for any.
    ///
    /// # Errors
    /// Those of the store.
    fn stored_generation(&self) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }

    /// Goes on counting from `generation` at least: an older copy of the store was noticed, and nothing in it is used
    /// any more that was used since. Does nothing in a store that doesn't count.
    ///
    /// # Errors
    /// Those of the store; whether it took place is told by [`stored_generation`](Self::stored_generation).
    fn raise_generation(&self, _generation: u64) -> Result<(), StoreError> {
        Ok(())
    }
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        (**self).load(key)
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        (**self).scan(prefix)
    }

    fn scan_each(&self, prefixes: &[RecordKey]) -> Result<Vec<Vec<(RecordKey, Record)>>, StoreError> {
        (**self).scan_each(prefixes)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        (**self).commit(delta)
    }

    fn stored_generation(&self) -> Result<Option<u64>, StoreError> {
        (**self).stored_generation()
    }

    fn raise_generation(&self, generation: u64) -> Result<(), StoreError> {
        (**self).raise_generation(generation)
    }
}
