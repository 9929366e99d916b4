//! Groups that were left: no old Welcome leads back into an epoch whose keys were used.

use std::sync::Arc;

use copath::{
    Client, Error, Group, LastResortForm, MemoryStore, Misuse, NeverImported, NewGroup, Registrations,
    SnapshotKey, Store, StoreError, Unavailable,
};
use copath_records::{RecordKey, RecordKind};
use copath_store_encrypted::{EncryptedStore, StoreSecret};

use crate::broken_store::BrokenStore;
use crate::hooked_store::HookedStore;
use crate::people::{NOW, People, assert_agree, assert_delivered, handle_of, rejoin};

fn old() -> Error {
    Error::Misuse(Misuse::OldWelcome)
}

fn client(people: &People, person: usize, store: Arc<dyn Store>) -> Client {
    let registrations = Registrations::new().with_last_resort(LastResortForm::Current).unwrap();
    people.builder(person).store(store).registrations(&Arc::new(registrations)).build().unwrap()
}

/// Alice invites Bob by one key package of last resort, more than once.
struct Invited {
    alice: Client,
    bob: Client,
    store: Arc<MemoryStore>,
    last: Vec<u8>,
    at_alice: Group,
}

impl Invited {
    fn new() -> Self {
        let people = People::new(&["alice", "bob"]);
        let store = Arc::new(MemoryStore::new());
        let alice = client(&people, 0, Arc::new(MemoryStore::new()));
        let bob = client(&people, 1, store.clone());
        let last = bob.last_resort_key_package(NOW).unwrap();
        let at_alice = alice.create_group(NewGroup::new(), NOW).unwrap();
        Self { alice, bob, store, last, at_alice }
    }

    /// Two Welcomes into the same epoch, with other octets.
    fn invite(&mut self) -> [Vec<u8>; 2] {
        self.at_alice.commit().add(&self.last).prepare(NOW).unwrap();
        self.at_alice.accept_commit().unwrap();
        let welcomes = [self.at_alice.welcome().unwrap(), self.at_alice.welcome().unwrap()];
        assert_ne!(welcomes[0], welcomes[1]);
        welcomes
    }

    fn remove_bob(&mut self) {
        let handle = handle_of(&self.at_alice, &self.bob);
        self.at_alice.commit().remove(handle).prepare(NOW).unwrap();
        self.at_alice.accept_commit().unwrap();
    }

    fn join(&self, welcome: &[u8]) -> Result<Group, Error> {
        self.bob.join(welcome, None, NOW)
    }

    fn assert_old(&self, welcomes: &[Vec<u8>]) {
        for welcome in welcomes {
            assert_eq!(self.join(welcome).unwrap_err(), old());
        }
    }
}

// covers: 9.1-01
#[test]
fn an_old_welcome_does_not_bring_a_deleted_group_back() {
    for by_handle in [true, false] {
        let mut world = Invited::new();
        let first = world.invite();
        let mut at_bob = world.join(&first[0]).unwrap();
        let message = at_bob.encrypt(b"used").unwrap();
        assert_delivered(&message, b"used", &mut [&mut world.at_alice]);
        if by_handle {
            at_bob.delete().unwrap();
        } else {
            drop(at_bob);
            world.bob.delete_group(world.at_alice.group_id()).unwrap();
        }
        world.assert_old(&first);
        // Added anew, by the same key package.
        world.remove_bob();
        let second = world.invite();
        let at_bob = world.join(&second[0]).unwrap();
        assert_agree(&[&at_bob, &world.at_alice]);
        at_bob.delete().unwrap();
        world.assert_old(&first);
        world.assert_old(&second);
    }
}

