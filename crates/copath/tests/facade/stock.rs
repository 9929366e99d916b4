//! The stock of key packages.

use std::collections::BTreeSet;
use std::sync::Arc;

use copath::rules::rule;
use copath::{
    CipherSuite, Client, Error, FixedDirectory, Group, Identity, KeyPackageStock, LastResortForm,
    LastResortStock, MemoryStore, Misuse, NewGroup, Registrations, Replenished, Reuse, StockLevel,
    StockPolicy, Store, StoreError, Timestamp, Unavailable,
};
use copath_records::{RecordKey, RecordKind};

use crate::people::{NOW, People, SUITE, assert_agree};
use crate::switched_store::SwitchedStore;

const P256: CipherSuite = CipherSuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256;

fn day(number: u64) -> Timestamp {
    Timestamp(NOW.0 + number * 24 * 3600)
}

fn policy() -> StockPolicy {
    StockPolicy::new().target(4, 1)
}

/// A server that does what the application of a round tells it.
#[derive(Default)]
struct Server(Vec<(Vec<u8>, Vec<u8>)>);

impl Server {
    fn serve(&mut self, stock: KeyPackageStock<'_>, policy: &StockPolicy, now: Timestamp) -> Replenished {
        let round = stock.replenish(policy, now).unwrap();
        for package in &round.upload {
            self.0.push((package.reference.clone(), package.message.clone()));
            stock.published(&[&package.reference], now).unwrap();
        }
        self.0.retain(|(reference, _)| !round.take_down.contains(reference));
        stock.taken_down(&round.take_down, now).unwrap();
        round
    }

    fn references(&self) -> Vec<Vec<u8>> {
        self.0.iter().map(|(reference, _)| reference.clone()).collect()
    }

    /// Gives a package to somebody, once.
    fn fetch(&mut self) -> (Vec<u8>, Vec<u8>) {
        self.0.remove(0)
    }
}

fn count(store: &dyn Store, kind: RecordKind) -> usize {
    store.scan(&RecordKey::new(kind)).unwrap().len()
}

/// How many private keys of key packages a store has.
fn kept(store: &dyn Store) -> usize {
    count(store, RecordKind::KEY_PACKAGE)
}

/// A group of `creator` that adds the client of `package`, with the Welcome.
fn invite(creator: &Client, package: &[u8], now: Timestamp) -> (Group, Vec<u8>) {
    let mut group = creator.create_group(NewGroup::new(), now).unwrap();
    group.commit().add(package).prepare(now).unwrap();
    group.accept_commit().unwrap();
    let welcome = group.welcome().unwrap();
    (group, welcome)
}

// covers: 10-01, 10-04
#[test]
fn a_stock_is_filled_used_and_filled_again() {
    let people = People::new(&["alice", "bob"]);
    let (alice, store) = (people.client(0), Arc::new(MemoryStore::new()));
    let bob = people.client_on(1, store.clone());
    let (stock, mut server) = (bob.key_package_stock(), Server::default());
    let before = stock.status(&policy(), NOW).unwrap();
    assert_eq!((before[0].level, before[0].to_make, before[0].published), (StockLevel::Empty, 4, 0));

    let round = server.serve(stock, &policy(), NOW);
    assert_eq!((round.upload.len(), round.take_down.len(), round.erased), (4, 0, 0));
    assert_eq!((round.status[0].waiting, round.status[0].to_make), (4, 0));
    let distinct: BTreeSet<_> = server.0.iter().collect();
    assert_eq!((distinct.len(), kept(&*store)), (4, 4));
    let status = stock.status(&policy(), NOW).unwrap();
    assert_eq!((status[0].level, status[0].published, status[0].waiting), (StockLevel::Enough, 4, 0));

    let (reference, package) = server.fetch();
    let (group, welcome) = invite(&alice, &package, NOW);
    let at_bob = bob.join(&welcome, None, NOW).unwrap();
    assert_agree(&[&group, &at_bob]);
    assert_eq!(kept(&*store), 3);
    let again = people.client_on(1, store.clone()).join(&welcome, None, NOW).unwrap();
    assert_agree(&[&again, &at_bob]);

    let round = server.serve(stock, &policy(), NOW);
    assert_eq!((round.upload.len(), round.take_down), (1, vec![reference]));
    assert_eq!((server.0.len(), kept(&*store)), (4, 4));
    // What was used and taken down is forgotten, and then there is nothing left to do.
    let round = server.serve(stock, &policy(), day(1));
    assert_eq!((round.upload.len(), round.take_down.len(), round.erased), (0, 0, 0));
    assert_eq!(count(&*store, RecordKind::KEY_PACKAGE_STOCK), 4 * 2 + 1);
}

