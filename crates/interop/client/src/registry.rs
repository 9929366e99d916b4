//! What ids stand for.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ClientError;

/// Gives out ids, each once: a request may hold a state's id or a transaction's without saying which. Begins at 1,
/// because the harness says 0 for an actor that has neither.
#[derive(Debug)]
pub(crate) struct Ids(AtomicU32);

impl Ids {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(1))
    }

    fn next(&self) -> Result<u32, ClientError> {
        let step = |id: u32| id.checked_add(1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step).map_err(|_| ClientError::NoMoreIds)
    }
}

/// Entries of one kind, by id. Each can be used by one request at a time.
#[derive(Debug)]
pub(crate) struct Table<T> {
    kind: &'static str,
    entries: Mutex<BTreeMap<u32, Arc<Mutex<T>>>>,
}

impl<T> Table<T> {
    /// `kind` is what errors call an entry.
    pub(crate) fn new(kind: &'static str) -> Self {
        Self { kind, entries: Mutex::default() }
    }

    pub(crate) fn insert(&self, ids: &Ids, entry: T) -> Result<u32, ClientError> {
        let id = ids.next()?;
        lock(&self.entries).insert(id, Arc::new(Mutex::new(entry)));
        Ok(id)
    }

    /// # Errors
    /// [`ClientError::UnknownId`].
    pub(crate) fn find(&self, id: u32) -> Result<Arc<Mutex<T>>, ClientError> {
        self.look_up(id).ok_or(ClientError::UnknownId { kind: self.kind, id })
    }

    pub(crate) fn look_up(&self, id: u32) -> Option<Arc<Mutex<T>>> {
        lock(&self.entries).get(&id).map(Arc::clone)
    }

    pub(crate) fn remove(&self, id: u32) -> Option<Arc<Mutex<T>>> {
        lock(&self.entries).remove(&id)
    }
}

/// Entries change as a whole, so they are whole whatever happened to a thread that held them.
pub(crate) fn lock<T>(entry: &Mutex<T>) -> MutexGuard<'_, T> {
    entry.lock().unwrap_or_else(PoisonError::into_inner)
}