// covers: 9.1-01
#[test]
fn an_old_welcome_does_not_bring_a_group_back_that_was_moved_away() {
    let mut world = Invited::new();
    let first = world.invite();
    let at_bob = world.join(&first[0]).unwrap();
    let id = at_bob.group_id().clone();
    let key = SnapshotKey::generate(&**world.bob.provider()).unwrap();
    let snapshot = at_bob.export_for_moving(&key).unwrap().snapshot;
    world.assert_old(&first);
    // An invitation, which anybody can send, doesn't take the snapshot away either.
    world.remove_bob();
    let second = world.invite();
    for _ in 0..2 {
        assert_eq!(world.join(&second[0]).unwrap_err(), Error::Misuse(Misuse::OnItsWay));
        assert_eq!(world.bob.moved_snapshot(&id).unwrap(), snapshot);
    }
    let taken = NewGroup::new().group_id(id.clone());
    assert_eq!(world.bob.create_group(taken, NOW).unwrap_err(), Error::Misuse(Misuse::OnItsWay));
    world.bob.snapshot_arrived(&id).unwrap();
    world.assert_old(&first);
    let at_bob = world.join(&second[0]).unwrap();
    assert_agree(&[&at_bob, &world.at_alice]);

    // Taken back and deleted.
    let third = at_bob.export_for_moving(&key).unwrap();
    drop(third);
    world.bob.take_back(&id, &key, NeverImported::i_am_certain()).unwrap().delete().unwrap();
    world.assert_old(&first);
    world.assert_old(&second);
}

// covers: 9.1-01
#[test]
fn an_old_welcome_does_not_bring_a_group_back_that_was_joined_anew() {
    let mut world = Invited::new();
    let first = world.invite();
    drop(world.join(&first[0]).unwrap());
    let mut at_bob = rejoin(&world.bob, &mut world.at_alice);
    let message = at_bob.encrypt(b"with new keys").unwrap();
    assert_delivered(&message, b"with new keys", &mut [&mut world.at_alice]);
    at_bob.delete().unwrap();
    world.assert_old(&first);
}

/// Bob's store gets to a batch late, or another client of his comes in between.
// covers: 9.1-01
#[test]
fn no_batch_that_comes_late_brings_a_group_back_whose_keys_were_used() {
    for overtaken in [true, false] {
        let people = People::new(&["alice", "bob"]);
        let store = Arc::new(HookedStore::default());
        let [alice, bob, other]: [(usize, Arc<dyn Store>); 3] =
            [(0, Arc::new(MemoryStore::new())), (1, store.clone()), (1, store.inner.clone())];
        let [alice, bob, other] = [alice, bob, other].map(|(person, store)| client(&people, person, store));
        let mut at_alice = alice.create_group(NewGroup::new(), NOW).unwrap();
        at_alice.commit().add(&bob.last_resort_key_package(NOW).unwrap()).prepare(NOW).unwrap();
        at_alice.accept_commit().unwrap();
        let welcome = at_alice.welcome().unwrap();
        let uses = |client: &Client, welcome: &[u8]| {
            let mut group = client.join(welcome, None, NOW).unwrap();
            group.encrypt(b"used").unwrap();
            group.delete().unwrap();
        };
        if overtaken {
            let same = welcome.clone();
            store.before_next(move || uses(&other, &same));
            assert_eq!(bob.join(&welcome, None, NOW).unwrap_err(), Error::Misuse(Misuse::OtherWriter));
        } else {
            store.hold_next();
            bob.join(&welcome, None, NOW).unwrap_err();
            uses(&bob, &welcome);
            store.carry_out_held();
        }
        assert_eq!(bob.groups().unwrap(), []);
        assert_eq!(bob.join(&welcome, None, NOW).unwrap_err(), old());
    }
}

/// What is refused is one key package's way back, not the group's id.
// covers: 12.4.3-04
#[test]
fn a_group_that_is_created_anew_under_its_id_is_joined_by_another_key_package() {
    let mut world = Invited::new();
    let first = world.invite();
    world.join(&first[0]).unwrap().delete().unwrap();
    let Invited { alice, bob, store, last, at_alice } = world;
    let id = at_alice.group_id().clone();
    at_alice.delete().unwrap();
    let mut at_alice = alice.create_group(NewGroup::new().group_id(id.clone()), NOW).unwrap();
    let package = bob.key_package(NOW).unwrap();
    at_alice.commit().add(&package).prepare(NOW).unwrap();
    at_alice.accept_commit().unwrap();
    let at_bob = bob.join(&at_alice.welcome().unwrap(), None, NOW).unwrap();
    assert_agree(&[&at_alice, &at_bob]);
    at_bob.delete().unwrap();
    // One's own group of this id is no way back either.
    bob.create_group(NewGroup::new().group_id(id), NOW).unwrap().delete().unwrap();

    // Nothing is kept for a key package that is gone.
    let left = || store.scan(&RecordKey::new(RecordKind::LEFT_EPOCH)).unwrap().len();
    assert_eq!(left(), 1);
    bob.replace_last_resort_key_package(&last, NOW).unwrap();
    let handle = handle_of(&at_alice, &bob);
    at_alice.commit().remove(handle).add(&bob.key_package(NOW).unwrap()).prepare(NOW).unwrap();
    at_alice.accept_commit().unwrap();
    bob.join(&at_alice.welcome().unwrap(), None, NOW).unwrap().delete().unwrap();
    assert_eq!(left(), 1, "that of the new one");
}