#[test]
fn a_round_with_nothing_to_do_writes_nothing() {
    let people = People::new(&["alice"]);
    let store = Arc::new(SwitchedStore::default());
    let alice = people.client_on(0, store.clone());
    Server::default().serve(alice.key_package_stock(), &policy(), NOW);
    store.break_down();
    let round = alice.key_package_stock().replenish(&policy(), day(1)).unwrap();
    assert_eq!((round.upload.len(), round.status[0].published), (0, 4));
}

#[test]
fn it_says_when_few_are_left() {
    let people = People::new(&["alice"]);
    let alice = people.client(0);
    let (stock, mut server) = (alice.key_package_stock(), Server::default());
    server.serve(stock, &policy(), NOW);
    let mut levels = Vec::new();
    for _ in 0..4 {
        server.fetch();
        let told = stock.still_there(&server.references(), day(1)).unwrap();
        assert_eq!((told.given_out, told.unknown.len()), (1, 0));
        let status = &stock.status(&policy(), day(1)).unwrap()[0];
        levels.push((status.level, status.published, status.given_out, status.to_make));
    }
    assert_eq!(
        levels,
        [
            (StockLevel::Enough, 3, 1, 1),
            (StockLevel::Enough, 2, 2, 2),
            (StockLevel::Low, 1, 3, 3),
            (StockLevel::Empty, 0, 4, 4)
        ]
    );
    // Whoever has them may still use them.
    let round = server.serve(stock, &policy(), day(1));
    assert_eq!((round.upload.len(), round.take_down.len()), (4, 0));
    assert_eq!(kept(&**alice.store()), 8);
    // A list that was older than the upload does no lasting harm.
    assert_eq!(stock.still_there(&[] as &[Vec<u8>], day(1)).unwrap().given_out, 4);
    assert_eq!(stock.status(&policy(), day(1)).unwrap()[0].published, 0);
    assert_eq!(stock.still_there(&server.references(), day(1)).unwrap().given_out, 0);
    assert_eq!(stock.status(&policy(), day(1)).unwrap()[0].published, 4);
}

/// Somebody who fetches all packages every day and uses none makes the client keep no more than its policy says.
#[test]
fn somebody_who_collects_packages_is_bounded() {
    let people = People::new(&["alice"]);
    let registrations = Arc::new(Registrations::new().with_last_resort(LastResortForm::Both).unwrap());
    let store = Arc::new(MemoryStore::new());
    let builder = people.builder(0).store(store.clone()).registrations(&registrations);
    let alice = builder.build().unwrap();
    let (stock, mut server) = (alice.key_package_stock(), Server::default());
    let policy = policy().limit(10).with_last_resort();
    let mut seen = Vec::new();
    for number in 0..6 {
        stock.still_there(&server.references(), day(number)).unwrap();
        let round = server.serve(stock, &policy, day(number));
        let status = &round.status[0];
        seen.push((round.upload.len(), status.given_out, status.held_back, kept(&*store)));
        server.0.clear();
    }
    // The one of last resort beside them isn't asked for again.
    assert_eq!(
        seen,
        [(5, 0, 0, 5), (4, 4, 0, 9), (2, 8, 2, 11), (0, 10, 4, 11), (0, 10, 4, 11), (0, 10, 4, 11)]
    );
    let status = &stock.status(&policy, day(6)).unwrap()[0];
    assert_eq!((status.level, status.to_make, status.held_back), (StockLevel::Empty, 0, 4));
    assert_eq!(status.last_resort, LastResortStock::Published);
    // With room again, or when their time is over, it goes on.
    assert_eq!(stock.status(&policy.clone().limit(12), day(6)).unwrap()[0].to_make, 2);
    for number in [93, 100, 107, 108] {
        server.serve(stock, &policy, day(number));
    }
    let status = &stock.status(&policy, day(108)).unwrap()[0];
    assert_eq!((status.level, status.held_back), (StockLevel::Enough, 0));
}

