//! The store itself.

use core::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use copath_records::{Record, RecordKey, StateDelta, Store, StoreError};
use rusqlite::{Connection, TransactionBehavior};

use crate::batch::{self, Overwrote};
use crate::erasure::{empty_log, log_pages};
use crate::error::store_error;
use crate::verify::verify;
use crate::{Access, Erasure, SqliteOptions, scan};

/// A [`Store`] in one SQLite file, which it has to itself.
pub struct SqliteStore {
    state: Mutex<State>,
    access: Access,
    erasure: Erasure,
}

/// What is behind the lock.
struct State {
    connection: Connection,
    /// Why the log couldn't be emptied when it was due, until it is.
    unerased: Option<StoreError>,
}

impl State {
    /// Empties the log, and remembers whether that worked.
    fn erase(&mut self) -> Result<(), StoreError> {
        let erased = empty_log(&self.connection);
        self.unerased = erased.err();
        erased
    }
}

impl SqliteStore {
    /// Opens the store at `path` for reading and writing, and creates it if there is none.
    ///
    /// # Errors
    /// Those of [`SqliteOptions::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        SqliteOptions::new().open(path)
    }

    /// With the reason why its log couldn't be emptied, if so.
    pub(crate) fn new(connection: Connection, unerased: Option<StoreError>, options: &SqliteOptions) -> Self {
        let state = Mutex::new(State { connection, unerased });
        Self { state, access: options.access, erasure: options.erasure }
    }

    /// Empties the write-ahead log now: what was replaced or deleted before is in none of the files after.
    ///
    /// # Errors
    /// [`StoreError::Full`] if the database needs room to take over the log, and those of the file system; all
    /// records are safe, and the log is emptied another time.
    pub fn erase(&self) -> Result<(), StoreError> {
        if self.access == Access::ReadOnly {
            return Err(StoreError::ReadOnly);
        }
        self.lock()?.erase()
    }

    /// Why records that were replaced or deleted are still in the write-ahead log although [`Erasure`] says that they
    /// aren't: a batch is durable and has succeeded, but emptying the log after it failed, as on a full disk. Each
    /// batch tries again, as [`erase`](Self::erase) does; `None` once it has worked. An application that promises
    /// erasure asks after its batches, or now and then.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if a thread panicked while it wrote.
    pub fn unerased(&self) -> Result<Option<StoreError>, StoreError> {
        Ok(self.lock()?.unerased)
    }

    /// Empties the log and closes the files. Dropping the store does so too, but can't tell whether it worked.
    ///
    /// # Errors
    /// Those of [`erase`](Self::erase).
    pub fn close(self) -> Result<(), StoreError> {
        if self.access != Access::ReadOnly {
            self.erase()?;
        }
        let state = self.state.into_inner().map_err(|_| StoreError::Unavailable)?;
        state.connection.close().map_err(|(_, error)| store_error(error))
    }

    /// Reads all of the store, and checks SQLite's structures and each record's checksum. Opening and using a store
    /// checks only what it reads.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if something is damaged.
    pub fn verify(&self) -> Result<(), StoreError> {
        verify(&self.lock()?.connection)
    }

    /// How many records there are.
    ///
    /// # Errors
    /// Those of the store.
    pub fn count(&self) -> Result<usize, StoreError> {
        let state = self.lock()?;
        let mut statement =
            state.connection.prepare_cached("SELECT count(*) FROM names").map_err(store_error)?;
        let count: i64 = statement.query_row([], |row| row.get(0)).map_err(store_error)?;
        usize::try_from(count).map_err(|_| StoreError::Corrupt)
    }

    fn lock(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        self.state.lock().map_err(|_| StoreError::Unavailable)
    }
}

impl Store for SqliteStore {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        batch::load(&self.lock()?.connection, key)
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        scan::scan(&self.lock()?.connection, prefix)
    }

    fn scan_each(&self, prefixes: &[RecordKey]) -> Result<Vec<Vec<(RecordKey, Record)>>, StoreError> {
        scan::scan_each(&self.lock()?.connection, prefixes)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        if self.access == Access::ReadOnly {
            return Err(StoreError::ReadOnly);
        }
        if delta.is_empty() {
            return Ok(());
        }
        let mut state = self.lock()?;
        let overwrote = write(&mut state.connection, delta)?;
        let pages = || log_pages(&state.connection).unwrap_or(i64::MAX);
        if state.unerased.is_some() || self.erasure.is_due(overwrote, pages) {
            // The batch is durable, so it has succeeded; what can't be erased now is erased with the next batch, and
            // `unerased` tells.
            let _told = state.erase().is_ok();
        }
        Ok(())
    }
}

fn write(connection: &mut Connection, delta: &StateDelta) -> Result<Overwrote, StoreError> {
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(store_error)?;
    let overwrote = batch::run(&transaction, delta)?;
    let committed = transaction.commit().map_err(store_error);
    if committed == Err(StoreError::Io) {
        // The log may hold all of the batch although its flush failed; a crash would bring it back. Emptied, it can't.
        let _emptied = empty_log(connection).is_ok();
    }
    committed.map(|()| overwrote)
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("access", &self.access)
            .field("erasure", &self.erasure)
            .finish_non_exhaustive()
    }
}
