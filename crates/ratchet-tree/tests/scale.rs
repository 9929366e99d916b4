//! Cost follows the change: a tree of 50,000 members, and what its changes copy, hash and store.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod world;

use copath_crypto::Suite;
use copath_messages::{LeafNode, LeafNodeSource, Node, ParentNode};
use copath_ratchet_tree::{EditCost, NodeKey, RatchetTree, TreeError, TreeLimits, TreePrivateKeys};
use copath_tree_math::{NodeIndex, TreeSize};
use std::collections::BTreeMap;
use world::{World, forged_leaf, leaf, suite};

const MEMBERS: u32 = 50_000;
/// Levels of a tree that holds them, the leaves included.
const LEVELS: u64 = 17;
/// Pages from the root to a leaf.
const PAGES: u64 = 5;

/// A tree with all parents filled, those with blank leaves below included; the keys of parents are forged too.
fn large() -> (Suite, RatchetTree) {
    let suite = suite(1);
    let size = TreeSize::holding(leaf(MEMBERS - 1));
    let nodes: Vec<Option<Node>> = (0..MEMBERS * 2 - 1)
        .map(NodeIndex::new)
        .map(|node| match node.leaf() {
            Some(index) => Some(Node::Leaf(Box::new(forged_leaf(&suite, index.as_u32())))),
            None if size.contains(node) => {
                let mut key = forged_leaf(&suite, node.as_u32()).encryption_key.to_vec();
                key[30] = 1;
                let parent_hash = vec![5; 32].into();
                let unmerged_leaves = vec![];
                Some(Node::Parent(Box::new(ParentNode {
                    encryption_key: key.into(),
                    parent_hash,
                    unmerged_leaves,
                })))
            }
            None => None,
        })
        .collect();
    let octets = copath_codec::Encode::to_bytes(&nodes).unwrap();
    let context = copath_codec::DecodeContext::rfc9420();
    let tree = RatchetTree::decode(&suite, &octets, context, &TreeLimits::default()).unwrap();
    assert_eq!(tree.encode().unwrap(), octets);
    (suite, tree)
}

fn at_most(cost: EditCost, paths: u64) {
    assert!(cost.pages_copied <= paths * PAGES, "{cost:?}");
    assert!(cost.nodes_hashed <= paths * LEVELS, "{cost:?}");
    assert!(cost.pages_copied > 0 && cost.nodes_hashed > 0);
}

#[test]
fn a_change_costs_a_path() {
    let (suite, tree) = large();
    let new = |number: u32| -> LeafNode { forged_leaf(&suite, MEMBERS + number) };
    let mut edit = tree.edit(&suite);
    edit.update_leaf(leaf(31_000), &new(1)).unwrap();
    let updated = edit.finish().unwrap();
    at_most(updated.cost(), 1);
    let mut edit = tree.edit(&suite);
    edit.remove_leaf(leaf(7)).unwrap();
    let removed = edit.finish().unwrap();
    at_most(removed.cost(), 1);
    let mut edit = removed.edit(&suite);
    assert_eq!(edit.add_leaf(&new(2)).unwrap(), leaf(7));
    assert_eq!(edit.add_leaf(&new(3)).unwrap(), leaf(MEMBERS));
    at_most(edit.finish().unwrap().cost(), 2);
    assert!(updated.changed_pages(&tree).unwrap().len() as u64 <= PAGES);
    assert!(removed.changed_pages(&tree).unwrap().len() as u64 <= PAGES);
    assert_eq!(tree.changed_pages(&tree.clone()).unwrap(), []);
}

