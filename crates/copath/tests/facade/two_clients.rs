//! Two clients on one store, stores that fail without telling how it ended, and many threads.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use copath::{Error, MemoryStore, Misuse, NewGroup, Outbox, StateDelta, Store, StoreError, Unavailable};
use copath_records::{Record, RecordKey};

use crate::people::{NOW, People, assert_agree, assert_delivered, deliver_commit, group_of};

// covers: 9.1-01
#[test]
fn a_second_client_on_the_store_is_noticed() {
    let people = People::new(&["alice", "bob"]);
    let store = Arc::new(MemoryStore::new());
    let (first, second) = (people.client_on(0, store.clone()), people.client_on(0, store));
    let mut groups = group_of(&[first.clone(), people.client(1)]);
    let (mut bob, mut alice) = (groups.pop().unwrap(), groups.pop().unwrap());
    let id = alice.group_id().clone();
    let mut clone = second.load_group(&id).unwrap();
    let message = clone.encrypt(b"from the second").unwrap();
    assert_delivered(&message, b"from the second", &mut [&mut bob]);
    let other_writer = Error::Misuse(Misuse::OtherWriter);
    assert_eq!(alice.encrypt(b"with the same key?").unwrap_err(), other_writer);
    assert_eq!(alice.commit().update().prepare(NOW).unwrap_err(), other_writer);
    drop(alice);
    let mut alice = first.load_group(&id).unwrap();
    let message = alice.encrypt(b"loaded again").unwrap();
    assert_delivered(&message, b"loaded again", &mut [&mut bob]);
    assert_eq!(clone.delete().unwrap_err(), other_writer);
    let made = first.create_group(NewGroup::new().group_id(&b"one"[..]), NOW).unwrap();
    assert!(second.create_group(NewGroup::new().group_id(&b"one"[..]), NOW).is_err());
    drop(made);
}

const WHOLE: u8 = 0;
/// The batch is carried out, and then the store says that it failed.
const FAILS_AFTERWARDS: u8 = 1;
/// As before, and nothing can be read either.
const GONE_AFTERWARDS: u8 = 2;
const GONE: u8 = 3;

#[derive(Debug, Default)]
struct Doubtful {
    inner: MemoryStore,
    mode: AtomicU8,
}

impl Doubtful {
    fn readable(&self) -> Result<(), StoreError> {
        if self.mode.load(Ordering::Relaxed) == GONE { Err(StoreError::Unavailable) } else { Ok(()) }
    }
}

impl Store for Doubtful {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        self.readable()?;
        self.inner.load(key)
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        self.readable()?;
        self.inner.scan(prefix)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        self.readable()?;
        self.inner.commit(delta)?;
        match self.mode.load(Ordering::Relaxed) {
            FAILS_AFTERWARDS => {
                self.mode.store(WHOLE, Ordering::Relaxed);
                Err(StoreError::Unavailable)
            }
            GONE_AFTERWARDS => {
                self.mode.store(GONE, Ordering::Relaxed);
                Err(StoreError::Unavailable)
            }
            _ => Ok(()),
        }
    }
}

// covers: 9.1-01
#[test]
fn a_failure_of_unknown_outcome_is_settled() {
    let people = People::new(&["alice", "bob"]);
    let store = Arc::new(Doubtful::default());
    let client = people.builder(0).store(store.clone()).outbox(Outbox::Kept).build().unwrap();
    let mut groups = group_of(&[client, people.client(1)]);
    let [alice, bob] = &mut groups[..] else { panic!("two groups") };
    // It was carried out after all: so it is as if the store hadn't failed.
    store.mode.store(FAILS_AFTERWARDS, Ordering::Relaxed);
    let message = alice.encrypt(b"durable").unwrap();
    assert_delivered(&message, b"durable", &mut [bob]);
    store.mode.store(FAILS_AFTERWARDS, Ordering::Relaxed);
    let commit = alice.commit().update().prepare(NOW).unwrap();
    store.mode.store(FAILS_AFTERWARDS, Ordering::Relaxed);
    alice.accept_commit().unwrap();
    deliver_commit(&commit, &mut [bob]);

    // Nobody can tell: an error, and later what was stored is in force and the lost message's key isn't used again.
    let gone = Error::Unavailable(Unavailable::Store(StoreError::Unavailable));
    store.mode.store(GONE_AFTERWARDS, Ordering::Relaxed);
    assert_eq!(alice.encrypt(b"lost").unwrap_err(), gone);
    assert_eq!(alice.encrypt(b"still gone").unwrap_err(), gone);
    store.mode.store(WHOLE, Ordering::Relaxed);
    let message = (0..2).find_map(|_| alice.encrypt(b"back").ok()).unwrap();
    assert_delivered(&message, b"back", &mut [bob]);
    store.mode.store(GONE_AFTERWARDS, Ordering::Relaxed);
    assert_eq!(alice.sent(&message).unwrap_err(), gone);
    store.mode.store(WHOLE, Ordering::Relaxed);
    alice.sent(&message).unwrap();
    assert!(alice.outgoing().all(|outgoing| outgoing.message != message));
    store.mode.store(GONE_AFTERWARDS, Ordering::Relaxed);
    assert_eq!(alice.commit().update().prepare(NOW).unwrap_err(), gone);
    store.mode.store(WHOLE, Ordering::Relaxed);
    let commit = alice.commit().update().prepare(NOW).unwrap();
    assert_eq!(alice.pending_commit(), Some(&commit[..]), "the one that was stored");
    alice.accept_commit().unwrap();
    deliver_commit(&commit, &mut [bob]);
    assert_agree(&[alice, bob]);
}

// covers: 9.1-01
#[test]
fn threads_share_a_group_in_turn_and_use_groups_side_by_side() {
    const GROUPS: usize = 6;
    const MESSAGES: usize = 12;
    let people = People::new(&["alice", "bob"]);
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let clients = [people.client_on(0, store), people.client(1)];
    let pairs: Vec<_> = (0..GROUPS)
        .map(|_| {
            let mut groups = group_of(&clients);
            let (bob, alice) = (groups.pop().unwrap(), groups.pop().unwrap());
            (Mutex::new(alice), Mutex::new(bob))
        })
        .collect();
    let sent: Vec<Mutex<Vec<Vec<u8>>>> = (0..GROUPS).map(|_| Mutex::default()).collect();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (pairs, sent) = (&pairs, &sent);
            scope.spawn(move || {
                for round in 0..MESSAGES {
                    let at = (thread + round) % GROUPS;
                    let message = pairs[at].0.lock().unwrap().encrypt(b"hello").unwrap();
                    sent[at].lock().unwrap().push(message);
                }
            });
        }
    });
    let mut count = 0;
    for ((alice, bob), sent) in pairs.iter().zip(&sent) {
        let mut bob = bob.lock().unwrap();
        for message in &*sent.lock().unwrap() {
            // Each opens: no two of them were encrypted with the same key.
            assert_delivered(message, b"hello", &mut [&mut bob]);
            count += 1;
        }
        assert_agree(&[&alice.lock().unwrap(), &bob]);
    }
    assert_eq!(count, 4 * MESSAGES);
}
