//! Branches, against a tree that keeps each node by itself.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::derivation::reference;
use super::*;

const KIND: ContentKind = ContentKind::Application;

/// The nodes that nothing below has been used of, each by itself.
type Naive = BTreeSet<NodeIndex>;

/// What the first use of `leaf` does.
fn use_naively(naive: &mut Naive, leaf: LeafIndex, size: TreeSize) {
    let mut beside = Vec::new();
    let mut at = leaf.node();
    for step in leaf.direct_path(size) {
        if naive.contains(&at) {
            break;
        }
        beside.push(step.copath);
        at = step.node;
    }
    assert!(naive.remove(&at));
    naive.extend(beside);
}

/// An order of `count` leaves that differs with `seed`.
fn order(count: u32, seed: u64) -> Vec<LeafIndex> {
    let mut leaves: Vec<_> = (0..count).map(leaf).collect();
    leaves.sort_by_key(|leaf| {
        let mixed = (u64::from(leaf.as_u32()) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ seed << 17);
        mixed.rotate_left(23).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    });
    leaves
}

/// Each run of `length` octets in what is stored.
fn runs(tree: &SecretTree, length: usize) -> BTreeSet<Vec<u8>> {
    let dump = dump(tree);
    dump.iter().flat_map(|(_, payload)| payload.windows(length).map(<[u8]>::to_vec)).collect()
}

/// What is stored of `tree` says, and nothing else does, each secret of `naive`.
fn assert_holds_exactly(tree: &SecretTree, naive: &Naive, secrets: &BTreeMap<NodeIndex, Vec<u8>>) {
    assert_eq!(tree.frontier.all_nodes().collect::<Naive>(), *naive);
    assert_eq!(tree.frontier.all_nodes().count(), naive.len());
    let runs = runs(tree, secrets.values().next().unwrap().len());
    for (node, secret) in secrets {
        assert_eq!(runs.contains(secret), naive.contains(node), "{node:?}");
    }
}

// covers: 9.2-01, 9.2-02
#[test]
fn any_order_of_first_uses_leaves_what_a_naive_tree_does() {
    let suite = suite();
    for (depth, orders) in [(0, 1), (1, 2), (2, 24), (3, 24), (4, 8), (5, 3), (6, 1)] {
        for seed in 0..orders {
            let mut tree = tree(&suite, depth);
            let size = tree.size();
            let secrets = reference(&suite, size);
            let mut naive = Naive::from([size.root()]);
            for leaf in order(size.leaf_count(), seed) {
                let prepared = tree.peek(&suite, leaf, KIND, 0, &Limits::default()).unwrap();
                assert_holds_exactly(&tree, &naive, &secrets);
                use_naively(&mut naive, leaf, size);
                let start = crate::tests::expand(&suite, &secrets[&leaf.node()], "application", b"", 32);
                let key = crate::tests::expand(&suite, &start, "key", &[0; 4], prepared.key.len());
                assert_eq!(prepared.key.expose(), key);
                tree.commit(prepared.change).unwrap();
                assert_holds_exactly(&tree, &naive, &secrets);
            }
            assert!(naive.is_empty());
        }
    }
}

#[test]
fn a_first_use_changes_at_most_four_records_and_each_used_leaf_has_at_most_one_branch() {
    let suite = suite();
    let mut tree = tree(&suite, 6);
    let mut branches = 0;
    for (used, leaf) in order(64, 7).into_iter().enumerate() {
        let prepared = tree.next(&suite, leaf, KIND).unwrap();
        let records = prepared.change.records().unwrap();
        assert!((3..=4).contains(&records.len()));
        tree.commit(prepared.change).unwrap();
        let count = |record: &SecretTreeRecord| matches!(record, SecretTreeRecord::Branch(_));
        let now = dump(&tree).iter().filter(|(record, _)| count(record)).count();
        assert!(now <= used + 1);
        branches = branches.max(now);
    }
    assert!((2..=32).contains(&branches), "{branches}");
    assert_eq!(tree.frontier.branches.len(), 0);
}

#[test]
fn a_tree_stored_without_branches_goes_on() {
    let suite = suite();
    let secrets = reference(&suite, TreeSize::of_depth(4).unwrap());
    let mut whole = tree(&suite, 4);
    receive(&mut whole, &suite, (leaf(5), KIND), 0).unwrap();
    let ratchets = dump(&whole);
    let ratchets = ratchets.iter().filter(|(record, _)| matches!(record, SecretTreeRecord::Ratchet(..)));
    let ratchets = ratchets.map(|(record, payload)| (*record, payload.as_slice()));
    let beside = leaf(5).direct_path(whole.size()).map(|step| step.copath);
    let nodes = beside.map(|node| (SecretTreeRecord::Node(node), secrets[&node].as_slice()));
    let mut before = SecretTree::from_records(whole.size(), ratchets.chain(nodes)).unwrap();
    assert_eq!(before.frontier.branches.len(), 0);
    for index in order(16, 3) {
        let generation = u32::from(index == leaf(5));
        let expected = receive(&mut whole, &suite, (index, KIND), generation).unwrap();
        assert_eq!(receive(&mut before, &suite, (index, KIND), generation), Ok(expected));
        assert_eq!(
            before.frontier.all_nodes().collect::<Naive>(),
            whole.frontier.all_nodes().collect::<Naive>()
        );
    }
    assert!(before.frontier.nodes.is_empty() && before.frontier.branches.is_empty());
}

#[test]
fn malformed_branches_are_refused() {
    let suite = suite();
    let mut tree = tree(&suite, 2);
    receive(&mut tree, &suite, (leaf(1), KIND), 0).unwrap();
    let top = SecretTreeRecord::Branch(tree.size().root());
    let whole = dump(&tree);
    let load = |payload: &[u8]| {
        let records = whole
            .iter()
            .map(|(record, before)| (*record, if *record == top { payload } else { before.as_slice() }));
        SecretTree::from_records(tree.size(), records)
    };
    let branch = |leaf: u32, left: u32, secrets: usize| {
        [leaf.to_be_bytes().as_slice(), &left.to_be_bytes(), &[7; 64][..secrets]].concat()
    };
    assert!(load(&branch(1, 3, 64)).is_ok());
    for payload in [
        Vec::new(),
        branch(1, 3, 0)[..7].to_vec(),
        branch(1, 0, 0),
        branch(1, 0, 64),
        branch(1, 3, 0),
        branch(1, 3, 63),
        branch(1, 1, 32),
        branch(1, 2, 32),
        branch(1, 4, 32),
        branch(1, 7, 60),
        branch(1, u32::MAX, 64),
        branch(0, 3, 64),
        branch(2, 3, 64),
        branch(5, 3, 64),
        branch(u32::MAX, 3, 64),
    ] {
        assert_eq!(load(&payload).err(), Some(KeyScheduleError::DamagedRecords), "{payload:?}");
    }
}

/// The suite isn't known when records are read, so their secrets' length is only seen when one is used.
#[test]
fn secrets_of_another_length_are_refused_when_they_are_used() {
    let suite = suite();
    for length in [1, 31, 33, 64, 65, 100] {
        let secret = alloc::vec![7; length];
        let root = [(SecretTreeRecord::Node(NodeIndex::new(0)), secret.as_slice())];
        let tree = SecretTree::from_records(TreeSize::ONE, root).unwrap();
        let peeked = tree.peek(&suite, leaf(0), KIND, 0, &Limits::default());
        assert_eq!(peeked.err(), Some(KeyScheduleError::DamagedRecords));
    }
}
