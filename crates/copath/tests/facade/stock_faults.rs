//! A year of a stock in which every single batch fails once, before or after it is durable, and is called again or by a
//! new process: no package is made twice, none that others may find loses its keys, none is forgotten.

use std::collections::BTreeSet;
use std::sync::Arc;

use copath::{Client, Error, Group, MemoryStore, NewGroup, StockPolicy, Store, StoreError, Timestamp};
use copath_records::{RecordKey, RecordKind};
use copath_testing::{Fault, FaultyStore};

use crate::people::{NOW, People, assert_agree};

const WANTED: usize = 3;

struct Year {
    people: People,
    store: Arc<FaultyStore<Arc<MemoryStore>>>,
    bob: Client,
    alice: Client,
    /// What the server has: KeyPackageRefs and messages.
    server: Vec<(Vec<u8>, Vec<u8>)>,
    restarts: bool,
}

impl Year {
    fn new(after: u64, fault: Fault, restarts: bool) -> Self {
        let people = People::new(&["alice", "bob"]);
        let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new()), after, fault));
        let (alice, bob) = (people.client(0), people.client_on(1, store.clone()));
        Self { people, store, bob, alice, server: Vec::new(), restarts }
    }

    /// What `call` gives, the second time if it failed.
    fn twice<T>(&mut self, call: impl Fn(&Client) -> Result<T, Error>) -> T {
        call(&self.bob).unwrap_or_else(|_| {
            if self.restarts {
                self.bob = self.people.client_on(1, self.store.clone());
            }
            call(&self.bob).unwrap()
        })
    }

    fn day(&mut self, number: u64) {
        let (now, policy) = (Timestamp(NOW.0 + number * 24 * 3600), StockPolicy::new().target(3, 1));
        let round = self.twice(|bob| bob.key_package_stock().replenish(&policy, now));
        for package in round.upload {
            self.server.retain(|(reference, _)| *reference != package.reference);
            self.server.push((package.reference.clone(), package.message));
            self.twice(|bob| bob.key_package_stock().published(&[&package.reference], now));
        }
        self.server.retain(|(reference, _)| !round.take_down.contains(reference));
        self.twice(|bob| bob.key_package_stock().taken_down(&round.take_down, now));
        self.check();
    }

    fn keys_of(&self, kind: RecordKind) -> BTreeSet<Vec<u8>> {
        let found = self.store.scan(&RecordKey::new(kind)).unwrap();
        found.iter().filter_map(|(key, _)| key.segments().bytes().map(<[u8]>::to_vec)).collect()
    }

    /// Whoever fetches a package can add Bob by it, and nothing is kept that nobody can use.
    fn check(&self) {
        let keys = self.keys_of(RecordKind::KEY_PACKAGE);
        assert_eq!(self.server.len(), WANTED);
        assert!(self.server.iter().all(|(reference, _)| keys.contains(reference)));
        assert!(keys.is_subset(&self.keys_of(RecordKind::KEY_PACKAGE_STOCK)));
    }

    /// Alice fetches a package and adds Bob.
    fn add(&mut self, number: u64) {
        let now = Timestamp(NOW.0 + number * 24 * 3600);
        let (reference, package) = self.server.remove(0);
        let mut group: Group = self.alice.create_group(NewGroup::new(), now).unwrap();
        group.commit().add(&package).prepare(now).unwrap();
        group.accept_commit().unwrap();
        let welcome = group.welcome().unwrap();
        let joined = self.twice(|bob| bob.join(&welcome, None, now));
        assert_agree(&[&group, &joined]);
        assert!(!self.keys_of(RecordKind::KEY_PACKAGE).contains(&reference));
    }

    fn run(&mut self) {
        self.day(0);
        self.add(1);
        self.day(1);
        let there: Vec<_> = self.server.drain(..2).map(|(reference, _)| reference).collect();
        let left: Vec<_> = self.server.iter().map(|(reference, _)| reference.clone()).collect();
        self.twice(|bob| bob.key_package_stock().still_there(&left, NOW));
        let keys = self.keys_of(RecordKind::KEY_PACKAGE);
        assert!(there.iter().all(|reference| keys.contains(reference)), "somebody has them");
        for number in [2, 60, 67, 74, 200, 300] {
            self.day(number);
        }
        self.day(307);
        self.day(314);
        assert_eq!(self.keys_of(RecordKind::KEY_PACKAGE).len(), WANTED);
        assert_eq!(self.keys_of(RecordKind::KEY_PACKAGE_STOCK).len(), WANTED);
    }
}

#[test]
fn no_failed_batch_makes_a_package_twice_or_loses_one() {
    for fault in [Fault::BeforeDurable(StoreError::Full), Fault::AfterDurable(StoreError::Io)] {
        for restarts in [false, true] {
            let mut failed = 0;
            while {
                let mut year = Year::new(failed, fault, restarts);
                year.run();
                year.store.has_failed()
            } {
                failed += 1;
            }
            assert!(failed > 15, "only {failed} batches");
        }
    }
}
