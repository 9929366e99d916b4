//! Batches that end a group, carried out late, doubtfully, or while somebody else writes.

use std::sync::{Arc, Mutex};

use copath::{
    Client, Error, ExternalJoinOptions, Group, Inbox, MemoryStore, Misuse, NeverImported, SnapshotKey,
    StateDelta, Store, StoreError, Unavailable,
};
use copath_records::{Operation, Record, RecordKey};
use copath_store_encrypted::{EncryptedStore, StoreSecret};

use crate::doubtful::{Doubt, Doubtful};
use crate::hooked_store::HookedStore;
use crate::people::{NOW, People, assert_agree, assert_delivered, deliver_commit, group_of, rejoin};

#[test]
fn deleting_that_is_carried_out_late_spares_what_was_joined_since() {
    for deleted_before in [false, true] {
        let people = People::new(&["alice", "bob"]);
        let store = Arc::new(HookedStore::default());
        let client = people.client_on(0, store.clone());
        let mut groups = group_of(&[client.clone(), people.client(1)]);
        let (mut bob, alice) = (groups.pop().unwrap(), groups.pop().unwrap());
        let id = alice.group_id().clone();
        drop(alice);
        if deleted_before {
            client.delete_group(&id).unwrap();
        }
        store.hold_next();
        assert!(matches!(client.delete_group(&id), Err(Error::Unavailable(_))));
        let mut alice = rejoin(&client, &mut bob);
        store.carry_out_held();
        let message = alice.encrypt(b"still here").unwrap();
        assert_delivered(&message, b"still here", &mut [&mut bob]);
        drop(alice);
        assert_agree(&[&client.load_group(&id).unwrap(), &bob]);
    }
}

/// How a group is given up.
type GiveUp = fn(Group);

/// A batch that was to bring a group in comes when the group was entered by another try, used and given up.
// covers: 9.1-01
#[test]
fn entering_that_is_carried_out_late_does_not_bring_a_group_back() {
    let ways: [GiveUp; 3] = [
        |group| group.delete().unwrap(),
        |group| {
            let (client, id) = (group.client().clone(), group.group_id().clone());
            drop(group);
            client.delete_group(&id).unwrap();
        },
        |group| {
            let key = SnapshotKey::generate(&**group.client().provider()).unwrap();
            drop(group.export_for_moving(&key).unwrap());
        },
    ];
    for give_up in ways {
        let people = People::new(&["alice", "bob"]);
        let store = Arc::new(HookedStore::default());
        let client = people.client_on(0, store.clone());
        let mut bob = people.client(1).create_group(copath::NewGroup::new(), NOW).unwrap();
        let id = bob.group_id().clone();
        let info = bob.group_info().unwrap();
        let join = client.join_externally(&info, None, ExternalJoinOptions::default(), NOW).unwrap();
        deliver_commit(join.message(), &mut [&mut bob]);
        store.hold_next();
        assert!(matches!(join.confirm(), Err(Error::Unavailable(_))));
        let mut alice = join.confirm().unwrap();
        let message = alice.encrypt(b"used").unwrap();
        assert_delivered(&message, b"used", &mut [&mut bob]);
        give_up(alice);
        store.carry_out_held();
        assert_eq!(client.groups().unwrap(), []);
        client.load_group(&id).unwrap_err();
        // The way back has new keys.
        if client.unfinished().unwrap().moved.is_empty() {
            assert_agree(&[&rejoin(&client, &mut bob), &bob]);
        }
    }
}

/// Two clients on one store: what the other one does between reading and writing is noticed, whatever it was.
// covers: 9.1-01
#[test]
fn who_was_overtaken_exports_nothing() {
    for exports in [true, false] {
        let people = People::new(&["alice", "bob"]);
        let store = Arc::new(HookedStore::default());
        let client = people.client_on(0, store.clone());
        let other = people.client_on(0, store.inner.clone());
        let alice = group_of(&[client.clone(), people.client(1)]).remove(0);
        let (id, key) = (alice.group_id().clone(), SnapshotKey::generate(&**client.provider()).unwrap());
        let (same_id, same_key) = (id.clone(), SnapshotKey::from_secret(key.secret().duplicate()).unwrap());
        store.before_next(move || match exports {
            true => drop(other.load_group(&same_id).unwrap().export_for_moving(&same_key).unwrap()),
            false => other.delete_group(&same_id).unwrap(),
        });
        let overtaken = if exports { Misuse::Moved } else { Misuse::OtherWriter };
        assert_eq!(alice.export_for_moving(&key).unwrap_err(), Error::Misuse(overtaken));
        assert_eq!(client.moved_snapshot(&id).is_ok(), exports);
    }
}

