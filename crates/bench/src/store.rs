//! Where Copath's clients keep their records: an SQLite file each, as an application would.
//!
//! The files lie in memory where the system has a place for that: what is measured is the work of storing, and not the
//! disk that happens to be there.

use std::path::Path;
use std::time::Duration;

use copath_records::{Record, RecordKey, RecordKind, StateDelta, Store, StoreError};
use copath_store_sqlite::SqliteStore;
use tempfile::TempDir;

use crate::clock::time;
use crate::error::{Blame, Outcome};

const BLAME: Blame = Blame { library: "store" };

/// A store in a folder of its own, which goes with it.
#[derive(Debug)]
pub struct OwnStore {
    store: SqliteStore,
    _folder: TempDir,
}

impl OwnStore {
    /// A new one, in memory if possible.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn new() -> Outcome<Self> {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::within(memory) } else { Self::within(&std::env::temp_dir()) }
    }

    /// What durability costs on the disk for temporary files: the median of a few transactions of one octet.
    ///
    /// # Errors
    /// There is no room for them.
    pub fn flush_of_disk() -> Outcome<Duration> {
        const TIMES: u8 = 21;
        let store = Self::within(&std::env::temp_dir())?;
        let mut took: Vec<Duration> = Vec::new();
        for number in 0..TIMES {
            let (done, once) = time(|| store.nearly_nothing(number));
            done?;
            took.push(once);
        }
        took.sort_unstable();
        Ok(took.get(took.len() / 2).copied().unwrap_or_default())
    }

    /// A transaction of one octet.
    ///
    /// # Errors
    /// Those of the store.
    pub fn nearly_nothing(&self, octet: u8) -> Outcome<()> {
        let mut delta = StateDelta::new();
        delta.put(RecordKey::new(RecordKind::GROUP), Record::copy_of(&[octet]));
        self.store.commit(&delta).map_err(BLAME.on("commit"))
    }

    fn within(folder: &Path) -> Outcome<Self> {
        let blame = BLAME;
        let folder = tempfile::tempdir_in(folder).map_err(blame.on("folder"))?;
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

    fn scan_each(&self, prefixes: &[RecordKey]) -> Result<Vec<Vec<(RecordKey, Record)>>, StoreError> {
        self.store.scan_each(prefixes)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        self.store.commit(delta)
    }
}