#[test]
fn a_package_that_was_given_out_opens_its_welcome_later() {
    let people = People::new(&["alice", "bob"]);
    let (alice, bob) = (people.client(0), people.client(1));
    let (stock, mut server) = (bob.key_package_stock(), Server::default());
    server.serve(stock, &policy(), NOW);
    let (_, package) = server.fetch();
    stock.still_there(&server.references(), day(1)).unwrap();
    let (group, welcome) = invite(&alice, &package, day(80));
    // Bob was away until long after the end of the package's time.
    let round = server.serve(stock, &policy(), day(400));
    assert_eq!(round.erased, 0);
    let at_bob = bob.join(&welcome, None, day(401)).unwrap();
    assert_agree(&[&group, &at_bob]);
}

#[test]
fn packages_are_replaced_before_they_expire_and_their_keys_deleted_after_a_grace() {
    let people = People::new(&["alice"]);
    let store = Arc::new(MemoryStore::new());
    let alice = people.client_on(0, store.clone());
    let (stock, mut server) = (alice.key_package_stock(), Server::default());
    server.serve(stock, &policy(), NOW);
    let first = server.references();
    assert_eq!(stock.status(&policy(), NOW).unwrap()[0].renew_at, Some(day(60)));
    assert!(server.serve(stock, &policy(), day(59)).upload.is_empty());

    let due = &stock.status(&policy(), day(60)).unwrap()[0];
    assert_eq!((due.published, due.to_make, due.level), (4, 4, StockLevel::Enough));
    let round = server.serve(stock, &policy(), day(60));
    assert_eq!((round.upload.len(), round.take_down), (4, first));
    assert_eq!((server.0.len(), kept(&*store)), (4, 8));
    for before in [66, 67, 73] {
        assert_eq!(server.serve(stock, &policy(), day(before)).erased, 0);
    }
    assert_eq!(server.serve(stock, &policy(), day(74)).erased, 4);
    assert_eq!(kept(&*store), 4);
    assert_eq!(count(&*store, RecordKind::KEY_PACKAGE_STOCK), 4 * 2 + 1);
    // The other way to delete what has expired leaves the stock to its grace.
    assert_eq!(alice.delete_expired_key_packages(day(1000)).unwrap(), 0);
}

#[test]
fn a_clock_that_goes_back_and_forth_loses_no_welcome() {
    let people = People::new(&["alice", "bob"]);
    let (alice, bob) = (people.client(0), people.client(1));
    let (stock, mut server) = (bob.key_package_stock(), Server::default());
    server.serve(stock, &policy(), NOW);
    let (_, package) = server.fetch();
    // A clock of the far future, and then one of 1970.
    let round = server.serve(stock, &policy(), day(4000));
    assert_eq!((round.upload.len(), round.take_down.len(), round.erased), (4, 4, 0));
    let round = server.serve(stock, &policy(), Timestamp(7200));
    assert_eq!((round.upload.len(), round.take_down.len(), round.erased), (4, 4, 0));
    // The right time again: what others find is good now.
    let round = server.serve(stock, &policy(), day(1));
    assert_eq!((round.upload.len(), round.erased), (4, 0));
    for (_, message) in &server.0 {
        invite(&alice, message, day(1));
    }
    assert_eq!(server.0.len(), 4);
    let (group, welcome) = invite(&alice, &package, day(1));
    assert_agree(&[&group, &bob.join(&welcome, None, day(1)).unwrap()]);
    assert_eq!(stock.status(&policy(), day(1)).unwrap()[0].published, 4);
}

