//! Two Welcomes to one key package, joined at once by two clients on one store: each call to the store is one at which
//! the second join takes place as a whole.

use std::fmt;
use std::sync::{Arc, Mutex};

use copath::{
    Client, Error, Group, LastResortForm, MemoryStore, Misuse, NewGroup, Registrations, StateDelta, Store,
    StoreError, Unavailable,
};
use copath_records::{Record, RecordKey, RecordKind};

use crate::people::{NOW, People, assert_agree};

/// A store over another one, before whose nth call something else happens on that one.
struct Overtaken {
    inner: Arc<MemoryStore>,
    /// How many calls are still to come before.
    overtaking: Mutex<Option<(usize, Work)>>,
}

type Work = Box<dyn FnOnce() + Send>;

impl Overtaken {
    fn at(inner: &Arc<MemoryStore>, call: usize, work: impl FnOnce() + Send + 'static) -> Arc<Self> {
        Arc::new(Self { inner: inner.clone(), overtaking: Mutex::new(Some((call, Box::new(work)))) })
    }

    fn step(&self) {
        let mut overtaking = self.overtaking.lock().unwrap();
        if let Some((calls, work)) = overtaking.take() {
            match calls.checked_sub(1) {
                None => work(),
                Some(left) => *overtaking = Some((left, work)),
            }
        }
    }

    fn is_over(&self) -> bool {
        self.overtaking.lock().unwrap().is_none()
    }
}

impl fmt::Debug for Overtaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Overtaken").finish_non_exhaustive()
    }
}

impl Store for Overtaken {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        self.step();
        self.inner.load(key)
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        self.step();
        self.inner.scan(prefix)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        self.step();
        self.inner.commit(delta)
    }
}

/// Alice and Carol, who both add Bob by one key package, with Bob's store as it was when he had published it.
struct Scene {
    people: People,
    registrations: Arc<Registrations>,
    published: MemoryStore,
    groups: [Group; 2],
    welcomes: [Vec<u8>; 2],
}

impl Scene {
    fn new(make: impl Fn(&Client) -> Vec<u8>) -> Self {
        let people = People::new(&["alice", "bob", "carol"]);
        let registrations = Arc::new(Registrations::new().with_last_resort(LastResortForm::Both).unwrap());
        let client = |person, store| {
            people.builder(person).registrations(&registrations).store(store).build().unwrap()
        };
        let store = Arc::new(MemoryStore::new());
        let package = make(&client(1, store.clone()));
        let mut groups = [0, 2].map(|person| {
            client(person, Arc::new(MemoryStore::new())).create_group(NewGroup::new(), NOW).unwrap()
        });
        let welcomes = groups.each_mut().map(|group| {
            group.commit().add(&package).prepare(NOW).unwrap();
            group.accept_commit().unwrap();
            group.welcome().unwrap()
        });
        let published = store.snapshot().unwrap();
        Self { people, registrations, published, groups, welcomes }
    }

    fn bob(&self, store: Arc<dyn Store>) -> Client {
        self.people.builder(1).registrations(&self.registrations).store(store).build().unwrap()
    }

    /// Joins by the first Welcome, and by `second` before the nth call to the store. `None` if there are fewer.
    fn join(&self, call: usize, second: &[u8]) -> Option<Outcome> {
        let store = Arc::new(self.published.snapshot().unwrap());
        let (other, other_joined) = (self.bob(store.clone()), Arc::new(Mutex::new(None)));
        let (welcome, joined) = (second.to_vec(), other_joined.clone());
        let overtaken = Overtaken::at(&store, call, move || {
            *joined.lock().unwrap() = Some(other.join(&welcome, None, NOW));
        });
        let first = self.bob(overtaken.clone()).join(&self.welcomes[0], None, NOW);
        let second = other_joined.lock().unwrap().take();
        overtaken.is_over().then(|| Outcome { store, first, second: second.unwrap() })
    }
}

