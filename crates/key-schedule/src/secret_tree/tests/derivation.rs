//! The keys that come out, and what is left after.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::tests::expand;

/// All node secrets, eagerly and recursively.
fn all_nodes(suite: &Suite, node: NodeIndex, secret: Vec<u8>, into: &mut BTreeMap<NodeIndex, Vec<u8>>) {
    let nh = suite.hash_length();
    if let (Some(left), Some(right)) = (node.left(), node.right()) {
        all_nodes(suite, left, expand(suite, &secret, "tree", b"left", nh), into);
        all_nodes(suite, right, expand(suite, &secret, "tree", b"right", nh), into);
    }
    into.insert(node, secret);
}

pub(super) fn reference(suite: &Suite, size: TreeSize) -> BTreeMap<NodeIndex, Vec<u8>> {
    let mut nodes = BTreeMap::new();
    all_nodes(suite, size.root(), vec![0x5a; suite.hash_length()], &mut nodes);
    nodes
}

/// Key, nonce and ratchet secret of one generation, from the leaf's secret.
fn generation(suite: &Suite, leaf: &[u8], kind: ContentKind, at: u32) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let label = if kind == ContentKind::Handshake { "handshake" } else { "application" };
    let nh = suite.hash_length();
    let mut secret = expand(suite, leaf, label, b"", nh);
    for earlier in 0..at {
        secret = expand(suite, &secret, "secret", &earlier.to_be_bytes(), nh);
    }
    let key = expand(suite, &secret, "key", &at.to_be_bytes(), suite.aead().key_length());
    let nonce = expand(suite, &secret, "nonce", &at.to_be_bytes(), suite.aead().nonce_length());
    (key, nonce, secret)
}

const KINDS: [ContentKind; 2] = [ContentKind::Handshake, ContentKind::Application];

// covers: 9-01, 9-02, 9.1-02, 6.3.1-03
#[test]
fn lazy_derivation_agrees_with_the_eager_one() {
    for suite in suites() {
        for depth in [0, 1, 3, 5] {
            let mut tree = tree(&suite, depth);
            let nodes = reference(&suite, tree.size());
            let leaves = tree.size().leaf_count();
            // Every leaf, in an order that jumps about.
            for index in (0..leaves).map(|i| (i * 11 + 5) % leaves).map(leaf) {
                for kind in KINDS {
                    for at in [0, 1, 4] {
                        let (key, nonce, _) = generation(&suite, &nodes[&index.node()], kind, at);
                        assert_eq!(receive(&mut tree, &suite, (index, kind), at), Ok((key, nonce)));
                    }
                }
            }
            assert_eq!(tree.frontier.all_nodes().count(), 0);
            assert!(tree.frontier.branches.is_empty());
        }
    }
}

// covers: 9.1-01
#[test]
fn no_two_messages_share_key_and_nonce() {
    let suite = suite();
    let mut tree = tree(&suite, 2);
    let mut seen = BTreeSet::new();
    for expected in 0..20 {
        for index in (0..4).map(leaf) {
            for kind in KINDS {
                let (generation, key, nonce) = send(&mut tree, &suite, (index, kind)).unwrap();
                assert_eq!(generation, expected);
                assert!(seen.insert((key, nonce)));
            }
        }
    }
}

// covers: 6.3.1-04
#[test]
fn sending_goes_on_after_a_restart() {
    let suite = suite();
    let own = (leaf(2), ContentKind::Application);
    let (mut tree, mut other) = (tree(&suite, 2), tree(&suite, 2));
    for expected in 0..5 {
        let (generation, key, nonce) = send(&mut tree, &suite, own).unwrap();
        assert_eq!(generation, expected);
        assert_eq!(receive(&mut other, &suite, own, generation), Ok((key, nonce)));
        let stored = dump(&tree);
        let records = stored.iter().map(|(record, payload)| (*record, payload.as_slice()));
        tree = SecretTree::from_records(tree.size(), records).unwrap();
    }
}

