//! Received data that is damaged, among other data that isn't.

use std::sync::Arc;

use copath::{
    Client, Error, Group, Inbox, MemoryStore, Misuse, NewGroup, SnapshotKey, StateDelta, Store, StoreError,
    Unavailable, Unhandled,
};
use copath_records::{Record, RecordKey, RecordKind};
use copath_store_encrypted::{EncryptedStore, StoreSecret};

use crate::broken_store::BrokenStore;
use crate::people::{NOW, People, assert_agree, assert_delivered, group_of, rejoin};

/// How a record is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Damage {
    /// The store gives it, with another content.
    Content,
    /// The store can't read it, alone or among others.
    Unreadable,
    /// Its version is one that this library doesn't know.
    Version,
}

const ALL: [Damage; 3] = [Damage::Content, Damage::Unreadable, Damage::Version];

fn overwrite(store: &BrokenStore, key: &RecordKey, octets: &[u8]) {
    let mut delta = StateDelta::new();
    delta.put(key.clone(), Record::copy_of(octets));
    store.inner.commit(&delta).unwrap();
}

fn kept(people: &People, store: &Arc<BrokenStore>) -> Client {
    people.builder(0).store(store.clone()).inbox(Inbox::Kept).build().unwrap()
}

/// Alice has received two messages, and the first is damaged since.
struct World {
    store: Arc<BrokenStore>,
    alice: Client,
    at_bob: Group,
    /// What Bob sent last, and Alice has.
    whole: Vec<u8>,
    damaged: RecordKey,
    before: Vec<u8>,
}

impl World {
    fn new(damage: Damage) -> Self {
        let people = People::new(&["alice", "bob"]);
        let store = Arc::new(BrokenStore::default());
        let alice = kept(&people, &store);
        let mut groups = group_of(&[alice.clone(), people.client(1)]);
        let (mut at_bob, mut at_alice) = (groups.pop().unwrap(), groups.pop().unwrap());
        let [first, whole] = [b"damaged", b"is here"].map(|data| {
            let message = at_bob.encrypt(data).unwrap();
            assert_delivered(&message, data, &mut [&mut at_alice]);
            message
        });
        assert_ne!(first, whole);
        let is_damaged = |unhandled: &Unhandled| unhandled.message.data == b"damaged";
        let id = at_alice.unhandled().find(is_damaged).unwrap().id;
        let prefix = RecordKey::new(RecordKind::RECEIVED).push_bytes(at_alice.group_id());
        let damaged = prefix.push_bytes(id.as_ref());
        let before = store.load(&damaged).unwrap().unwrap().expose().to_vec();
        match damage {
            Damage::Content => overwrite(&store, &damaged, b"\x02damaged"),
            Damage::Version => overwrite(&store, &damaged, b"\xffnewer"),
            Damage::Unreadable => store.break_record(Some(damaged.clone())),
        }
        Self { store, alice, at_bob, whole, damaged, before }
    }

    fn mend(&self) {
        self.store.break_record(None);
        overwrite(&self.store, &self.damaged, &self.before);
    }
}

fn data(unhandled: impl IntoIterator<Item = Unhandled>) -> Vec<Vec<u8>> {
    unhandled.into_iter().map(|unhandled| unhandled.message.data).collect()
}

#[test]
fn a_group_goes_on_although_received_data_is_damaged() {
    for damage in ALL {
        let World { alice, mut at_bob, whole, .. } = World::new(damage);
        let mut at_alice = alice.load_group(at_bob.group_id()).unwrap();
        let there = if damage == Damage::Unreadable { vec![] } else { vec![b"is here".to_vec()] };
        assert_eq!(data(at_alice.unhandled()), there, "{damage:?}");
        if !there.is_empty() {
            assert_delivered(&whole, b"is here", &mut [&mut at_alice]);
        }
        let message = at_bob.encrypt(b"more").unwrap();
        assert_delivered(&message, b"more", &mut [&mut at_alice]);
        at_alice.handled(&message).unwrap();
        let message = at_alice.encrypt(b"still here").unwrap();
        assert_delivered(&message, b"still here", &mut [&mut at_bob]);
    }
}

/// Neither does it keep the group from being entered anew, nor is it gone then.
#[test]
fn a_group_is_joined_anew_although_received_data_is_damaged() {
    for damage in ALL {
        let mut world = World::new(damage);
        let at_alice = rejoin(&world.alice, &mut world.at_bob);
        assert_agree(&[&at_alice, &world.at_bob]);
        drop(at_alice);
        world.mend();
        let mut both = data(world.alice.load_group(world.at_bob.group_id()).unwrap().unhandled());
        both.sort();
        assert_eq!(both, [b"damaged".to_vec(), b"is here".to_vec()], "{damage:?}");
    }
}

