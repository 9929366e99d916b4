//! Groups that move to another store, and clients that come back.

use std::sync::Arc;

use copath::{
    Client, DangerousSnapshot, Error, Event, Group, MemoryStore, Merged, Misuse, NeverImported, Secret,
    SnapshotKey, StoreError, Unavailable,
};
use copath_testing::{Fault, FaultyStore};

use crate::people::{NOW, People, assert_agree, assert_delivered, deliver_commit, group_of, rejoin};

struct Moving {
    people: People,
    client: Client,
    alice: Group,
    bob: Group,
    key: SnapshotKey,
}

impl Moving {
    fn new() -> Self {
        let people = People::new(&["alice", "bob"]);
        let clients = [people.client(0), people.client(1)];
        let mut groups = group_of(&clients);
        let (bob, alice) = (groups.pop().unwrap(), groups.pop().unwrap());
        let [client, _] = clients;
        let key = SnapshotKey::generate(&**client.provider()).unwrap();
        Self { people, client, alice, bob, key }
    }
}

#[test]
fn a_group_moves_with_all_that_is_pending() {
    let Moving { people, client, mut alice, mut bob, key } = Moving::new();
    let id = alice.group_id().clone();
    let late = bob.encrypt(b"late").unwrap();
    let commit = bob.commit().update().prepare(NOW).unwrap();
    bob.accept_commit().unwrap();
    deliver_commit(&commit, &mut [&mut alice]);
    let pending = alice.commit().update().prepare(NOW).unwrap();
    let snapshot = alice.export_for_moving(&key).unwrap().snapshot;

    assert_eq!(client.load_group(&id).unwrap_err(), Error::Misuse(Misuse::Moved));
    assert!(client.groups().unwrap().is_empty());
    assert_eq!(client.unfinished().unwrap().moved, std::slice::from_ref(&id));
    assert_eq!(client.moved_snapshot(&id).unwrap(), snapshot, "a crash before it was carried over");

    let elsewhere = people.client(0);
    let snapshot = DangerousSnapshot::from_octets(snapshot.as_octets().to_vec());
    let key = SnapshotKey::from_secret(key.secret().duplicate()).unwrap();
    let mut alice = elsewhere.import_group(&snapshot, &key).unwrap();
    client.snapshot_arrived(&id).unwrap();
    assert!(client.moved_snapshot(&id).is_err() && client.unfinished().unwrap().is_empty());
    assert_eq!(alice.pending_commit(), Some(&pending[..]));
    assert_delivered(&late, b"late", &mut [&mut alice]);
    alice.accept_commit().unwrap();
    deliver_commit(&pending, &mut [&mut bob]);
    assert_agree(&[&alice, &bob]);

    // Importing again opens the group as it is now: nothing goes back.
    let message = alice.encrypt(b"moved").unwrap();
    assert_delivered(&message, b"moved", &mut [&mut bob]);
    drop(alice);
    let mut alice = elsewhere.import_group(&snapshot, &key).unwrap();
    let message = alice.encrypt(b"imported again").unwrap();
    assert_delivered(&message, b"imported again", &mut [&mut bob]);

    // What it was in before is refused for good, here and there.
    let again = Error::Misuse(Misuse::AlreadyImported);
    let back = alice.export_for_moving(&key).unwrap().snapshot;
    assert_eq!(elsewhere.import_group(&snapshot, &key).unwrap_err(), again);
    assert_eq!(client.import_group(&snapshot, &key).unwrap_err(), again);
    let mut alice = client.import_group(&back, &key).unwrap();
    let message = alice.encrypt(b"home").unwrap();
    assert_delivered(&message, b"home", &mut [&mut bob]);
    assert!(client.moved_groups().unwrap().is_empty());

    // Nor after it was deleted: keys that were used would be used again.
    alice.delete().unwrap();
    assert_eq!(client.import_group(&back, &key).unwrap_err(), again);
    let missing = Error::Unavailable(Unavailable::Group(id.clone()));
    assert_eq!(client.load_group(&id).unwrap_err(), missing, "deleted here, not moved");
}

#[test]
fn a_group_that_was_joined_anew_moves_where_it_was_before() {
    let Moving { people, client, alice, mut bob, key } = Moving::new();
    let elsewhere = people.client(0);
    let mut alice = alice;
    for _ in 0..5 {
        alice.encrypt(b"further").unwrap();
    }
    let first = alice.export_for_moving(&key).unwrap().snapshot;
    let alice = elsewhere.import_group(&first, &key).unwrap();
    // Its count begins anew with the new keys; the old snapshots stay refused.
    alice.delete().unwrap();
    let alice = rejoin(&elsewhere, &mut bob);
    let second = alice.export_for_moving(&key).unwrap().snapshot;
    let mut alice = client.import_group(&second, &key).unwrap();
    let message = alice.encrypt(b"home").unwrap();
    assert_delivered(&message, b"home", &mut [&mut bob]);
    alice.delete().unwrap();
    for old in [&first, &second] {
        for place in [&client, &elsewhere] {
            assert_eq!(place.import_group(old, &key).unwrap_err(), Error::Misuse(Misuse::AlreadyImported));
        }
    }
}

