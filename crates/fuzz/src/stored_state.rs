//! A group loads from records of which one is damaged: it says so, or goes on working.

use std::sync::Arc;

use copath_group::{CommitOptions, Group};
use copath_messages::MlsMessage;
use copath_records::{Record, RecordKey, StateDelta, Store};
use copath_testing::{Member, World};

use crate::{join, transparent};

struct Fixture {
    bob: Member,
    records: Vec<(RecordKey, Vec<u8>)>,
    received: Vec<MlsMessage>,
}

thread_local! {
    static FIXTURE: Fixture = fixture();
}

/// Bob with something of each kind in his store.
fn fixture() -> Fixture {
    let mut world = World::new(&transparent::provider(1));
    let late = world.mallory.send_data(b"late", 1);
    let proposal = crate::member::proposals(&world).remove(2);
    world.bob.receive(&world.mallory.send_data(b"data", 3)).unwrap();
    let commit = world.mallory.commit().build();
    world.bob.receive(&commit.message).unwrap();
    world.mallory = commit.next;
    world.bob.receive(&world.mallory.propose(proposal)).unwrap();
    let received = vec![late, world.mallory.send_data(b"data", 0), world.mallory.commit().message()];
    world.bob.propose_update().unwrap();
    world.bob.commit(CommitOptions::new()).map(drop).unwrap_or_default();
    let store = &world.bob.store;
    let kinds = copath_records::RecordKind::ALL.iter();
    let records = kinds.flat_map(|kind| store.scan(&RecordKey::new(*kind)).unwrap());
    let records = records.map(|(key, record)| (key, record.expose().to_vec())).collect();
    Fixture { bob: world.bob, records, received }
}

pub(crate) fn run(input: &[u8]) {
    let Some((which, octets)) = input.split_first() else { return };
    FIXTURE.with(|fixture| {
        let (key, _) = &fixture.records[usize::from(*which) % fixture.records.len()];
        let store = fixture.bob.store.snapshot().unwrap();
        let mut delta = StateDelta::new();
        delta.put(key.clone(), Record::copy_of(octets));
        store.commit(&delta).unwrap();
        let provider = Arc::clone(fixture.bob.suite.provider());
        let group_id = fixture.bob.group().group_id();
        if let Ok(Some(group)) = Group::load(&store, &provider, &fixture.bob.settings, group_id) {
            use_it(fixture, &group);
        }
    });
}

/// Nothing that is asked of the group panics, whatever its state.
fn use_it(fixture: &Fixture, group: &Group) {
    let signer = &*fixture.bob.signer;
    for message in &fixture.received {
        let _ = group.receive(message, fixture.bob.now);
    }
    let _ = group.encrypt(b"data", b"", signer);
    let _ = group.export_ratchet_tree();
    let _ = group.all_records();
    group.pending_proposals().for_each(drop);
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    FIXTURE.with(|fixture| {
        let numbered = fixture.records.iter().zip(0_u8..);
        numbered.map(|((_, record), number)| join(number, record)).collect()
    })
}