#[test]
fn damaged_data_is_told_and_can_be_given_up() {
    for damage in ALL {
        let world = World::new(damage);
        let id = world.at_bob.group_id();
        assert!(matches!(world.alice.unhandled(id), Err(Error::Unavailable(_))), "{damage:?}");
        let at_alice = world.alice.load_group(id).unwrap();
        let open = Error::Misuse(Misuse::GroupOpen);
        assert_eq!(world.alice.forget_unreadable(id).unwrap_err(), open);
        drop(at_alice);
        for _ in 0..2 {
            world.alice.forget_unreadable(id).unwrap();
        }
        world.store.break_record(None);
        match damage {
            Damage::Content => {
                assert_eq!(data(world.alice.unhandled(id).unwrap()), [b"is here"]);
                world.alice.forget_unreadable(id).unwrap();
                assert_eq!(data(world.alice.unhandled(id).unwrap()), [b"is here"], "what is whole stays");
            }
            Damage::Unreadable => assert!(world.alice.unhandled(id).unwrap().is_empty()),
            Damage::Version => {
                let newer = Unavailable::Store(StoreError::NewerFormat { found: 0xff, known: 2 });
                assert_eq!(world.alice.unhandled(id).unwrap_err(), Error::Unavailable(newer));
                world.mend();
                assert_eq!(world.alice.unhandled(id).unwrap().len(), 2, "it waits for a newer version");
            }
        }
    }
}

/// The data of a group that was moved away is told of, also if that of another one can't be read.
#[test]
fn damaged_data_does_not_hide_that_of_moved_groups() {
    let world = World::new(Damage::Unreadable);
    let people = People::new(&["alice", "bob"]);
    let alice = kept(&people, &world.store);
    let mut moving = people.client(1).create_group(NewGroup::new(), NOW).unwrap();
    moving.commit().add(&alice.key_package(NOW).unwrap()).prepare(NOW).unwrap();
    moving.accept_commit().unwrap();
    let mut at_alice = alice.join(&moving.welcome().unwrap(), None, NOW).unwrap();
    let message = moving.encrypt(b"before it moved").unwrap();
    assert_delivered(&message, b"before it moved", &mut [&mut at_alice]);
    let key = SnapshotKey::generate(&**alice.provider()).unwrap();
    drop(at_alice.export_for_moving(&key).unwrap().snapshot);
    let unfinished = alice.unfinished().unwrap();
    assert_eq!(unfinished.unhandled, std::slice::from_ref(moving.group_id()));
    assert_eq!(unfinished.damaged, std::slice::from_ref(world.at_bob.group_id()));
}

/// A sealed store neither replaces nor deletes what it can't check: the group goes on without keeping data.
#[test]
fn a_group_in_a_sealed_store_goes_on_although_received_data_is_damaged() {
    let people = People::new(&["alice", "bob"]);
    let memory = Arc::new(MemoryStore::new());
    let open = |inbox| {
        let store = EncryptedStore::open_or_create(memory.clone(), &StoreSecret::key([7; 32])).unwrap();
        people.builder(0).store(Arc::new(store)).inbox(inbox).build().unwrap()
    };
    let alice = open(Inbox::Kept);
    let mut groups = group_of(&[alice.clone(), people.client(1)]);
    let (mut at_bob, mut at_alice) = (groups.pop().unwrap(), groups.pop().unwrap());
    // The first makes the records of the sender's ratchet, the second just replaces them.
    let first = at_bob.encrypt(b"first").unwrap();
    assert_delivered(&first, b"first", &mut [&mut at_alice]);
    let sealed = || memory.scan(&RecordKey::new(RecordKind(0xe0)).push_u32(3)).unwrap();
    let known: Vec<_> = sealed().into_iter().map(|(key, _)| key).collect();
    let second = at_bob.encrypt(b"second").unwrap();
    assert_delivered(&second, b"second", &mut [&mut at_alice]);
    drop((at_alice, alice));
    let mut new = sealed();
    new.retain(|(key, _)| !known.contains(key));
    let [(key, _)] = new.as_slice() else { panic!("one record") };
    let mut damage = StateDelta::new();
    damage.put(key.clone(), Record::copy_of(b"\x01damaged"));
    memory.commit(&damage).unwrap();

    let corrupt = Error::Unavailable(Unavailable::Store(StoreError::Corrupt));
    let id = at_bob.group_id().clone();
    let alice = open(Inbox::Kept);
    assert_eq!(alice.unhandled(&id).unwrap_err(), corrupt);
    let not_forgotten = Error::Unavailable(Unavailable::UnknownOutcome(StoreError::Corrupt));
    assert_eq!(alice.forget_unreadable(&id).unwrap_err(), not_forgotten);
    let mut at_alice = rejoin(&alice, &mut at_bob);
    let message = at_bob.encrypt(b"not to be kept").unwrap();
    assert_eq!(at_alice.receive(&message, NOW).unwrap_err(), corrupt);
    let answer = at_alice.encrypt(b"still here").unwrap();
    assert_delivered(&answer, b"still here", &mut [&mut at_bob]);
    drop((at_alice, alice));
    let mut at_alice = open(Inbox::HandedOver).load_group(&id).unwrap();
    assert_delivered(&message, b"not to be kept", &mut [&mut at_alice]);
}
