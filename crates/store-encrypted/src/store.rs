//! The store itself.

use core::fmt;
use std::sync::{Mutex, MutexGuard};

use copath_records::{Record, RecordKey, RecordKind, StateDelta, Store, StoreError};

use crate::batch::{self, Batch};
use crate::envelope::{DataKey, Envelope};
use crate::realm::Realm;
use crate::secret::StoreSecret;
use crate::state::{Knowledge, Root, State, envelope_name, root_name};

/// A [`Store`] whose records are sealed in another store.
///
/// The store below belongs to it: a record that somebody else writes, changes, puts back or takes away there is
/// [`StoreError::Corrupt`].
pub struct EncryptedStore<S> {
    pub(crate) inner: S,
    pub(crate) state: Mutex<State>,
}

impl<S: Store> EncryptedStore<S> {
    /// Makes a store in `inner`, which has to be empty, that `secret` opens.
    ///
    /// # Errors
    /// [`StoreError::Foreign`] if there are records in `inner`; those of `inner`.
    pub fn create(inner: S, secret: &StoreSecret) -> Result<Self, StoreError> {
        for kind in 0..=u8::MAX {
            if !inner.scan(&RecordKey::new(RecordKind(kind)))?.is_empty() {
                return Err(StoreError::Foreign);
            }
        }
        let envelope = Envelope { serial: 1, keys: vec![DataKey::random(0)?] };
        let realm = envelope.keys.first().map(Realm::empty).ok_or(StoreError::Unavailable)?;
        let root = Root { generation: 0, serial: 1, realms: vec![(realm.number, realm.sum)] };
        let mut delta = StateDelta::new();
        delta.expect(envelope_name(), None).put(envelope_name(), envelope.seal(secret)?);
        delta.put(root_name(), root.seal(&realm)?);
        inner.commit(&delta)?;
        let state = State::load(&inner, &envelope)?;
        Ok(Self { inner, state: Mutex::new(state) })
    }

    /// Opens the store in `inner`. Nothing is written.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none, [`StoreError::WrongKey`] if `secret` isn't its secret,
    /// [`StoreError::Corrupt`] if something was damaged, swapped, put back or taken away,
    /// [`StoreError::NewerFormat`], and those of `inner`.
    pub fn open(inner: S, secret: &StoreSecret) -> Result<Self, StoreError> {
        let envelope = Envelope::open(&inner.load(&envelope_name())?.ok_or(StoreError::Missing)?, secret)?;
        let state = State::load(&inner, &envelope)?;
        Ok(Self { inner, state: Mutex::new(state) })
    }

    /// Opens the store in `inner`, which has reached generation `at_least` before. A client that is given the
    /// generation itself remembers what it noticed, and leads the way on: open the store by [`open`](Self::open) then.
    ///
    /// # Errors
    /// [`StoreError::RolledBack`] if it is older: a restored backup or a clone, whose groups have to be rejoined;
    /// and those of [`open`](Self::open).
    pub fn open_at_least(inner: S, secret: &StoreSecret, at_least: u64) -> Result<Self, StoreError> {
        let store = Self::open(inner, secret)?;
        match store.generation()? {
            found if found < at_least => Err(StoreError::RolledBack { found, expected: at_least }),
            _ => Ok(store),
        }
    }

    /// Opens the store in `inner`, or makes one if `inner` is empty.
    ///
    /// An application that had a store here before calls [`open`](Self::open) instead, and learns that it is gone.
    ///
    /// # Errors
    /// Those of [`open`](Self::open) and [`create`](Self::create).
    pub fn open_or_create(inner: S, secret: &StoreSecret) -> Result<Self, StoreError> {
        match inner.load(&envelope_name())? {
            Some(_) => Self::open(inner, secret),
            None => Self::create(inner, secret),
        }
    }

    /// The number of batches so far.
    ///
    /// Nothing inside a store can tell that all of it was replaced by an older copy. An application that keeps this
    /// number somewhere else, after a batch or now and then, and hands it to [`open_at_least`](Self::open_at_least)
    /// finds out. It is never ahead of what is durable: a batch that failed counts when one after it has succeeded.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if a thread panicked while it wrote; after a failed batch those of `inner`.
    pub fn generation(&self) -> Result<u64, StoreError> {
        Ok(self.lock()?.durable)
    }

    /// The state, as it is stored.
    pub(crate) fn lock(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let mut state = self.state.lock().map_err(|_| StoreError::Unavailable)?;
        state.settle(&self.inner)?;
        Ok(state)
    }

    /// Commits a batch below, and knows what it changed.
    pub(crate) fn carry_out(&self, state: &mut State, batch: Batch) -> Result<(), StoreError> {
        state.knowledge = Knowledge::Doubtful;
        self.inner.commit(&batch.delta)?;
        batch.install(state);
        state.knowledge = Knowledge::Certain;
        state.durable = state.generation;
        state.possible.clear();
        Ok(())
    }

    /// Prepares a batch and commits it. One that comes to nothing still makes durable what was in doubt.
    fn write(
        &self,
        prepare: impl FnMut(&mut State, &dyn Store) -> Result<Option<Batch>, StoreError>,
    ) -> Result<(), StoreError> {
        let mut state = self.lock()?;
        match state.up_to_date(&self.inner, prepare)? {
            Some(batch) => self.carry_out(&mut state, batch),
            None => self.make_durable(&mut state),
        }
    }

    /// Stores another batch after one that failed and turned out to have taken place: what can be read need not be
    /// durable.
    pub(crate) fn make_durable(&self, state: &mut State) -> Result<(), StoreError> {
        if state.durable == state.generation {
            return Ok(());
        }
        let batch = batch::prepare_generation(state, 0)?;
        self.carry_out(state, batch)
    }
}

impl<S: Store> Store for EncryptedStore<S> {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        self.lock()?.up_to_date(&self.inner, |state, inner| state.load_record(inner, key))
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        self.lock()?.up_to_date(&self.inner, |state, inner| state.scan(inner, prefix))
    }

    fn scan_each(&self, prefixes: &[RecordKey]) -> Result<Vec<Vec<(RecordKey, Record)>>, StoreError> {
        self.lock()?.up_to_date(&self.inner, |state, inner| {
            prefixes.iter().map(|prefix| state.scan(inner, prefix)).collect()
        })
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        self.write(|state, inner| batch::prepare(state, inner, delta))
    }

    fn stored_generation(&self) -> Result<Option<u64>, StoreError> {
        self.generation().map(Some)
    }

    fn raise_generation(&self, generation: u64) -> Result<(), StoreError> {
        self.write(|state, _| match state.generation >= generation {
            true => Ok(None),
            false => batch::prepare_generation(state, generation).map(Some),
        })
    }
}

impl<S: fmt::Debug> fmt::Debug for EncryptedStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptedStore").field("inner", &self.inner).finish_non_exhaustive()
    }
}
