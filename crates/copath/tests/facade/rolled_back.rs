//! Restored backups and clones, noticed by a number that the application keeps outside.

use std::sync::Arc;

use copath::{
    Client, CountedStore, Error, Group, GroupId, MemoryStore, Misuse, NeverImported, NewGroup, SnapshotKey,
    StateDelta, Store, StoreError, Unavailable,
};
use copath_records::{Record, RecordKey, RecordKind};
use copath_store_encrypted::{EncryptedStore, StoreSecret};
use copath_store_sqlite::SqliteStore;
use copath_testing::{Fault, FaultyStore};

use crate::broken_store::BrokenStore;
use crate::people::{NOW, People, assert_agree, assert_delivered, deliver_commit, group_of};

/// A store that counts, over one in memory.
type Counting = fn(Arc<MemoryStore>) -> Arc<dyn Store>;

fn counted(inner: Arc<MemoryStore>) -> Arc<dyn Store> {
    Arc::new(CountedStore::new(inner).unwrap())
}

fn encrypted(inner: Arc<MemoryStore>) -> Arc<dyn Store> {
    Arc::new(EncryptedStore::open_or_create(inner, &StoreSecret::key([7; 32])).unwrap())
}

/// A group of Alice and Bob, of which Alice's store was copied before she went on.
struct World {
    people: People,
    alice: Client,
    bobs: Client,
    at_alice: Group,
    at_bob: Group,
    counting: Counting,
    backup: MemoryStore,
    /// What Alice's application has kept outside.
    reached: u64,
}

impl World {
    fn new(counting: Counting) -> Self {
        let people = People::new(&["alice", "bob"]);
        let memory = Arc::new(MemoryStore::new());
        let (alice, bobs) = (people.client_on(0, counting(memory.clone())), people.client(1));
        let mut groups = group_of(&[alice.clone(), bobs.clone()]);
        let (mut at_bob, mut at_alice) = (groups.pop().unwrap(), groups.pop().unwrap());
        let backup = memory.snapshot().unwrap();
        let message = at_alice.encrypt(b"after the backup").unwrap();
        let reached = alice.generation().unwrap().unwrap();
        assert_delivered(&message, b"after the backup", &mut [&mut at_bob]);
        Self { people, alice, bobs, at_alice, at_bob, counting, backup, reached }
    }

    /// The backup, restored.
    fn restored(&self) -> Arc<dyn Store> {
        (self.counting)(Arc::new(self.backup.snapshot().unwrap()))
    }

    fn client(&self, store: &Arc<dyn Store>, reached: Option<u64>) -> Result<Client, Error> {
        let builder = self.people.builder(0).store(store.clone());
        reached.into_iter().fold(builder, copath::ClientBuilder::reached).build()
    }

    fn id(&self) -> GroupId {
        self.at_bob.group_id().clone()
    }
}

fn rolled_back() -> Error {
    Error::Misuse(Misuse::RolledBack)
}

// covers: 9.1-01
#[test]
fn a_restored_backup_is_noticed_for_good_and_comes_back_with_new_keys() {
    for counting in [counted as Counting, encrypted] {
        let mut world = World::new(counting);
        let (id, store) = (world.id(), world.restored());
        let client = world.client(&store, Some(world.reached)).unwrap();
        assert_eq!(client.load_group(&id).unwrap_err(), rolled_back());
        assert_eq!(client.unfinished().unwrap().rolled_back, std::slice::from_ref(&id));
        assert!(!client.unfinished().unwrap().is_empty());
        // Once noticed it stays so, whether or not the application still has its number.
        for reached in [None, Some(world.reached), Some(0)] {
            let client = world.client(&store, reached).unwrap();
            assert_eq!(client.load_group(&id).unwrap_err(), rolled_back());
        }
        // The way forward; what was kept before doesn't refuse it, then or later.
        let join = client.rejoin(&world.at_bob.group_info().unwrap(), None, NOW).unwrap();
        deliver_commit(join.message(), &mut [&mut world.at_bob]);
        drop(join);
        let client = world.client(&store, Some(world.reached)).unwrap();
        let mut alice = client.external_join(&id).unwrap().confirm().unwrap();
        let message = alice.encrypt(b"with new keys").unwrap();
        assert_delivered(&message, b"with new keys", &mut [&mut world.at_bob]);
        drop(alice);
        assert!(client.unfinished().unwrap().is_empty());
        let reached = client.generation().unwrap().unwrap();
        assert!(reached > world.reached);
        for reached in [world.reached, reached] {
            let client = world.client(&store, Some(reached)).unwrap();
            assert_agree(&[&client.load_group(&id).unwrap(), &world.at_bob]);
        }
        // A later backup that is too old is noticed again.
        let ahead = world.client(&store, Some(reached + 1)).unwrap();
        assert_eq!(ahead.load_group(&id).unwrap_err(), rolled_back());
        ahead.delete_group(&id).unwrap();
        assert!(ahead.unfinished().unwrap().is_empty());
    }
}