// covers: 9.1-03
#[test]
fn sending_stops_before_the_last_generation() {
    let suite = suite();
    let own = (leaf(0), ContentKind::Application);
    let mut near_end = u64::from(u32::MAX - 1).to_be_bytes().to_vec();
    near_end.extend([3; 32]);
    let records = || {
        [
            (SecretTreeRecord::Ratchet(own.0, ContentKind::Handshake), near_end.as_slice()),
            (SecretTreeRecord::Ratchet(own.0, ContentKind::Application), near_end.as_slice()),
        ]
    };
    let mut tree = SecretTree::from_records(TreeSize::ONE, records()).unwrap();
    assert_eq!(send(&mut tree, &suite, own).unwrap().0, u32::MAX - 1);
    let before = dump(&tree);
    rejected(send(&mut tree, &suite, own), rule!("9.1-03"));
    assert_eq!(dump(&tree), before);

    // A receiver has no reason to refuse the last generation, and nothing wraps after it.
    let mut tree = SecretTree::from_records(TreeSize::ONE, records()).unwrap();
    receive(&mut tree, &suite, own, u32::MAX).unwrap();
    receive(&mut tree, &suite, own, u32::MAX - 1).unwrap();
    assert_eq!(tree.next_generation(own.0, own.1), 1 << 32);
    rejected(receive(&mut tree, &suite, own, u32::MAX), rule!("6.3.1-11"));
    rejected(receive(&mut tree, &suite, own, 0), rule!("6.3.1-11"));
    rejected(send(&mut tree, &suite, own), rule!("9.1-03"));
}

pub(super) fn holds(tree: &SecretTree, octets: &[u8]) -> bool {
    dump(tree).iter().any(|(_, payload)| payload.windows(octets.len()).any(|window| window == octets))
}

// covers: 9.2-01, 9.2-02
#[test]
fn consumed_secrets_are_gone_and_others_stay() {
    for suite in suites() {
        let mut tree = tree(&suite, 3);
        let nodes = reference(&suite, tree.size());
        let used = leaf(5);
        let (key, nonce) = receive(&mut tree, &suite, (used, ContentKind::Application), 0).unwrap();
        let (_, _, secret) = generation(&suite, &nodes[&used.node()], ContentKind::Application, 0);
        for gone in [&key, &nonce, &secret] {
            assert!(!holds(&tree, gone));
        }
        let copath: Vec<_> = used.direct_path(tree.size()).map(|step| step.copath).collect();
        for (node, secret) in &nodes {
            assert_eq!(holds(&tree, secret), copath.contains(node), "{node:?}");
        }
        for other in (0..8).map(leaf).filter(|other| *other != used) {
            receive(&mut tree, &suite, (other, ContentKind::Handshake), 0).unwrap();
        }
    }
}

#[test]
fn first_use_costs_one_block_and_later_ones_a_ratchet() {
    let suite = suite();
    let mut tree = tree(&suite, 16);
    let sender = (leaf(40_000), ContentKind::Application);
    let mut records_of_next = || {
        let prepared = tree.next(&suite, sender.0, sender.1).unwrap();
        let records = prepared.change.records().unwrap();
        tree.commit(prepared.change).unwrap();
        records.into_iter().map(|(_, payload)| payload.map(|payload| payload.len())).collect::<Vec<_>>()
    };
    // The root goes, a branch with the 16 nodes beside the path and two ratchets come.
    let nh = suite.hash_length();
    let ratchet = Some(8 + nh);
    assert_eq!(records_of_next(), [None, Some(8 + 16 * nh), ratchet, ratchet]);
    assert_eq!(records_of_next(), [ratchet]);
    assert_eq!(records_of_next(), [ratchet]);
}

// covers: 2-01
#[test]
fn debug_shows_no_secret() {
    let suite = suite();
    let mut tree = tree(&suite, 2);
    let prepared = tree.next(&suite, leaf(1), ContentKind::Handshake).unwrap();
    let shown = alloc::format!("{prepared:?}");
    assert!(
        shown.contains("key: (..), nonce: (..), change: RatchetChange { leaf: leaf 1, kind: Handshake, .. }")
    );
    tree.commit(prepared.change).unwrap();
    assert!(alloc::format!("{tree:?}").ends_with("nodes: 2, ratchets: 2 }"));
}