#[test]
fn a_group_that_is_here_by_another_way_stays() {
    let Moving { people, client, alice, mut bob, key } = Moving::new();
    let id = alice.group_id().clone();
    let snapshot = alice.export_for_moving(&key).unwrap().snapshot;
    let elsewhere = people.client(0);
    drop(rejoin(&elsewhere, &mut bob));
    assert_eq!(elsewhere.import_group(&snapshot, &key).unwrap_err(), Error::Misuse(Misuse::GroupHere));
    assert_agree(&[&elsewhere.load_group(&id).unwrap(), &bob]);
    // Where it was exported, joining anew ends the move.
    let join = client.rejoin(&bob.group_info().unwrap(), None, NOW).unwrap();
    deliver_commit(join.message(), &mut [&mut bob]);
    assert_eq!(client.unfinished().unwrap().moved, std::slice::from_ref(&id));
    assert_agree(&[&join.confirm().unwrap(), &bob]);
    assert!(client.unfinished().unwrap().is_empty());
    assert!(client.snapshot_arrived(&id).is_err(), "it isn't away");
}

#[test]
fn an_export_is_undone_by_whoever_is_certain() {
    let Moving { client, mut alice, mut bob, key, .. } = Moving::new();
    let id = alice.group_id().clone();
    let pending = alice.commit().update().prepare(NOW).unwrap();
    let snapshot = alice.export_for_moving(&key).unwrap().snapshot;
    let other = SnapshotKey::generate(&**client.provider()).unwrap();
    assert!(matches!(client.take_back(&id, &other, NeverImported::i_am_certain()), Err(Error::Crypto(_))));
    drop(client.take_back(&id, &key, NeverImported::i_am_certain()).unwrap());
    let mut alice = client.take_back(&id, &key, NeverImported::i_am_certain()).unwrap();
    assert_eq!(alice.pending_commit(), Some(&pending[..]));
    assert!(client.moved_groups().unwrap().is_empty());
    alice.accept_commit().unwrap();
    deliver_commit(&pending, &mut [&mut bob]);
    let message = alice.encrypt(b"never left").unwrap();
    assert_delivered(&message, b"never left", &mut [&mut bob]);
    alice.delete().unwrap();
    assert_eq!(client.import_group(&snapshot, &key).unwrap_err(), Error::Misuse(Misuse::AlreadyImported));

    // What has arrived can't be taken back.
    let Moving { client, alice, key, .. } = Moving::new();
    let id = alice.group_id().clone();
    let snapshot = alice.export_for_moving(&key).unwrap().snapshot;
    client.snapshot_arrived(&id).unwrap();
    client.snapshot_arrived(&id).unwrap();
    let missing = Error::Unavailable(Unavailable::Group(id.clone()));
    assert_eq!(client.take_back(&id, &key, NeverImported::i_am_certain()).unwrap_err(), missing);
    assert_eq!(client.group_info_of_moved(&id, &key).unwrap_err(), missing);
    assert_eq!(client.load_group(&id).unwrap_err(), Error::Misuse(Misuse::Moved));
    assert_eq!(client.import_group(&snapshot, &key).unwrap_err(), Error::Misuse(Misuse::AlreadyImported));
}

/// Nobody has to be certain, and no member has to be asked: what was imported after all is no member any more.
#[test]
fn an_export_is_undone_without_danger() {
    let Moving { people, client, alice, mut bob, key } = Moving::new();
    let id = alice.group_id().clone();
    let snapshot = alice.export_for_moving(&key).unwrap().snapshot;
    let mut imported = people.client(0).import_group(&snapshot, &key).unwrap();
    let group_info = client.group_info_of_moved(&id, &key).unwrap();
    let join = client.rejoin(&group_info, None, NOW).unwrap();
    deliver_commit(join.message(), &mut [&mut bob]);
    let left = imported.receive_and_merge(join.message(), NOW).unwrap();
    assert!(matches!(left, Event::CommitMerged { outcome: Merged::Removed, .. }));
    let mut alice = join.confirm().unwrap();
    assert_agree(&[&alice, &bob]);
    assert_eq!(bob.member_count(), 2);
    let message = alice.encrypt(b"with new keys").unwrap();
    assert_delivered(&message, b"with new keys", &mut [&mut bob]);
}