#[test]
fn a_clone_that_was_left_behind_is_noticed_and_the_other_goes_on() {
    let mut world = World::new(counted);
    let mut clone = world.restored();
    let behind = world.client(&clone, Some(world.reached)).unwrap();
    assert_eq!(behind.load_group(&world.id()).unwrap_err(), rolled_back());
    let ahead = world.client(world.alice.store(), Some(world.reached)).unwrap();
    assert!(ahead.unfinished().unwrap().is_empty());
    let message = world.at_alice.encrypt(b"still here").unwrap();
    assert_delivered(&message, b"still here", &mut [&mut world.at_bob]);
    // Whoever has lost everything is told by the empty store, which goes on counting from there.
    clone = counted(Arc::new(MemoryStore::new()));
    let lost = world.client(&clone, Some(world.reached)).unwrap();
    assert_eq!(lost.generation().unwrap(), Some(world.reached));
    assert!(lost.unfinished().unwrap().is_empty());
}

/// Nothing of then leads back into an epoch whose keys were used.
// covers: 9.1-01
#[test]
fn what_leads_into_used_epochs_is_gone() {
    let World { people, bobs, at_alice, at_bob, .. } = World::new(counted);
    drop((at_alice, at_bob));
    let memory = Arc::new(MemoryStore::new());
    let alice = people.client_on(0, counted(memory.clone()));
    let package = alice.key_package(NOW).unwrap();
    let mut joinable = bobs.create_group(NewGroup::new(), NOW).unwrap();
    let join = alice.join_externally(&joinable.group_info().unwrap(), None, Default::default(), NOW).unwrap();
    let key = SnapshotKey::generate(&**alice.provider()).unwrap();
    let moved = alice.create_group(NewGroup::new(), NOW).unwrap();
    let moved_id = moved.group_id().clone();
    drop(moved.export_for_moving(&key).unwrap().snapshot);
    let backup = memory.snapshot().unwrap();

    let mut invited = bobs.create_group(NewGroup::new(), NOW).unwrap();
    invited.commit().add(&package).prepare(NOW).unwrap();
    invited.accept_commit().unwrap();
    let welcome = invited.welcome().unwrap();
    alice.join(&welcome, None, NOW).unwrap().encrypt(b"used").unwrap();
    deliver_commit(join.message(), &mut [&mut joinable]);
    join.confirm().unwrap().encrypt(b"used").unwrap();
    let mut back = alice.take_back(&moved_id, &key, NeverImported::i_am_certain()).unwrap();
    back.encrypt(b"used").unwrap();
    let reached = alice.generation().unwrap().unwrap();

    let store = counted(Arc::new(backup));
    let restored = people.builder(0).store(store).reached(reached).build().unwrap();
    let no_key_package = Error::Unavailable(Unavailable::KeyPackage);
    assert_eq!(restored.join(&welcome, None, NOW).unwrap_err(), no_key_package);
    assert!(restored.external_joins().unwrap().is_empty());
    let missing = Error::Unavailable(Unavailable::Group(moved_id.clone()));
    assert_eq!(restored.take_back(&moved_id, &key, NeverImported::i_am_certain()).unwrap_err(), missing);
    assert_eq!(restored.load_group(&moved_id).unwrap_err(), Error::Misuse(Misuse::Moved));
}

