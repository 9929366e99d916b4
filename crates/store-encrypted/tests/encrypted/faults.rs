//! Each batch below fails, one by one, before or after it became durable.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

use copath_records::{MemoryStore, Operation, Record, RecordKey, StateDelta, Store, StoreError};
use copath_store_encrypted::{EncryptedStore, Reencryption, StoreSecret};
use copath_testing::{Fault, FaultyStore};

use super::{content, delete, key, passphrase, put, records, secret};

type Faulty = EncryptedStore<FaultyStore<Arc<MemoryStore>>>;
type Records = Vec<(RecordKey, Vec<u8>)>;

/// A store of some records, below which batch `after` fails.
fn store(after: u64, fault: Fault) -> (Arc<MemoryStore>, Faulty) {
    let inner = Arc::new(MemoryStore::new());
    let store = EncryptedStore::create(Arc::clone(&inner), &secret()).unwrap();
    for n in 0..6 {
        store.commit(&put(key("a", n), &n.to_be_bytes())).unwrap();
    }
    let faulty = EncryptedStore::open(FaultyStore::new(Arc::clone(&inner), after, fault), &secret()).unwrap();
    (inner, faulty)
}

fn reopened(inner: &Arc<MemoryStore>, secrets: &[StoreSecret]) -> Records {
    let opened = secrets.iter().find_map(|secret| EncryptedStore::open(Arc::clone(inner), secret).ok());
    records(&opened.unwrap())
}

#[test]
fn store_knows_what_became_of_a_batch() {
    for after in 0..8 {
        for fault in [Fault::BeforeDurable(StoreError::Full), Fault::AfterDurable(StoreError::Io)] {
            let (inner, store) = store(after, fault);
            for n in 0..8 {
                let delta = if n % 3 == 2 { delete(key("a", n)) } else { put(key("b", n), b"new") };
                let before = records(&store);
                let failed = store.commit(&delta).is_err();
                assert_eq!(failed, u64::from(n) == after);
                let same = records(&store) == before;
                assert_eq!(same, failed && matches!(fault, Fault::BeforeDurable(_)), "{after} {n} {fault:?}");
            }
            assert_eq!(records(&store), reopened(&inner, &[secret()]));
        }
    }
}

/// What becomes of a batch, and whether anything can be read after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outage {
    /// It takes place, and the answer is lost.
    AnswerLost,
    /// It doesn't take place, and nothing can be read for a while.
    GoneBefore,
    /// It takes place, and nothing can be read for a while.
    GoneAfter,
}

/// A store whose batch number `at` meets an outage, which lasts for some reads.
#[derive(Debug)]
struct Unsteady {
    inner: Arc<MemoryStore>,
    at: u64,
    outage: Outage,
    batches: AtomicU64,
    unreadable: AtomicU64,
}

impl Unsteady {
    fn readable(&self) -> Result<(), StoreError> {
        match self.unreadable.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)) {
            Ok(_) => Err(StoreError::Unavailable),
            Err(_) => Ok(()),
        }
    }
}

impl Store for Unsteady {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        self.readable()?;
        self.inner.load(key)
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        self.readable()?;
        self.inner.scan(prefix)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        if self.batches.fetch_add(1, SeqCst) != self.at {
            return self.inner.commit(delta);
        }
        if self.outage != Outage::GoneBefore {
            self.inner.commit(delta)?;
        }
        if self.outage != Outage::AnswerLost {
            self.unreadable.store(3, SeqCst);
        }
        Err(StoreError::Io)
    }
}

