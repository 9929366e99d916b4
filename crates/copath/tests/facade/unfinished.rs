//! Looking for what is unfinished costs what is unfinished.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use copath::{MemoryStore, NewGroup, StateDelta, Store, StoreError};
use copath_records::{Record, RecordKey};

use crate::people::{NOW, People};

/// Counts the records that are read.
#[derive(Debug, Default)]
struct Counting {
    inner: MemoryStore,
    read: AtomicUsize,
}

impl Store for Counting {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        self.read.fetch_add(1, Ordering::Relaxed);
        self.inner.load(key)
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        let found = self.inner.scan(prefix)?;
        self.read.fetch_add(found.len(), Ordering::Relaxed);
        Ok(found)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        self.inner.commit(delta)
    }
}

/// The records that are read to list what is unfinished in one of so many groups.
fn read_among(groups: usize) -> usize {
    let people = People::new(&["alice"]);
    let store = Arc::new(Counting::default());
    let client = people.client_on(0, store.clone());
    let mut open: Vec<_> = (0..groups).map(|_| client.create_group(NewGroup::new(), NOW).unwrap()).collect();
    open[0].commit().update().prepare(NOW).unwrap();
    store.read.store(0, Ordering::Relaxed);
    let unfinished = client.unfinished().unwrap();
    assert_eq!(unfinished.groups.len(), 1);
    assert_eq!(&unfinished.groups[0].group_id, open[0].group_id());
    store.read.load(Ordering::Relaxed)
}

#[test]
fn groups_in_which_nothing_is_pending_are_not_read() {
    assert_eq!(read_among(1), read_among(12));
}
