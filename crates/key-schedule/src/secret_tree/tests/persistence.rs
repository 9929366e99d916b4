//! Records.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

type Stored = BTreeMap<SecretTreeRecord, Vec<u8>>;

fn stored(tree: &SecretTree) -> Stored {
    dump(tree).into_iter().collect()
}

fn load(size: TreeSize, stored: &Stored) -> Result<SecretTree, KeyScheduleError> {
    SecretTree::from_records(size, stored.iter().map(|(record, payload)| (*record, payload.as_slice())))
}

/// Puts and deletes what a change says, each record once.
fn store(stored: &mut Stored, change: &RatchetChange) {
    let records = change.records().unwrap();
    let distinct: alloc::collections::BTreeSet<_> = records.iter().map(|(record, _)| *record).collect();
    assert_eq!((distinct.len(), change.record_count()), (records.len(), records.len()));
    for (record, payload) in records {
        match payload {
            Some(payload) => stored.insert(record, payload.expose().to_vec()),
            None => Some(stored.remove(&record).expect("only what is there is deleted")),
        };
    }
}

fn kind() -> impl Strategy<Value = ContentKind> {
    prop_oneof![Just(ContentKind::Handshake), Just(ContentKind::Application)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn records_follow_the_tree(
        depth in 0u32..6,
        messages in prop::collection::vec((0u32..32, kind(), 0u32..12), 0..60),
        max_skipped in 0u32..6,
    ) {
        let suite = suite();
        let limits = Limits { max_forward: 8, max_skipped };
        let mut tree = tree(&suite, depth);
        let mut records = stored(&tree);
        for (index, kind, generation) in messages {
            let index = leaf(index.min(tree.size().leaf_count().saturating_sub(1)));
            let prepared = tree.peek(&suite, index, kind, generation, &limits);
            if let Ok(prepared) = prepared {
                store(&mut records, &prepared.change);
                tree.commit(prepared.change).unwrap();
            }
            prop_assert_eq!(&records, &stored(&tree));
            let again = load(tree.size(), &records).unwrap();
            prop_assert_eq!(&stored(&again), &records);
            let kept = records.keys().filter(|record| {
                matches!(record, SecretTreeRecord::Skipped(at, of, _) if (*at, *of) == (index, kind))
            });
            prop_assert!(kept.count() <= usize::try_from(max_skipped).unwrap());
        }
    }

    #[test]
    fn any_payload_is_taken_or_refused(payload in prop::collection::vec(any::<u8>(), 0..40), of in 0usize..3) {
        let suite = suite();
        let mut tree = tree(&suite, 1);
        receive(&mut tree, &suite, (leaf(0), ContentKind::Handshake), 1).unwrap();
        let mut records = stored(&tree);
        let record = [
            SecretTreeRecord::Skipped(leaf(0), ContentKind::Handshake, 0),
            SecretTreeRecord::Ratchet(leaf(0), ContentKind::Handshake),
            SecretTreeRecord::Branch(tree.size().root()),
        ][of];
        prop_assert!(records.insert(record, payload).is_some());
        match load(tree.size(), &records) {
            Ok(loaded) => prop_assert_eq!(stored(&loaded), records),
            Err(error) => prop_assert_eq!(error, KeyScheduleError::DamagedRecords),
        }
    }
}

#[test]
fn incomplete_or_overlapping_records_are_refused() {
    let suite = suite();
    let mut tree = tree(&suite, 2);
    receive(&mut tree, &suite, (leaf(1), ContentKind::Application), 2).unwrap();
    let whole = stored(&tree);
    assert!(load(tree.size(), &whole).is_ok());
    let skipped = |record: &SecretTreeRecord| matches!(record, SecretTreeRecord::Skipped(..));
    for missing in whole.keys().filter(|record| !skipped(record)) {
        let mut records = whole.clone();
        records.remove(missing);
        assert_eq!(load(tree.size(), &records).err(), Some(KeyScheduleError::DamagedRecords), "{missing:?}");
    }
    let secret = || [1; 32].to_vec();
    let head = || [[0; 8].as_slice(), &[1; 32]].concat();
    let branch =
        |leaf: u32, left: u32| [leaf.to_be_bytes().as_slice(), &left.to_be_bytes(), &[1; 32]].concat();
    let used = ContentKind::Application;
    for (extra, payload) in [
        (SecretTreeRecord::Node(tree.size().root()), secret()),
        (SecretTreeRecord::Node(leaf(1).node()), secret()),
        (SecretTreeRecord::Node(leaf(2).node()), secret()),
        (SecretTreeRecord::Node(leaf(4).node()), secret()),
        (SecretTreeRecord::Node(NodeIndex::new(u32::MAX)), secret()),
        (SecretTreeRecord::Branch(leaf(1).node()), branch(1, 1)),
        (SecretTreeRecord::Branch(NodeIndex::new(1)), branch(1, 1)),
        (SecretTreeRecord::Branch(NodeIndex::new(5)), branch(2, 1)),
        (SecretTreeRecord::Branch(NodeIndex::new(9)), branch(4, 1)),
        (SecretTreeRecord::Branch(NodeIndex::new(7)), branch(1, 4)),
        (SecretTreeRecord::Branch(NodeIndex::new(u32::MAX)), branch(1, 1 << 30)),
        (SecretTreeRecord::Ratchet(leaf(2), used), head()),
        (SecretTreeRecord::Ratchet(leaf(4), used), head()),
        (SecretTreeRecord::Skipped(leaf(1), used, 3), [0, 0].to_vec()),
        (SecretTreeRecord::Skipped(leaf(2), used, 0), [0, 0].to_vec()),
    ] {
        let mut records = whole.clone();
        assert!(records.insert(extra, payload).is_none(), "{extra:?}");
        assert_eq!(load(tree.size(), &records).err(), Some(KeyScheduleError::DamagedRecords), "{extra:?}");
    }
    assert_eq!(load(TreeSize::of_depth(1).unwrap(), &whole).err(), Some(KeyScheduleError::DamagedRecords));
    assert_eq!(load(TreeSize::of_depth(3).unwrap(), &whole).err(), Some(KeyScheduleError::DamagedRecords));
    assert_eq!(load(TreeSize::ONE, &Stored::new()).err(), Some(KeyScheduleError::DamagedRecords));
}

#[test]
fn a_record_given_twice_is_refused() {
    let suite = suite();
    let mut tree = tree(&suite, 1);
    receive(&mut tree, &suite, (leaf(0), ContentKind::Application), 1).unwrap();
    let whole = dump(&tree);
    for twice in &whole {
        let records = whole.iter().chain([twice]).map(|(record, payload)| (*record, payload.as_slice()));
        let loaded = SecretTree::from_records(tree.size(), records);
        assert_eq!(loaded.err(), Some(KeyScheduleError::DamagedRecords));
    }
}

#[test]
fn payloads_are_stable() {
    let suite = suite();
    let mut tree = tree(&suite, 0);
    assert_eq!(dump(&tree), [(SecretTreeRecord::Node(NodeIndex::new(0)), [0x5a; 32].to_vec())]);
    receive(&mut tree, &suite, (leaf(0), ContentKind::Application), 1).unwrap();
    let records = stored(&tree);
    let head = &records[&SecretTreeRecord::Ratchet(leaf(0), ContentKind::Application)];
    assert_eq!((head.len(), &head[..8]), (40, &[0, 0, 0, 0, 0, 0, 0, 2][..]));
    let keys = &records[&SecretTreeRecord::Skipped(leaf(0), ContentKind::Application, 0)];
    assert_eq!((keys.len(), keys[0], keys[17]), (1 + 16 + 1 + 12, 16, 12));

    let mut tree = super::tree(&suite, 2);
    receive(&mut tree, &suite, (leaf(1), ContentKind::Application), 0).unwrap();
    let top = SecretTreeRecord::Branch(NodeIndex::new(3));
    let branch = stored(&tree).remove(&top).unwrap();
    assert_eq!((branch.len(), &branch[..8]), (8 + 2 * 32, &[0, 0, 0, 1, 0, 0, 0, 3][..]));
    receive(&mut tree, &suite, (leaf(0), ContentKind::Application), 0).unwrap();
    let rest = stored(&tree).remove(&top).unwrap();
    assert_eq!((&rest[..8], &rest[8..]), (&[0, 0, 0, 1, 0, 0, 0, 2][..], &branch[40..]));
}