/// Each batch of a move fails once, before or after it is durable: calling again brings it to its end.
#[test]
fn moving_survives_a_store_that_fails() {
    for fault in [Fault::BeforeDurable(StoreError::Io), Fault::AfterDurable(StoreError::Io)] {
        let mut failures = 0;
        for after in 0..8 {
            let Moving { people, client, alice, mut bob, key } = Moving::new();
            let id = alice.group_id().clone();
            let snapshot = alice.export_for_moving(&key).unwrap().snapshot;
            let store = Arc::new(FaultyStore::new(MemoryStore::new(), after, fault));
            let elsewhere = people.client_on(0, store.clone());
            let mut calls = 0;
            let mut insist = |step: &mut dyn FnMut() -> Result<(), Error>| {
                calls += 1;
                if step().is_err() {
                    failures += 1;
                    step().unwrap();
                }
            };
            insist(&mut || elsewhere.import_group(&snapshot, &key).map(drop));
            let mut on = None;
            insist(&mut || match elsewhere.load_group(&id) {
                Ok(group) => {
                    on = Some(group.export_for_moving(&key)?.snapshot);
                    Ok(())
                }
                Err(Error::Misuse(Misuse::Moved)) => {
                    on = Some(elsewhere.moved_snapshot(&id)?);
                    Ok(())
                }
                Err(error) => Err(error),
            });
            insist(&mut || elsewhere.take_back(&id, &key, NeverImported::i_am_certain()).map(drop));
            let mut alice = elsewhere.load_group(&id).unwrap();
            insist(&mut || {
                let message = alice.encrypt(b"arrived")?;
                assert_delivered(&message, b"arrived", &mut [&mut bob]);
                Ok(())
            });
            assert!(on.is_some() && calls == 4 && client.snapshot_arrived(&id).is_ok());
        }
        // A batch that took place after all is no failure.
        assert_eq!(failures, if matches!(fault, Fault::BeforeDurable(_)) { 4 } else { 0 });
    }
}

#[test]
fn bad_snapshots_are_refused_and_nothing_is_stored() {
    let Moving { people, alice, key, client, .. } = Moving::new();
    let snapshot = alice.export_for_moving(&key).unwrap().snapshot;
    let store = Arc::new(MemoryStore::new());
    let elsewhere = people.client_on(0, store.clone());
    let octets = snapshot.as_octets();
    let other = SnapshotKey::generate(&**client.provider()).unwrap();
    assert!(matches!(elsewhere.import_group(&snapshot, &other), Err(Error::Crypto(_))));
    for at in (0..octets.len()).step_by(octets.len() / 60) {
        let mut damaged = octets.to_vec();
        damaged[at] ^= 1;
        assert!(
            elsewhere.import_group(&DangerousSnapshot::from_octets(damaged), &key).is_err(),
            "octet {at}"
        );
        let truncated = octets[..at].to_vec();
        assert!(elsewhere.import_group(&DangerousSnapshot::from_octets(truncated), &key).is_err());
    }
    let stranger = people.client_on(1, store.clone());
    assert_eq!(stranger.import_group(&snapshot, &key).unwrap_err(), Error::Misuse(Misuse::NoSigner));
    let short = SnapshotKey::from_secret(Secret::copy_of(b"password")).unwrap_err();
    assert_eq!(short, Error::Misuse(Misuse::ShortSnapshotKey));
    assert_eq!(store.count().unwrap(), 0);
    assert!(!format!("{snapshot:?}{key:?}").contains("[") && elsewhere.import_group(&snapshot, &key).is_ok());
}

// covers: 12.4.3-04
#[test]
fn a_restored_backup_comes_back_by_rejoining() {
    let people = People::new(&["alice", "bob"]);
    let store = Arc::new(MemoryStore::new());
    let clients = [people.client_on(0, store.clone()), people.client(1)];
    let mut groups = group_of(&clients);
    let (mut bob, mut alice) = (groups.pop().unwrap(), groups.pop().unwrap());
    let backup = Arc::new(store.snapshot().unwrap());
    let used = alice.encrypt(b"after the backup").unwrap();
    assert_delivered(&used, b"after the backup", &mut [&mut bob]);
    drop((alice, clients));

    let restored = people.client_on(0, backup);
    let id = bob.group_id().clone();
    let join = restored.rejoin(&bob.group_info().unwrap(), None, NOW).unwrap();
    let Ok(Event::CommitMerged { summary, .. }) = bob.receive_and_merge(join.message(), NOW) else {
        panic!("not a commit")
    };
    assert!(summary.joins_externally && summary.removed.len() == 1);
    assert_eq!(restored.unfinished().unwrap().external_joins, std::slice::from_ref(&id));
    let mut alice = join.confirm().unwrap();
    assert_eq!(bob.member_count(), 2);
    assert_agree(&[&alice, &bob]);
    let message = alice.encrypt(b"with new keys").unwrap();
    assert_delivered(&message, b"with new keys", &mut [&mut bob]);
    drop(alice);
    // Whoever lost everything comes back the same way.
    let empty = people.client(0);
    let missing = Error::Unavailable(Unavailable::Group(id.clone()));
    assert_eq!(empty.load_group(&id).unwrap_err(), missing);
    let join = empty.rejoin(&bob.group_info().unwrap(), None, NOW).unwrap();
    deliver_commit(join.message(), &mut [&mut bob]);
    assert_agree(&[&join.confirm().unwrap(), &bob]);
    assert_eq!(bob.member_count(), 2);
}