struct Outcome {
    store: Arc<MemoryStore>,
    first: Result<Group, Error>,
    second: Result<Group, Error>,
}

fn count(store: &MemoryStore, kind: RecordKind) -> usize {
    store.scan(&RecordKey::new(kind)).unwrap().len()
}

/// The key package was gone already, or another batch was first.
fn has_lost(error: &Error) -> bool {
    let conflict = Error::Unavailable(Unavailable::Store(StoreError::Conflict));
    [Error::Unavailable(Unavailable::KeyPackage), conflict, Misuse::OtherWriter.into()].contains(error)
}

// covers: 10-01
#[test]
fn of_two_welcomes_to_one_key_package_one_is_joined_whenever_the_other_comes() {
    let scene = Scene::new(|bob| bob.key_package(NOW).unwrap());
    let (mut calls, mut winners) = (0, Vec::new());
    while let Some(outcome) = scene.join(calls, &scene.welcomes[1]) {
        let (winner, error) = match (outcome.first, outcome.second) {
            (Ok(_), Err(error)) => (0, error),
            (Err(error), Ok(_)) => (1, error),
            both => panic!("call {calls}: {both:?}"),
        };
        assert!(has_lost(&error), "call {calls}: {error:?}");
        winners.push(winner);
        assert_eq!(count(&outcome.store, RecordKind::GROUP), 1, "call {calls}");
        assert_eq!(count(&outcome.store, RecordKind::KEY_PACKAGE), 0, "call {calls}");
        // And so it is from now on.
        let bob = scene.bob(outcome.store.clone());
        assert_agree(&[&scene.groups[winner], &bob.join(&scene.welcomes[winner], None, NOW).unwrap()]);
        let again = bob.join(&scene.welcomes[1 - winner], None, NOW).unwrap_err();
        assert_eq!(again, Error::Unavailable(Unavailable::KeyPackage), "call {calls}");
        calls += 1;
    }
    // The second one is joined as a whole, before the batch of the first or after it.
    assert!(winners.is_sorted_by(|a, b| a >= b) && winners.starts_with(&[1, 1, 1]), "{winners:?}");
}

// covers: 16.8-02
#[test]
fn by_one_of_last_resort_both_are_joined() {
    let scene = Scene::new(|bob| bob.last_resort_key_package(NOW).unwrap());
    let mut calls = 0;
    while let Some(outcome) = scene.join(calls, &scene.welcomes[1]) {
        assert_agree(&[&scene.groups[0], &outcome.first.unwrap()]);
        assert_agree(&[&scene.groups[1], &outcome.second.unwrap()]);
        assert_eq!(count(&outcome.store, RecordKind::GROUP), 2);
        assert_eq!(count(&outcome.store, RecordKind::KEY_PACKAGE), 1);
        calls += 1;
    }
    assert!(calls >= 4, "only {calls} calls to the store");
}

/// The same Welcome twice makes one group with one writer.
#[test]
fn one_welcome_joined_at_once_makes_one_group() {
    let scene = Scene::new(|bob| bob.key_package(NOW).unwrap());
    let mut calls = 0;
    while let Some(outcome) = scene.join(calls, &scene.welcomes[0]) {
        let mut second = outcome.second.unwrap();
        assert_agree(&[&scene.groups[0], &second]);
        let mut first = outcome.first.unwrap_or_else(|error| {
            assert!(has_lost(&error), "call {calls}: {error:?}");
            scene.bob(outcome.store.clone()).join(&scene.welcomes[0], None, NOW).unwrap()
        });
        assert_agree(&[&scene.groups[0], &first]);
        first.encrypt(b"hello").unwrap();
        assert_eq!(second.encrypt(b"hello").unwrap_err(), Misuse::OtherWriter.into());
        assert_eq!(count(&outcome.store, RecordKind::GROUP), 1, "call {calls}");
        calls += 1;
    }
    assert!(calls >= 4, "only {calls} calls to the store");
}