/// The group went on, and away, after the backup: its snapshot is no way back into the store that has forgotten that.
#[test]
fn a_snapshot_of_later_is_not_imported_into_a_restored_store() {
    let world = World::new(counted);
    let (id, store) = (world.id(), world.restored());
    let key = SnapshotKey::generate(&**world.alice.provider()).unwrap();
    let World { people, at_alice, reached, .. } = world;
    let snapshot = at_alice.export_for_moving(&key).unwrap().snapshot;
    people.client(0).import_group(&snapshot, &key).unwrap().encrypt(b"elsewhere").unwrap();
    let restored = people.builder(0).store(store).reached(reached).build().unwrap();
    let refused = Error::Misuse(Misuse::AlreadyImported);
    assert_eq!(restored.import_group(&snapshot, &key).unwrap_err(), refused);
    restored.delete_group(&id).unwrap();
    assert_eq!(restored.import_group(&snapshot, &key).unwrap_err(), refused);
}

#[test]
fn a_member_that_was_removed_meanwhile_is_invited_again() {
    let mut world = World::new(counted);
    let store = world.restored();
    let client = world.client(&store, Some(world.reached)).unwrap();
    let alice = crate::people::handle_of(&world.at_bob, &client);
    world.at_bob.commit().remove(alice).add(&client.key_package(NOW).unwrap()).prepare(NOW).unwrap();
    world.at_bob.accept_commit().unwrap();
    let mut alice = client.join(&world.at_bob.welcome().unwrap(), None, NOW).unwrap();
    let message = alice.encrypt(b"invited again").unwrap();
    assert_delivered(&message, b"invited again", &mut [&mut world.at_bob]);
    assert!(client.unfinished().unwrap().is_empty());
}

/// Each batch of noticing fails once: the next start notices again.
#[test]
fn noticing_survives_a_store_that_fails() {
    for fault in [Fault::BeforeDurable(StoreError::Io), Fault::AfterDurable(StoreError::Io)] {
        let failed = (0..).take_while(|after| {
            let world = World::new(counted);
            let faulty = FaultyStore::new(world.backup.snapshot().unwrap(), *after, fault);
            let store: Arc<dyn Store> = Arc::new(CountedStore::new(faulty).unwrap());
            let built = world.client(&store, Some(world.reached));
            let client = built.clone().or_else(|_| world.client(&store, Some(world.reached))).unwrap();
            assert_eq!(client.load_group(&world.id()).unwrap_err(), rolled_back());
            assert!(client.generation().unwrap() >= Some(world.reached));
            built.is_err()
        });
        assert_eq!(failed.count(), 2, "{fault:?}");
    }
}

/// A backup that is damaged too is noticed, and given up where it is damaged.
// covers: 9.1-01
#[test]
fn a_damaged_backup_is_noticed() {
    let kinds =
        [RecordKind::GROUP, RecordKind::GROUP_MARK, RecordKind::MOVED_GROUP, RecordKind::EPOCH_SECRETS];
    for kind in kinds {
        for unreadable in [false, true] {
            // Nobody can tell which groups were moved if the store doesn't.
            if unreadable && kind == RecordKind::MOVED_GROUP {
                continue;
            }
            let world = World::new(counted);
            let broken = Arc::new(BrokenStore::default());
            copy(&world.backup, &broken.inner);
            let key = RecordKey::new(kind).push_bytes(&world.id());
            match unreadable {
                true => broken.break_record(Some(key)),
                false => put(&broken.inner, &key, b"\x02damaged"),
            }
            let store: Arc<dyn Store> = Arc::new(CountedStore::new(broken.clone()).unwrap());
            let client = world.client(&store, Some(world.reached)).unwrap();
            let told = |client: &Client| {
                assert_eq!(client.rolled_back_groups().unwrap(), [world.id()], "{kind:?} {unreadable}");
                assert!(client.load_group(&world.id()).is_err());
            };
            told(&client);
            // For good, and also if it can be read again.
            broken.break_record(None);
            told(&world.client(&store, None).unwrap());
            world.client(&store, Some(world.reached)).unwrap().delete_group(&world.id()).unwrap();
            assert!(client.rolled_back_groups().unwrap().is_empty());
        }
    }
}