#[test]
fn a_path_costs_a_path_for_sender_and_receiver() {
    let (suite, tree) = large();
    // Two members with real keys; only they are encrypted to.
    let (mut edit, mut keys) = (tree.edit(&suite), Vec::new());
    for index in [20_001, 40_000] {
        let pair = suite.generate_kem_key_pair().unwrap();
        let mut new = forged_leaf(&suite, MEMBERS + index);
        new.encryption_key = pair.public_key.clone().into();
        edit.update_leaf(leaf(index), &new).unwrap();
        keys.push(TreePrivateKeys::new(leaf(index), NodeKey::from(pair)));
    }
    let tree = edit.finish().unwrap();
    at_most(tree.cost(), 2);
    let draft = tree.create_path::<TreeError>(&suite, leaf(20_001), &[], |path_leaf| {
        let mut new = forged_leaf(&suite, MEMBERS + 70_000);
        new.encryption_key = path_leaf.encryption_key.into();
        new.leaf_node_source = LeafNodeSource::Commit(path_leaf.parent_hash.as_slice().into());
        Ok(new)
    });
    let draft = draft.unwrap();
    at_most(draft.tree().cost(), 1);
    let context = World::context(draft.tree());
    let path = draft.encrypt(&context).unwrap();
    assert!(path.nodes.len() as u64 <= LEVELS);
    let merged = tree.apply_path(&suite, leaf(20_001), &path, &[]).unwrap();
    at_most(merged.tree().cost(), 1);
    assert_eq!(merged.tree().tree_hash(), draft.tree().tree_hash());
    let opened = merged.decrypt(&keys[1], &context).unwrap();
    assert!(opened.commit_secret.ct_eq(draft.commit_secret().expose()));
    assert!(opened.tree.changed_pages(&tree).unwrap().len() as u64 <= PAGES);
}

#[test]
fn many_adds_are_merged_once() {
    let (suite, tree) = large();
    let mut edit = tree.edit(&suite);
    // Beyond 65,536 leaves the tree doubles.
    for number in 0..20_000 {
        edit.add_leaf(&forged_leaf(&suite, 200_000 + number)).unwrap();
    }
    let grown = edit.finish().unwrap();
    assert_eq!(grown.member_count(), MEMBERS + 20_000);
    assert_eq!(grown.size().depth(), 17);
    // Each node at most once: those that changed and the new half.
    assert!(grown.cost().nodes_hashed <= u64::from(grown.size().node_count()));
    assert!(grown.cost().pages_copied <= u64::from(MEMBERS) / 8);
    let unmerged = |node| grown.parent(node).map(|parent| parent.unmerged_leaves().collect::<Vec<_>>());
    assert_eq!(unmerged(grown.size().root()), None);
    let expected: Vec<_> = (MEMBERS..1 << 16).map(leaf).collect();
    assert_eq!(unmerged(tree.size().root()), Some(expected));
    assert_eq!(unmerged(NodeIndex::subtree(leaf(0), 5)), Some(vec![]));
}

#[test]
fn records_of_a_large_tree_load_again() {
    let (suite, tree) = large();
    let pages: Vec<_> = tree.pages().unwrap().collect();
    let loaded = RatchetTree::from_pages(&suite, pages.iter().cloned()).unwrap();
    assert_eq!(loaded.tree_hash(), tree.tree_hash());
    // A page that was rolled back or lost shows in the tree hash.
    let mut edit = tree.edit(&suite);
    edit.remove_leaf(leaf(12_345)).unwrap();
    let newer = edit.finish().unwrap();
    for (key, _) in newer.changed_pages(&tree).unwrap().into_iter().step_by(4) {
        let mut mixed: BTreeMap<_, _> = newer.pages().unwrap().collect();
        mixed.extend(pages.iter().filter(|(page, _)| *page == key).cloned());
        let mixed = RatchetTree::from_pages(&suite, mixed).unwrap();
        assert_ne!(mixed.tree_hash(), newer.tree_hash());
    }
    for lost in [0, pages.len() / 2] {
        let rest =
            pages.iter().enumerate().filter(|(number, _)| *number != lost).map(|(_, page)| page.clone());
        let damaged = RatchetTree::from_pages(&suite, rest.collect::<Vec<_>>());
        assert!(damaged.is_err() || damaged.unwrap().tree_hash() != tree.tree_hash());
    }
}