/// Calls until the store is back. A call that fails has said so.
fn insist<T>(failures: &mut u32, mut call: impl FnMut() -> Result<T, StoreError>) -> T {
    for _ in 0..6 {
        match call() {
            Ok(done) => return done,
            Err(StoreError::Io | StoreError::Unavailable) => *failures += 1,
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the store doesn't come back")
}

/// Secret and data keys are changed while each batch meets an outage, one after the other. The same store goes on with
/// the next call that can read; calling again brings the change to its end, and nothing has to be opened anew.
#[test]
fn changes_of_keys_go_on_after_an_outage() {
    let mut over = false;
    for at in 0.. {
        for outage in [Outage::AnswerLost, Outage::GoneBefore, Outage::GoneAfter] {
            let inner = Arc::new(MemoryStore::new());
            let store = EncryptedStore::create(Arc::clone(&inner), &secret()).unwrap();
            for n in 0..6 {
                store.commit(&put(key("a", n), &n.to_be_bytes())).unwrap();
            }
            let expected = records(&store);
            let unsteady = Arc::new(Unsteady {
                inner: Arc::clone(&inner),
                at,
                outage,
                batches: AtomicU64::new(0),
                unreadable: AtomicU64::new(0),
            });
            let store = EncryptedStore::open(Arc::clone(&unsteady), &secret()).unwrap();
            let (mut failures, new) = (0, || passphrase("new"));
            insist(&mut failures, || store.rekey(&secret(), &new()));
            insist(&mut failures, || store.begin_reencryption(&new()));
            while insist(&mut failures, || store.continue_reencryption(&new(), 2)) == Reencryption::UnderWay {
                let stored = insist(&mut failures, || store.load(&key("a", 1)));
                assert_eq!(stored.unwrap().expose(), 1_u32.to_be_bytes());
            }
            assert_eq!(records(&store), expected, "{at} {outage:?}");
            assert_eq!(store.reencryption(), Ok(Reencryption::Finished));
            assert_eq!(reopened(&inner, &[new()]), expected);
            assert_eq!(
                EncryptedStore::open(Arc::clone(&inner), &secret()).unwrap_err(),
                StoreError::WrongKey
            );
            over = unsteady.batches.load(SeqCst) <= at;
            if outage != Outage::AnswerLost && !over {
                assert!(failures > 0, "{at} {outage:?}");
            }
        }
        if over {
            assert!(at >= 6, "rekey, begin, three steps, the end: {at}");
            return;
        }
    }
}

/// A store of which one batch, and those after it for a while, fail. That one is carried out later.
#[derive(Debug)]
struct Late {
    inner: Arc<MemoryStore>,
    batches: AtomicU64,
    /// The number of the late batch, and of the first one after it that succeeds.
    outage: std::ops::Range<u64>,
    held: Mutex<Option<StateDelta>>,
}

impl Late {
    /// The batch is carried out, if it finds what it expects.
    fn carry_out(&self) -> bool {
        let held = self.held.lock().unwrap().take();
        held.is_some_and(|held| self.inner.commit(&held).is_ok())
    }
}

impl Store for Late {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        self.inner.load(key)
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        self.inner.scan(prefix)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        let number = self.batches.fetch_add(1, SeqCst);
        if !self.outage.contains(&number) {
            return self.inner.commit(delta);
        }
        if number == self.outage.start {
            let mut held = StateDelta::new();
            held.extend(delta.iter().map(Operation::duplicate));
            *self.held.lock().unwrap() = Some(held);
        }
        Err(StoreError::Unavailable)
    }
}

/// Each batch of some writing and of changing keys is carried out late, when the call has failed. The same store goes
/// on: it is never taken for damaged, and nothing has to be opened anew.
#[test]
fn batches_that_are_carried_out_late_are_no_damage() {
    let (mut late, mut kept_away) = (0, 0);
    for (at, failing) in (0..8).flat_map(|at| [(at, 1), (at, 2), (at, 3)]) {
        let inner = Arc::new(MemoryStore::new());
        let store = EncryptedStore::create(Arc::clone(&inner), &secret()).unwrap();
        for n in 0..6 {
            store.commit(&put(key("a", n), &n.to_be_bytes())).unwrap();
        }
        let below = Arc::new(Late {
            inner: Arc::clone(&inner),
            batches: AtomicU64::new(0),
            outage: at..at + failing,
            held: Mutex::default(),
        });
        let store = EncryptedStore::open(Arc::clone(&below), &secret()).unwrap();
        let new = || passphrase("new");
        let mut failures = 0;
        let mut insist = |failures: &mut u32, call: &mut dyn FnMut() -> Result<Reencryption, StoreError>| {
            insist(failures, || {
                let done = call();
                if done.is_err() && below.held.lock().unwrap().is_some() {
                    if below.carry_out() { late += 1 } else { kept_away += 1 }
                }
                // Whatever has become of it, all records can be read.
                assert_eq!(content(&store, &key("a", 1)), Some(1_u32.to_be_bytes().to_vec()));
                assert_eq!(store.scan(&key("a", 1)).unwrap().len(), 1);
                done
            })
        };
        let finished = Ok(Reencryption::Finished);
        insist(&mut failures, &mut || store.commit(&put(key("b", 1), b"one")).and(finished));
        insist(&mut failures, &mut || store.commit(&delete(key("a", 2))).and(finished));
        insist(&mut failures, &mut || store.rekey(&secret(), &new()).and(finished));
        insist(&mut failures, &mut || store.begin_reencryption(&new()).and(finished));
        while insist(&mut failures, &mut || store.continue_reencryption(&new(), 2)) == Reencryption::UnderWay
        {
        }
        assert_eq!(store.reencryption(), finished);
        let expected = records(&store);
        assert_eq!(expected.len(), 6, "{at} {failing}");
        assert_eq!(reopened(&inner, &[new()]), expected);
        assert!(failures > 0, "{at} {failing}");
    }
    assert_eq!(
        (late, kept_away),
        (21, 3),
        "an envelope alone is kept away at once, if anything can be written"
    );
}

/// Deleting what isn't there after a batch that failed and took place: the call says that all is durable, so it is.
#[test]
fn a_batch_that_comes_to_nothing_makes_durable_what_was_in_doubt() {
    let (_, store) = store(0, Fault::AfterDurable(StoreError::Io));
    let generation = store.generation().unwrap();
    store.commit(&put(key("b", 1), b"in doubt")).unwrap_err();
    assert_eq!(store.generation(), Ok(generation));
    store.commit(&delete(key("b", 2))).unwrap();
    assert_eq!(store.generation(), Ok(generation + 2));
    store.commit(&delete(key("b", 2))).unwrap();
    assert_eq!(store.generation(), Ok(generation + 2), "nothing is in doubt");
}

/// One batch after the other fails while secret and data keys are changed; the store goes on and loses nothing, also
/// if it is opened anew in the middle.
#[test]
fn changes_of_keys_survive_failures() {
    for after in 0..7 {
        for fault in [Fault::BeforeDurable(StoreError::Full), Fault::AfterDurable(StoreError::Io)] {
            let (inner, store) = store(after, fault);
            let expected = records(&store);
            let new = || passphrase("new");
            let done = store.rekey(&secret(), &new()).and_then(|()| {
                store.begin_reencryption(&new())?;
                while store.continue_reencryption(&new(), 2)? == Reencryption::UnderWay {}
                Ok(())
            });
            // A batch that took place after all is no failure, if it changed keys and nothing else.
            let failed = after < 6 && (matches!(fault, Fault::BeforeDurable(_)) || (2..5).contains(&after));
            assert_eq!(done.is_err(), failed, "{after} {fault:?}");
            assert_eq!(content(&store, &key("a", 1)), Some(1_u32.to_be_bytes().to_vec()));
            assert_eq!(reopened(&inner, &[secret(), new()]), expected, "{after} {fault:?}");
            // Whatever state it was left in, it can be brought to the end.
            let new =
                if EncryptedStore::open(Arc::clone(&inner), &secret()).is_ok() { secret() } else { new() };
            let store = EncryptedStore::open(Arc::clone(&inner), &new).unwrap();
            store.begin_reencryption(&new).unwrap();
            while store.continue_reencryption(&new, 100).unwrap() == Reencryption::UnderWay {}
            assert_eq!(content(&store, &key("a", 5)), Some(5_u32.to_be_bytes().to_vec()));
        }
    }
}