/// A newer version of the library would go on from what this one couldn't seal: so it has to be the one that notices.
#[test]
fn a_backup_of_a_newer_version_is_left_to_it() {
    for kind in [RecordKind::GROUP_MARK, RecordKind::MOVED_GROUP] {
        let world = World::new(counted);
        let memory = Arc::new(world.backup.snapshot().unwrap());
        put(&memory, &RecordKey::new(kind).push_bytes(&world.id()), b"\xffnewer");
        let store = counted(memory.clone());
        let newer = Unavailable::Store(StoreError::NewerFormat { found: 0xff, known: 2 });
        for _ in 0..2 {
            let refused = world.client(&store, Some(world.reached)).unwrap_err();
            assert_eq!(refused, Error::Unavailable(newer.clone()), "{kind:?}");
        }
        assert!(store.scan(&RecordKey::new(RecordKind::ROLLED_BACK)).unwrap().is_empty());
        assert!(store.stored_generation().unwrap() < Some(world.reached));
    }
}

/// A group in the backup that isn't damaged comes back as ever, and what was exported since doesn't.
#[test]
fn a_damaged_group_in_a_backup_spares_no_other_one() {
    for kind in [RecordKind::GROUP, RecordKind::GROUP_MARK, RecordKind::MOVED_GROUP] {
        let mut world = World::new(counted);
        let memory = Arc::new(world.backup.snapshot().unwrap());
        let damaged = world.people.client_on(0, counted(memory.clone()));
        let damaged = damaged.create_group(NewGroup::new(), NOW).unwrap().group_id().clone();
        put(&memory, &RecordKey::new(kind).push_bytes(&damaged), b"\x02damaged");
        let (store, reached) = (counted(memory), world.reached + 100);
        let client = world.client(&store, Some(reached)).unwrap();
        let id = world.id();
        let mut both = client.rolled_back_groups().unwrap();
        both.sort_by_key(|found| *found == id);
        assert_eq!(both, [damaged, id.clone()], "{kind:?}");
        let join = client.rejoin(&world.at_bob.group_info().unwrap(), None, NOW).unwrap();
        deliver_commit(join.message(), &mut [&mut world.at_bob]);
        assert_agree(&[&join.confirm().unwrap(), &world.at_bob]);
        // What the original has exported since is refused.
        let key = SnapshotKey::generate(&**world.alice.provider()).unwrap();
        client.delete_group(&id).unwrap();
        let snapshot = world.at_alice.export_for_moving(&key).unwrap().snapshot;
        let refused = Error::Misuse(Misuse::AlreadyImported);
        assert_eq!(client.import_group(&snapshot, &key).unwrap_err(), refused, "{kind:?}");
    }
}

fn put(store: &MemoryStore, key: &RecordKey, octets: &[u8]) {
    let mut delta = StateDelta::new();
    delta.put(key.clone(), Record::copy_of(octets));
    store.commit(&delta).unwrap();
}

fn copy(from: &MemoryStore, to: &MemoryStore) {
    for kind in RecordKind::ALL {
        for (key, record) in from.scan(&RecordKey::new(*kind)).unwrap() {
            put(to, &key, record.expose());
        }
    }
}

#[test]
fn a_store_that_does_not_count_says_so() {
    let people = People::new(&["alice"]);
    let refused = people.builder(0).store(Arc::new(MemoryStore::new())).reached(1).build();
    assert_eq!(refused.unwrap_err(), Error::Misuse(Misuse::Uncounted));
    assert_eq!(people.client(0).generation(), Ok(None));
}

/// Files, as an application keeps them: a copy of the plain database, put back.
#[test]
fn a_plain_database_that_was_put_back_is_noticed() {
    let people = People::new(&["alice"]);
    let directory = tempfile::tempdir().unwrap();
    let (file, copy) = (directory.path().join("state"), directory.path().join("copy"));
    let open = || CountedStore::new(SqliteStore::open(&file).unwrap()).unwrap();
    let client = people.client_on(0, Arc::new(open()));
    let id = client.create_group(NewGroup::new(), NOW).unwrap().group_id().clone();
    drop(client);
    std::fs::copy(&file, &copy).unwrap();
    let client = people.client_on(0, Arc::new(open()));
    client.load_group(&id).unwrap().encrypt(b"used").unwrap();
    let reached = client.generation().unwrap().unwrap();
    drop(client);
    std::fs::copy(&copy, &file).unwrap();
    for reached in [Some(reached), None] {
        let builder = people.builder(0).store(Arc::new(open()));
        let client = reached.into_iter().fold(builder, copath::ClientBuilder::reached).build().unwrap();
        assert_eq!(client.load_group(&id).unwrap_err(), rolled_back());
    }
}