/// A group whose records don't tell how far it had come.
// covers: 9.1-01
#[test]
fn an_old_welcome_does_not_bring_a_damaged_group_back() {
    let mut world = Invited::new();
    let first = world.invite();
    let at_bob = world.join(&first[0]).unwrap();
    let id = at_bob.group_id().clone();
    drop(at_bob);
    for kind in [RecordKind::GROUP, RecordKind::GROUP_MARK, RecordKind::ENTERED] {
        let mut damage = copath::StateDelta::new();
        damage.put(RecordKey::new(kind).push_bytes(&id), copath_records::Record::copy_of(b"\x02damaged"));
        world.store.commit(&damage).unwrap();
    }
    world.bob.delete_group(&id).unwrap();
    world.assert_old(&first);
}

/// A key package that can't be read keeps no group from being left, and opens no way back.
// covers: 9.1-01
#[test]
fn an_old_welcome_does_not_lead_back_although_a_key_package_is_damaged() {
    let people = People::new(&["alice", "bob"]);
    let store = Arc::new(BrokenStore::default());
    let [alice, bob] = [client(&people, 0, Arc::new(MemoryStore::new())), client(&people, 1, store.clone())];
    let last = bob.last_resort_key_package(NOW).unwrap();
    let before = store.scan(&RecordKey::new(RecordKind::KEY_PACKAGE)).unwrap();
    bob.key_package(NOW).unwrap();
    let mut packages = store.scan(&RecordKey::new(RecordKind::KEY_PACKAGE)).unwrap();
    packages.retain(|(key, _)| *key != before[0].0);
    let mut at_alice = alice.create_group(NewGroup::new(), NOW).unwrap();
    at_alice.commit().add(&last).prepare(NOW).unwrap();
    at_alice.accept_commit().unwrap();
    let welcome = at_alice.welcome().unwrap();
    let at_bob = bob.join(&welcome, None, NOW).unwrap();
    store.break_record(Some(packages[0].0.clone()));
    at_bob.delete().unwrap();
    for broken in [true, false] {
        assert_eq!(bob.join(&welcome, None, NOW).unwrap_err(), old(), "{broken}");
        store.break_record(None);
    }
    // Leaving other groups doesn't forget it.
    let mut other = alice.create_group(NewGroup::new(), NOW).unwrap();
    other.commit().add(&last).prepare(NOW).unwrap();
    other.accept_commit().unwrap();
    bob.join(&other.welcome().unwrap(), None, NOW).unwrap().delete().unwrap();
    assert_eq!(bob.join(&welcome, None, NOW).unwrap_err(), old());
}

/// How Bob leaves a group.
type Leave = fn(&Client, Group, &mut Group);

const LEAVE: [(&str, Leave); 4] = [
    ("deleted", |_, at_bob, _| at_bob.delete().unwrap()),
    ("exported", |bob, at_bob, _| {
        let key = SnapshotKey::generate(&**bob.provider()).unwrap();
        let id = at_bob.group_id().clone();
        drop(at_bob.export_for_moving(&key).unwrap().snapshot);
        bob.snapshot_arrived(&id).unwrap();
    }),
    ("joined anew", |bob, at_bob, at_alice| {
        drop(at_bob);
        rejoin(bob, at_alice).delete().unwrap();
    }),
    ("imported", |bob, at_bob, _| {
        let key = SnapshotKey::generate(&**bob.provider()).unwrap();
        let id = at_bob.group_id().clone();
        drop(at_bob.export_for_moving(&key).unwrap().snapshot);
        drop(bob.take_back(&id, &key, NeverImported::i_am_certain()).unwrap());
        bob.delete_group(&id).unwrap();
    }),
];