/// What was fetched before the clock went wrong opens its Welcome for as long as with a right one.
#[test]
fn one_call_with_a_wrong_clock_costs_no_welcome() {
    let people = People::new(&["alice", "bob"]);
    for wrong in [day(4000), Timestamp(7200)] {
        let (alice, bob) = (people.client(0), people.client(1));
        let (stock, mut server) = (bob.key_package_stock(), Server::default());
        server.serve(stock, &policy(), NOW);
        let (_, told) = server.fetch();
        stock.still_there(&server.references(), NOW).unwrap();
        let (_, not_told) = server.fetch();
        server.serve(stock, &policy(), wrong);
        for number in 1..=66 {
            server.serve(stock, &policy(), day(number));
        }
        let (group, welcome) = invite(&alice, &not_told, day(59));
        assert_agree(&[&group, &bob.join(&welcome, None, day(66)).unwrap()]);
        for number in 67..=96 {
            server.serve(stock, &policy(), day(number));
        }
        let (group, welcome) = invite(&alice, &told, day(89));
        assert_agree(&[&group, &bob.join(&welcome, None, day(96)).unwrap()]);
        // A year later everything of that time is gone.
        for number in [200, 208, 216, 400, 408, 416] {
            server.serve(stock, &policy(), day(number));
        }
        assert_eq!(kept(&**bob.store()), 4, "after {wrong:?}");
    }
}

#[test]
fn a_batch_that_fails_or_isnt_uploaded_makes_nothing_twice() {
    let people = People::new(&["alice"]);
    let store = Arc::new(SwitchedStore::default());
    let alice = people.client_on(0, store.clone());
    store.break_down();
    let error = alice.key_package_stock().replenish(&policy(), NOW).unwrap_err();
    assert_eq!(error, Error::Unavailable(Unavailable::Store(StoreError::Full)));
    assert_eq!(kept(&*store), 0);
    store.mend();
    // Whatever the process did with these, it ended before it said so.
    let lost = alice.key_package_stock().replenish(&policy(), NOW).unwrap();
    drop(alice);
    let alice = people.client_on(0, store.clone());
    let again = alice.key_package_stock().replenish(&policy(), NOW).unwrap();
    assert_eq!(again.upload, lost.upload);
    assert_eq!(kept(&*store), 4);
    // A batch that is lost after it was durable, as seen from here.
    store.break_down_after();
    alice.key_package_stock().replenish(&policy().target(6, 1), NOW).unwrap_err();
    store.mend();
    let round = alice.key_package_stock().replenish(&policy().target(6, 1), NOW).unwrap();
    assert_eq!((round.upload.len(), kept(&*store)), (6, 6));
    store.break_down();
    alice.key_package_stock().published(&[&round.upload[0].reference], NOW).unwrap_err();
    store.mend();
    assert_eq!(alice.key_package_stock().status(&policy(), NOW).unwrap()[0].published, 0);
}

#[test]
fn a_join_that_isnt_stored_leaves_the_package_unused() {
    let people = People::new(&["alice", "bob"]);
    let store = Arc::new(SwitchedStore::default());
    let (alice, bob) = (people.client(0), people.client_on(1, store.clone()));
    let (stock, mut server) = (bob.key_package_stock(), Server::default());
    server.serve(stock, &policy(), NOW);
    let (reference, package) = server.fetch();
    let (_, welcome) = invite(&alice, &package, NOW);
    store.break_down();
    bob.join(&welcome, None, NOW).unwrap_err();
    store.mend();
    assert_eq!((kept(&*store), stock.status(&policy(), NOW).unwrap()[0].published), (4, 4));
    bob.join(&welcome, None, NOW).unwrap();
    assert_eq!((kept(&*store), stock.status(&policy(), NOW).unwrap()[0].published), (3, 3));
    assert_eq!(stock.replenish(&policy(), NOW).unwrap().take_down, [reference]);
}

#[test]
fn rounds_at_the_same_time_reach_the_target_and_no_more() {
    let people = People::new(&["alice"]);
    let store = Arc::new(MemoryStore::new());
    let alice = people.client_on(0, store.clone());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| alice.key_package_stock().replenish(&policy(), NOW).unwrap().upload.len());
        }
    });
    assert_eq!(kept(&*store), 4);
}

