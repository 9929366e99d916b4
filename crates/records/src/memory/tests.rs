//! The memory store against a model.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::RecordKind;

/// Keys as a plain list of numbers; the model knows nothing of how keys are written.
type ModelKey = Vec<u32>;

#[derive(Clone, Debug)]
enum Step {
    Put(ModelKey, Vec<u8>),
    Delete(ModelKey),
    DeletePrefix(ModelKey),
}

fn model_key() -> impl Strategy<Value = ModelKey> {
    prop::collection::vec(prop_oneof![0u32..3, Just(0x1400_0000), Just(u32::MAX)], 0..4)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (model_key(), prop::collection::vec(any::<u8>(), 0..4)).prop_map(|(key, value)| Step::Put(key, value)),
        1 => model_key().prop_map(Step::Delete),
        1 => model_key().prop_map(Step::DeletePrefix),
    ]
}

fn key(segments: &[u32]) -> RecordKey {
    segments.iter().fold(RecordKey::new(RecordKind::RATCHET), |key, segment| key.push_u32(*segment))
}

fn batch(steps: &[Step]) -> StateDelta {
    let mut delta = StateDelta::new();
    for step in steps {
        match step {
            Step::Put(at, value) => delta.put(key(at), Record::copy_of(value)),
            Step::Delete(at) => delta.delete(key(at)),
            Step::DeletePrefix(prefix) => delta.delete_prefix(key(prefix)),
        };
    }
    delta
}

fn run_model(model: &mut BTreeMap<ModelKey, Vec<u8>>, steps: &[Step]) {
    for step in steps {
        match step {
            Step::Put(at, value) => {
                model.insert(at.clone(), value.clone());
            }
            Step::Delete(at) => {
                model.remove(at);
            }
            Step::DeletePrefix(prefix) => model.retain(|at, _| !at.starts_with(prefix)),
        }
    }
}

fn octets(records: Vec<(RecordKey, Record)>) -> Vec<(RecordKey, Vec<u8>)> {
    records.into_iter().map(|(key, record)| (key, record.expose().to_vec())).collect()
}

proptest! {
    #[test]
    fn behaves_like_a_sorted_map(
        batches in prop::collection::vec(prop::collection::vec(step(), 0..8), 0..8),
        probes in prop::collection::vec(model_key(), 8),
    ) {
        let (store, mut model) = (MemoryStore::new(), BTreeMap::new());
        for steps in &batches {
            store.commit(&batch(steps)).unwrap();
            run_model(&mut model, steps);
        }
        prop_assert_eq!(store.count(), Ok(model.len()));
        for probe in &probes {
            let loaded = store.load(&key(probe)).unwrap().map(|record| record.expose().to_vec());
            prop_assert_eq!(loaded.as_ref(), model.get(probe));
            let below = model.iter().filter(|(at, _)| at.starts_with(probe));
            let expected: Vec<_> = below.map(|(at, value)| (key(at), value.clone())).collect();
            prop_assert_eq!(octets(store.scan(&key(probe)).unwrap()), expected);
        }
    }

    #[test]
    fn delete_prefix_never_touches_neighbours(keys in prop::collection::btree_set(model_key(), 1..30), at in any::<prop::sample::Index>()) {
        let keys: Vec<_> = keys.into_iter().collect();
        let prefix = keys[at.index(keys.len())].clone();
        let store = MemoryStore::new();
        store.commit(&batch(&keys.iter().map(|at| Step::Put(at.clone(), alloc::vec![1])).collect::<Vec<_>>())).unwrap();
        store.commit(&batch(&[Step::DeletePrefix(prefix.clone())])).unwrap();
        for at in &keys {
            prop_assert_eq!(store.load(&key(at)).unwrap().is_none(), at.starts_with(&prefix));
        }
    }
}

#[test]
fn a_group_whose_id_extends_anothers_is_not_deleted_with_it() {
    let record = |id: &[u8]| RecordKey::new(RecordKind::TREE_PAGE).push_bytes(id).push_u32(0);
    let store = MemoryStore::new();
    let mut delta = StateDelta::new();
    for id in [&b"a"[..], b"aa", b"", b"a\0", b"b"] {
        delta.put(record(id), Record::copy_of(id));
    }
    delta.put(RecordKey::new(RecordKind::PROPOSAL).push_bytes(b"a"), Record::copy_of(b"other kind"));
    store.commit(&delta).unwrap();
    let mut delta = StateDelta::new();
    delta.delete_prefix(RecordKey::new(RecordKind::TREE_PAGE).push_bytes(b"a"));
    store.commit(&delta).unwrap();
    assert!(store.load(&record(b"a")).unwrap().is_none());
    assert_eq!(store.count(), Ok(5));
}

#[test]
fn snapshots_are_independent_and_debug_is_silent() {
    let store = Arc::new(MemoryStore::new());
    let mut delta = StateDelta::new();
    delta.put(key(&[1]), Record::copy_of(b"secret"));
    Store::commit(&store, &delta).unwrap();
    let snapshot = store.snapshot().unwrap();
    let mut delta = StateDelta::new();
    delta.delete(key(&[1]));
    Store::commit(&store, &delta).unwrap();
    assert_eq!(Store::load(&store, &key(&[1])).unwrap().map(|record| record.len()), None);
    assert_eq!(
        snapshot.load(&key(&[1])).unwrap().map(|record| record.expose().to_vec()),
        Some(b"secret".to_vec())
    );
    assert_eq!(alloc::format!("{snapshot:?}"), "MemoryStore(1 records)");
}

#[test]
fn a_batch_that_expects_something_else_changes_nothing() {
    let store = MemoryStore::new();
    let value = |octet: u8| Record::copy_of(&[octet]);
    let write = |expected: Option<Record>, octet| {
        let mut delta = StateDelta::new();
        delta.put(key(&[1]), value(octet)).expect(key(&[1]), expected).delete(key(&[2]));
        store.commit(&delta)
    };
    let there = || store.load(&key(&[1])).unwrap().map(|record| record.expose().to_vec());
    assert_eq!(write(Some(value(1)), 1), Err(StoreError::Conflict));
    assert_eq!(there(), None);
    assert_eq!(write(None, 1), Ok(()));
    assert_eq!(write(None, 2), Err(StoreError::Conflict));
    assert_eq!(write(Some(value(2)), 2), Err(StoreError::Conflict));
    assert_eq!(there(), Some([1].to_vec()));
    assert_eq!(write(Some(value(1)), 2), Ok(()));
    assert_eq!(there(), Some([2].to_vec()));
}