/// What is kept of a group that was left is damaged: the group can be left again, and there is no way back.
// covers: 9.1-01
#[test]
fn a_damaged_epoch_keeps_no_group_from_being_left() {
    for (how, leave) in LEAVE {
        let mut world = Invited::new();
        let first = world.invite();
        world.join(&first[0]).unwrap().delete().unwrap();
        world.remove_bob();
        let second = world.invite();
        let at_bob = world.join(&second[0]).unwrap();
        let kept = world.store.scan(&RecordKey::new(RecordKind::LEFT_EPOCH)).unwrap();
        let [(key, before)] = kept.as_slice() else { panic!("{how}: one group, one key package") };
        let put = |octets: &[u8]| {
            let mut damage = copath::StateDelta::new();
            damage.put(key.clone(), copath_records::Record::copy_of(octets));
            world.store.commit(&damage).unwrap();
        };
        put(b"\x02damaged");
        leave(&world.bob, at_bob, &mut world.at_alice);
        for welcome in first.iter().chain(&second) {
            let error = world.join(welcome).unwrap_err();
            let damaged = Error::Unavailable(Unavailable::Store(StoreError::Corrupt));
            assert_eq!(error, damaged, "{how}: nobody knows which epoch");
        }
        // Once it can be read again, it isn't all that is known.
        put(before.expose());
        world.assert_old(&first);
        world.assert_old(&second);
    }
}

/// The same if the store doesn't even give it: it has to do with another group and the same key package.
// covers: 9.1-01
#[test]
fn an_epoch_that_cannot_be_read_keeps_no_other_group_from_being_left() {
    // Another content, and a version that isn't known.
    let damages = [&b"\x01damaged"[..], b"\xffdamaged"];
    for ((how, leave), damage) in LEAVE.iter().flat_map(|how| damages.map(|damage| (how, damage))) {
        let people = People::new(&["alice", "bob"]);
        let memory = Arc::new(MemoryStore::new());
        let open = || EncryptedStore::open_or_create(memory.clone(), &StoreSecret::key([7; 32])).unwrap();
        let alice = client(&people, 0, Arc::new(MemoryStore::new()));
        let bob = client(&people, 1, Arc::new(open()));
        let last = bob.last_resort_key_package(NOW).unwrap();
        let [mut other, mut at_alice] = [(), ()].map(|()| {
            let mut group = alice.create_group(NewGroup::new(), NOW).unwrap();
            group.commit().add(&last).prepare(NOW).unwrap();
            group.accept_commit().unwrap();
            group
        });
        let welcome = at_alice.welcome().unwrap();
        drop(bob.join(&welcome, None, NOW).unwrap());
        let at_other = bob.join(&other.welcome().unwrap(), None, NOW).unwrap();
        let sealed = || memory.scan(&RecordKey::new(RecordKind(0xe0)).push_u32(3)).unwrap();
        let known: Vec<_> = sealed().into_iter().map(|(key, _)| key).collect();
        at_other.delete().unwrap();
        let mut new = sealed();
        new.retain(|(key, _)| !known.contains(key));
        let [(key, before)] = new.as_slice() else { panic!("{how}: one record") };
        let put = |octets: &[u8]| {
            let mut damage = copath::StateDelta::new();
            damage.put(key.clone(), copath_records::Record::copy_of(octets));
            memory.commit(&damage).unwrap();
        };
        put(damage);
        let bob = client(&people, 1, Arc::new(open()));
        bob.store().scan(&RecordKey::new(RecordKind::LEFT_EPOCH)).unwrap_err();
        leave(&bob, bob.load_group(at_alice.group_id()).unwrap(), &mut at_alice);
        let error = bob.join(&welcome, None, NOW).unwrap_err();
        assert!(matches!(error, Error::Unavailable(Unavailable::Store(_))), "{how}: {error}");
        put(before.expose());
        let bob = client(&people, 1, Arc::new(open()));
        assert_eq!(bob.join(&welcome, None, NOW).unwrap_err(), old(), "{how}");
    }
}