#[test]
fn the_one_of_last_resort_is_kept_apart_and_replaced_after_use() {
    let people = People::new(&["alice", "bob", "carol"]);
    let registrations = Arc::new(Registrations::new().with_last_resort(LastResortForm::Both).unwrap());
    let client = |person, store| people.builder(person).store(store).registrations(&registrations).build();
    let store = Arc::new(MemoryStore::new());
    let bob = client(1, store.clone() as Arc<dyn Store>).unwrap();
    let others = [0, 2].map(|person| client(person, Arc::new(MemoryStore::new()) as Arc<dyn Store>).unwrap());
    let policy = StockPolicy::new().target(0, 0).with_last_resort();
    let (stock, mut server) = (bob.key_package_stock(), Server::default());
    assert_eq!(stock.status(&policy, NOW).unwrap()[0].last_resort, LastResortStock::Missing);
    let round = server.serve(stock, &policy, NOW);
    assert_eq!((round.upload.len(), round.upload[0].reuse), (1, Reuse::LastResort));
    assert_eq!(round.status[0].last_resort, LastResortStock::Waiting);
    assert_eq!(stock.status(&policy, NOW).unwrap()[0].last_resort, LastResortStock::Published);
    // What the server gives out more than once stays.
    assert_eq!(stock.still_there(&[] as &[Vec<u8>], NOW).unwrap().given_out, 0);

    let (first, package) = server.0[0].clone();
    for other in &others {
        let (group, welcome) = invite(other, &package, NOW);
        assert_agree(&[&group, &bob.join(&welcome, None, NOW).unwrap()]);
    }
    assert_eq!(stock.status(&policy, NOW).unwrap()[0].last_resort, LastResortStock::Missing);
    let round = server.serve(stock, &policy, NOW);
    assert_eq!((round.upload.len(), round.take_down, server.0.len()), (1, vec![first], 1));
    // Whoever fetched the old one before can be joined until the grace is over.
    let (_, welcome) = invite(&others[0], &package, NOW);
    bob.join(&welcome, None, day(6)).unwrap();
    let (_, welcome) = invite(&others[0], &package, NOW);
    assert_eq!(server.serve(stock, &policy, day(7)).erased, 0);
    assert_eq!(server.serve(stock, &policy, day(14)).erased, 1);
    let error = bob.join(&welcome, None, day(14)).unwrap_err();
    assert_eq!(error.rule(), Some(rule!("12.4.3.1-02")));
    assert_eq!(kept(&*store), 1);
}

#[test]
fn a_stock_serves_each_suite_and_renews_what_a_former_client_said() {
    let people = People::new(&["alice"]);
    let store = Arc::new(MemoryStore::new());
    let one = people.client_on(0, store.clone());
    let mut server = Server::default();
    server.serve(one.key_package_stock(), &policy(), NOW);
    let first = server.references();
    let credential = one.identities()[0].credential().clone();
    let p256 = Identity::generate(one.provider(), P256, credential).unwrap();
    let two = people.builder(0).store(store.clone()).suite(P256).identity(p256).build().unwrap();
    // New leaves list a second suite, so those that don't are replaced.
    let round = server.serve(two.key_package_stock(), &policy(), NOW);
    assert_eq!((round.upload.len(), round.take_down.len()), (8, 4));
    assert!(first.iter().all(|reference| round.take_down.contains(reference)));
    let suites: Vec<_> = round.status.iter().map(|status| (status.suite, status.to_make)).collect();
    assert_eq!(suites, [(SUITE, 0), (P256, 0)]);
    assert!(server.serve(two.key_package_stock(), &policy(), NOW).upload.is_empty());
}

