//! Looking for what is unfinished costs what is unfinished.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use copath::{Inbox, MemoryStore, NewGroup, Outbox, StateDelta, Store, StoreError};
use copath_records::{Record, RecordKey, RecordKind};

use crate::broken_store::BrokenStore;
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

/// Each record of one group is damaged, by itself or so that the store can't read it: all that is told of the other
/// one stays the same.
#[test]
fn a_damaged_group_does_not_hide_the_others() {
    let people = People::new(&["alice", "alice's new key"]);
    let store = Arc::new(BrokenStore::default());
    let builder = people.builder(0).identity(people.client(1).identities()[0].clone());
    let client = builder.store(store.clone()).outbox(Outbox::Kept).inbox(Inbox::Kept).build().unwrap();
    let ids = [&b"damaged"[..], b"whole"].map(|id| {
        let mut group = client.create_group(NewGroup::new().group_id(id), NOW).unwrap();
        group.encrypt(b"unsent").unwrap();
        group.commit().update().prepare(NOW).unwrap();
        group.group_id().clone()
    });
    let [damaged, whole] = &ids;
    let before = client.unfinished().unwrap();
    assert_eq!((before.groups.len(), before.unsent.len(), before.damaged.len()), (2, 2, 0));
    let mut noticed = 0;
    for kind in RecordKind::ALL {
        for (key, record) in store.inner.scan(&RecordKey::new(*kind).push_bytes(damaged)).unwrap() {
            for unreadable in [false, true] {
                match unreadable {
                    true => store.break_record(Some(key.clone())),
                    false => put(&store, &key, b"\x02damaged"),
                }
                let found = client.unfinished().unwrap_or_else(|error| panic!("{key:?}: {error}"));
                assert!(found.groups.iter().any(|group| group.group_id == *whole), "{key:?}");
                assert!(found.unsent.contains(whole) && !found.damaged.contains(whole), "{key:?}");
                noticed += usize::from(found.damaged == std::slice::from_ref(damaged));
                store.break_record(None);
                put(&store, &key, record.expose());
            }
        }
    }
    assert!(noticed >= 6, "head, pending commit, messages: {noticed}");
    assert_eq!(client.unfinished().unwrap(), before);
}

fn put(store: &BrokenStore, key: &RecordKey, octets: &[u8]) {
    let mut delta = StateDelta::new();
    delta.put(key.clone(), Record::copy_of(octets));
    store.inner.commit(&delta).unwrap();
}
