//! Where Copath's clients keep their records: an SQLite file each, as an application would.

use copath_records::{Record, RecordKey, StateDelta, Store, StoreError};
use copath_store_sqlite::SqliteStore;
use tempfile::TempDir;

use crate::error::{Blame, Outcome};

/// A store in a folder of its own, which goes with it.
#[derive(Debug)]
pub struct OwnStore {
    store: SqliteStore,
    _folder: TempDir,
}

impl OwnStore {
    /// A new one.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn new() -> Outcome<Self> {
        let blame = Blame { library: "store" };
        let folder = tempfile::tempdir().map_err(blame.on("folder"))?;
        let store = SqliteStore::open(folder.path().join("copath.db")).map_err(blame.on("open"))?;
        Ok(Self { store, _folder: folder })
    }
}

impl Store for OwnStore {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        self.store.load(key)
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        self.store.scan(prefix)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        self.store.commit(delta)
    }
}