#[test]
fn what_a_lost_state_has_left_on_the_server_is_named() {
    let people = People::new(&["alice"]);
    let mut server = Server::default();
    server.serve(people.client(0).key_package_stock(), &policy(), NOW);
    let anew = people.client(0);
    let told = anew.key_package_stock().still_there(&server.references(), NOW).unwrap();
    assert_eq!((told.given_out, told.unknown.len()), (0, 4));
    // Nothing is known of them, and so nothing is noted.
    anew.key_package_stock().published(&server.references(), NOW).unwrap();
    assert_eq!(count(&**anew.store(), RecordKind::KEY_PACKAGE_STOCK), 0);
}

// covers: 7.2-10
#[test]
fn policies_that_make_no_sense_are_refused() {
    let people = People::new(&["alice"]);
    let alice = people.client(0);
    let stock = alice.key_package_stock();
    for policy in
        [policy().lifetime(30, 30), policy().lifetime(0, 0), policy().target(1, 2), policy().limit(3)]
    {
        assert_eq!(stock.replenish(&policy, NOW).unwrap_err(), Misuse::StockPolicy.into());
        assert_eq!(stock.status(&policy, NOW).unwrap_err(), Misuse::StockPolicy.into());
    }
    let too_long = stock.replenish(&policy().lifetime(400, 30), NOW).unwrap_err();
    assert_eq!(too_long.rule(), Some(rule!("7.2-10")));
    let unregistered = stock.replenish(&policy().with_last_resort(), NOW).unwrap_err();
    assert!(unregistered.refusal().is_some(), "{unregistered}");
    assert_eq!(kept(&**alice.store()), 0);
}

#[test]
fn a_package_that_is_deleted_by_hand_leaves_the_stock() {
    let people = People::new(&["alice"]);
    let alice = people.client(0);
    let mut server = Server::default();
    server.serve(alice.key_package_stock(), &policy(), NOW);
    alice.delete_key_package(&server.0[0].1).unwrap();
    assert_eq!(alice.key_package_stock().status(&policy(), NOW).unwrap()[0].published, 3);
    let told = alice.key_package_stock().still_there(&server.references(), NOW).unwrap();
    assert_eq!(told.unknown, [server.0[0].0.clone()]);
}

#[test]
fn damaged_records_are_told() {
    let people = People::new(&["alice"]);
    let store = Arc::new(MemoryStore::new());
    let alice = Client::builder()
        .provider(copath_provider_rustcrypto::provider())
        .validator(Arc::new(FixedDirectory::new()))
        .suite(SUITE)
        .identity(people.client(0).identities()[0].clone())
        .store(store.clone())
        .build()
        .unwrap();
    let key = RecordKey::new(RecordKind::KEY_PACKAGE_STOCK).push_bytes(b"reference");
    let good: &[u8] = &[&[1, 0, 1, 0][..], &[0; 16], &[1, 7]].concat();
    let mut event = vec![1];
    event.extend_from_slice(&[0; 8]);
    let cases: [(RecordKey, Vec<u8>); 6] = [
        (key.clone(), good[..good.len() - 1].to_vec()),
        (key.clone(), [good, &[0]].concat()),
        (key.clone(), [&[1, 0, 1, 2][..], &good[4..]].concat()),
        (key.clone().push_u32(0), event[..8].to_vec()),
        (key.clone().push_u32(7), event.clone()),
        (key.clone(), Vec::new()),
    ];
    for (key, octets) in cases {
        let mut delta = copath::StateDelta::new();
        delta.put(key.clone(), copath_records::Record::copy_of(&octets));
        store.commit(&delta).unwrap();
        let error = alice.key_package_stock().status(&policy(), NOW).unwrap_err();
        assert_eq!(error, Error::Unavailable(Unavailable::Store(StoreError::Corrupt)), "{octets:?}");
        let mut delta = copath::StateDelta::new();
        delta.delete(key);
        store.commit(&delta).unwrap();
    }
    // An event whose package was forgotten at the same time is cleared away.
    let mut delta = copath::StateDelta::new();
    delta.put(key.push_u32(0), copath_records::Record::copy_of(&event));
    store.commit(&delta).unwrap();
    alice.key_package_stock().replenish(&policy().target(0, 0), NOW).unwrap();
    assert_eq!(count(&*store, RecordKind::KEY_PACKAGE_STOCK), 1);
}