#[test]
fn an_arrival_that_is_told_late_changes_nothing() {
    let people = People::new(&["alice", "bob"]);
    let store = Arc::new(HookedStore::default());
    let client = people.client_on(0, store.clone());
    let mut groups = group_of(&[client.clone(), people.client(1)]);
    let alice = groups.remove(0);
    let (id, key) = (alice.group_id().clone(), SnapshotKey::generate(&**client.provider()).unwrap());
    drop(alice.export_for_moving(&key).unwrap());
    store.hold_next();
    assert!(matches!(client.snapshot_arrived(&id), Err(Error::Unavailable(_))));
    let alice = client.take_back(&id, &key, NeverImported::i_am_certain()).unwrap();
    store.carry_out_held();
    alice.delete().unwrap();
    let missing = Error::Unavailable(Unavailable::Group(id.clone()));
    assert_eq!(client.load_group(&id).unwrap_err(), missing, "it isn't elsewhere");
}

/// Two clients on one store: while one takes the group back, the other says that it has arrived.
// covers: 9.1-01
#[test]
fn a_snapshot_that_has_arrived_meanwhile_is_not_taken_back() {
    let people = People::new(&["alice", "bob"]);
    let store = Arc::new(HookedStore::default());
    let client = people.client_on(0, store.clone());
    let other = people.client_on(0, store.inner.clone());
    let mut groups = group_of(&[client.clone(), people.client(1)]);
    let alice = groups.remove(0);
    let (id, key) = (alice.group_id().clone(), SnapshotKey::generate(&**client.provider()).unwrap());
    drop(alice.export_for_moving(&key).unwrap());
    let arrived = id.clone();
    store.before_next(move || other.snapshot_arrived(&arrived).unwrap());
    let conflict = Error::Unavailable(Unavailable::Store(StoreError::Conflict));
    assert_eq!(client.take_back(&id, &key, NeverImported::i_am_certain()).unwrap_err(), conflict);
    assert_eq!(client.load_group(&id).unwrap_err(), Error::Misuse(Misuse::Moved));
}

/// Whoever has found the group by other means than by joining again keeps its handle.
#[test]
fn joining_again_leaves_an_open_handle_alone() {
    let people = People::new(&["alice", "bob"]);
    let store = Arc::new(Doubtful::default());
    let clients = [people.client(1), people.client_on(0, store.clone())];
    let mut at_bob = clients[0].create_group(copath::NewGroup::new(), NOW).unwrap();
    at_bob.commit().add(&clients[1].key_package(NOW).unwrap()).prepare(NOW).unwrap();
    at_bob.accept_commit().unwrap();
    let welcome = at_bob.welcome().unwrap();
    store.doubt_next(Doubt::Done);
    clients[1].join(&welcome, None, NOW).unwrap_err();
    store.come_back();
    let mut at_alice = clients[1].load_group(at_bob.group_id()).unwrap();
    for _ in 0..2 {
        let open = clients[1].join(&welcome, None, NOW).unwrap_err();
        assert_eq!(open, Error::Misuse(Misuse::GroupOpen));
    }
    let message = at_alice.encrypt(b"no other writer").unwrap();
    assert_delivered(&message, b"no other writer", &mut [&mut at_bob]);
    drop(at_alice);
    assert_agree(&[&clients[1].join(&welcome, None, NOW).unwrap(), &at_bob]);
}

/// A store whose failing batches can be read and are lost in a power cut, unless another one that writes succeeds.
#[derive(Debug, Default)]
struct Cached {
    visible: MemoryStore,
    durable: Mutex<MemoryStore>,
    fails: Mutex<bool>,
}

impl Store for Cached {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        self.visible.load(key)
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        self.visible.scan(prefix)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        let mut writes = false;
        for operation in delta {
            writes |= match operation {
                Operation::Put(..) => true,
                Operation::Delete(key) | Operation::DeletePrefix(key) => !self.scan(key)?.is_empty(),
                Operation::Expect(..) => false,
            };
        }
        self.visible.commit(delta)?;
        if std::mem::take(&mut *self.fails.lock().unwrap()) {
            return Err(StoreError::Io);
        }
        if writes {
            *self.durable.lock().unwrap() = self.visible.snapshot()?;
        }
        Ok(())
    }
}

/// Deleting that has failed and took place is confirmed by a batch that writes.
#[test]
fn a_deleted_group_does_not_come_back_after_a_power_cut() {
    for encrypted in [false, true] {
        let people = People::new(&["alice"]);
        let cached = Arc::new(Cached::default());
        let over = |inner: Arc<dyn Store>| -> Arc<dyn Store> {
            match encrypted {
                true => Arc::new(EncryptedStore::open_or_create(inner, &StoreSecret::key([7; 32])).unwrap()),
                false => inner,
            }
        };
        let client = people.client_on(0, over(cached.clone()));
        let group = client.create_group(copath::NewGroup::new(), NOW).unwrap();
        *cached.fails.lock().unwrap() = true;
        group.delete().unwrap();
        let after = Arc::new(cached.durable.lock().unwrap().snapshot().unwrap());
        let restarted = people.client_on(0, over(after));
        assert!(restarted.groups().unwrap().is_empty(), "encrypted: {encrypted}");
    }
}

/// What a call has done after all isn't lost because the group leaves.
#[test]
fn exporting_gives_what_was_still_in_doubt() {
    let people = People::new(&["alice", "bob"]);
    let store = Arc::new(Doubtful::default());
    let mut groups = group_of(&[people.client_on(0, store.clone()), people.client(1)]);
    let (mut bob, mut alice) = (groups.pop().unwrap(), groups.pop().unwrap());
    store.doubt_next(Doubt::Done);
    alice.encrypt(b"in doubt").unwrap_err();
    store.come_back();
    let key = SnapshotKey::generate(&**alice.client().provider()).unwrap();
    let exported = alice.export_for_moving(&key).unwrap();
    let [copath::Settled::Message(message)] = &exported.settled[..] else { panic!("{exported:?}") };
    assert_delivered(message, b"in doubt", &mut [&mut bob]);
}

/// What was received is the application's, whatever becomes of the group.
// covers: 9.2-01
#[test]
fn what_was_not_handled_outlives_its_group() {
    let people = People::new(&["alice", "bob"]);
    let client = |store: Arc<dyn Store>| people.builder(0).store(store).inbox(Inbox::Kept).build().unwrap();
    let memory = Arc::new(MemoryStore::new());
    let store = Arc::new(copath::CountedStore::new(memory.clone()).unwrap());
    let alice = client(store.clone());
    let mut groups = group_of(&[alice.clone(), people.client(1)]);
    let (mut bob, mut at_alice) = (groups.pop().unwrap(), groups.pop().unwrap());
    let id = bob.group_id().clone();
    let waiting = |client: &Client, data: &[u8]| {
        assert_eq!(client.unfinished().unwrap().unhandled, std::slice::from_ref(&id));
        let unhandled = client.unhandled(&id).unwrap();
        assert_eq!(unhandled.iter().map(|kept| &kept.message.data[..]).collect::<Vec<_>>(), [data]);
        unhandled[0].id
    };
    let first = bob.encrypt(b"first").unwrap();
    assert_delivered(&first, b"first", &mut [&mut at_alice]);
    let backup = memory.snapshot().unwrap();

    // The group is entered anew, and the data is there as before.
    drop(at_alice);
    let mut at_alice = rejoin(&alice, &mut bob);
    assert!(at_alice.unhandled().eq(alice.unhandled(&id).unwrap()));
    let open = alice.handled(&id, &waiting(&alice, b"first")).unwrap_err();
    assert_eq!(open, Error::Misuse(Misuse::GroupOpen));
    at_alice.handled(&first).unwrap();
    assert!(alice.unhandled(&id).unwrap().is_empty() && alice.unfinished().unwrap().is_empty());

    // It is moved: the data goes along, and is here until it has arrived.
    let second = bob.encrypt(b"second").unwrap();
    assert_delivered(&second, b"second", &mut [&mut at_alice]);
    let key = SnapshotKey::generate(&**alice.provider()).unwrap();
    let snapshot = at_alice.export_for_moving(&key).unwrap().snapshot;
    waiting(&alice, b"second");
    let elsewhere = client(Arc::new(MemoryStore::new()));
    drop(elsewhere.import_group(&snapshot, &key).unwrap());
    let hash = waiting(&elsewhere, b"second");
    alice.snapshot_arrived(&id).unwrap();
    assert!(alice.unhandled(&id).unwrap().is_empty() && alice.unfinished().unwrap().is_empty());
    for _ in 0..2 {
        elsewhere.handled(&id, &hash).unwrap();
    }
    assert!(elsewhere.unfinished().unwrap().is_empty());

    // The state is a backup, so the group can't be loaded.
    let reached = alice.generation().unwrap().unwrap();
    let counted = Arc::new(copath::CountedStore::new(backup).unwrap());
    let restored = people.builder(0).store(counted).reached(reached).build().unwrap();
    assert_eq!(restored.load_group(&id).unwrap_err(), Error::Misuse(Misuse::RolledBack));
    let hash = waiting(&restored, b"first");
    restored.handled(&id, &hash).unwrap();
    assert!(restored.unfinished().unwrap().unhandled.is_empty());
}
