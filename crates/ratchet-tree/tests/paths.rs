//! Update paths among real members.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod world;

use copath_codec::Opaque;
use copath_crypto::CryptoError;
use copath_messages::{LeafNodeSource, Node, UpdatePath};
use copath_ratchet_tree::{NodeKey, NodeKeyId, TreeError, TreePrivateKeys};
use copath_rules::rule;
use world::{Changes, World, assert_rule, leaf, node, secret};

/// A path of leaf `committer` over the tree as it is.
fn path(world: &World, committer: u32) -> UpdatePath {
    let draft = world.draft(committer, &[]);
    draft.encrypt(&World::context(draft.tree())).unwrap()
}

// covers: 4.2-01, 7.4-01, 7.4-03, 7.5-01, 7.5-03, 7.5-07, 7.5-08, 7.5-10, 7.9.1-01, 12.4.3.1-19
#[test]
fn all_members_follow_in_a_group_that_grows_and_shrinks() {
    for suite in [1, 2, 7] {
        let mut world = World::new(suite);
        world.commit(0, &Changes::add(4));
        world.validate().unwrap();
        world.commit(3, &Changes::default());
        world.commit(1, &Changes::remove(&[2]));
        world.validate().unwrap();
        world.commit(4, &Changes { update: vec![0, 1], remove: vec![], add: 5 });
        world.validate().unwrap();
        world.commit(8, &Changes::remove(&[0, 4]));
        world.commit(5, &Changes { update: vec![7], remove: vec![8], add: 2 });
        world.validate().unwrap();
    }
}

// covers: 7.4-02
#[test]
fn two_paths_in_a_row_have_no_key_in_common() {
    let mut world = World::of(6);
    let first = world.commit(2, &Changes::default());
    let second = world.commit(2, &Changes::default());
    let keys = |path: &UpdatePath| -> Vec<Opaque> {
        let nodes = path.nodes.iter().map(|node| node.encryption_key.clone());
        nodes.chain([path.leaf_node.encryption_key.clone()]).collect()
    };
    assert_eq!(keys(&first).len(), world.tree.filtered_direct_path(leaf(2)).len() + 1);
    assert!(keys(&first).iter().all(|key| !keys(&second).contains(key)));
}

// covers: 7.5-02, 7.9-03
#[test]
fn members_without_neighbours_have_short_paths() {
    // A sole member at leaf 0, and one at leaf 2 of four.
    let mut alone = World::new(1);
    assert!(alone.commit(0, &Changes::default()).nodes.is_empty());
    alone.validate().unwrap();
    alone.commit(0, &Changes::add(2));
    alone.validate().unwrap();
    let mut world = World::of(4);
    world.commit(2, &Changes::remove(&[0, 1, 3]));
    let own = world.tree.leaf(leaf(2)).unwrap().to_leaf_node().unwrap();
    assert_eq!(own.leaf_node_source, LeafNodeSource::Commit(Opaque::default()));
    world.validate().unwrap();
    // The root is filtered out; the one node of the path has an empty parent hash.
    let mut world = World::of(4);
    assert_eq!(world.commit(3, &Changes::remove(&[0, 1])).nodes.len(), 1);
    assert!(world.tree.parent(world.tree.size().root()).is_none());
    assert_eq!(world.tree.parent(node(5)).unwrap().parent_hash(), b"");
    world.validate().unwrap();
    world.commit(2, &Changes::add(3));
    world.validate().unwrap();
}

// covers: 4.1.2-02, 7.5-04, 7.6-02
#[test]
fn new_leaves_count_for_the_path_but_get_no_ciphertext() {
    // Only new leaves on the right: the root is on the path, with an entry that is encrypted to nobody.
    let mut world = World::of(2);
    let path = world.commit(0, &Changes::add(2));
    let counts: Vec<_> = path.nodes.iter().map(|node| node.encrypted_path_secret.len()).collect();
    assert_eq!(counts, [1, 0]);
    world.validate().unwrap();
    // A sender that counts the new leaf is refused.
    let mut world = World::of(3);
    let added = world.apply(&Changes::add(1));
    let draft = world.draft(0, &[]);
    let path = draft.encrypt(&World::context(draft.tree())).unwrap();
    assert_rule(world.tree.apply_path(&world.suite, leaf(0), &path, &added), rule!("7.6-02"));
}

// covers: 7.6-01, 7.6-03
#[test]
fn counts_have_to_fit() {
    let world = World::of(7);
    let good = path(&world, 5);
    world.tree.apply_path(&world.suite, leaf(5), &good, &[]).unwrap();
    let apply = |path: &UpdatePath| world.tree.apply_path(&world.suite, leaf(5), path, &[]).map(|_| ());
    let mut bad = good.clone();
    bad.nodes.pop();
    assert_rule(apply(&bad), rule!("7.6-01"));
    let mut bad = good.clone();
    bad.nodes.push(bad.nodes[0].clone());
    assert_rule(apply(&bad), rule!("7.6-01"));
    let mut bad = good.clone();
    bad.nodes[1].encrypted_path_secret.pop();
    assert_rule(apply(&bad), rule!("7.6-03"));
    let mut bad = good.clone();
    let extra = bad.nodes[0].encrypted_path_secret[0].clone();
    bad.nodes[0].encrypted_path_secret.push(extra);
    assert_rule(apply(&bad), rule!("7.6-03"));
    // Swapped ciphertexts pass the count and fail at decryption.
    let mut bad = good;
    bad.nodes.last_mut().unwrap().encrypted_path_secret.swap(0, 1);
    let merged = world.tree.apply_path(&world.suite, leaf(5), &bad, &[]).unwrap();
    let context = World::context(merged.tree());
    let opened = merged.decrypt(&world.members[&leaf(0)].keys, &context);
    assert_eq!(opened.err(), Some(TreeError::Crypto(CryptoError::DecryptionFailed)));
}

// covers: 12.4.2-06, 12.4.2-07, 12.4.2-08, 7.5-05, 16.7-01
#[test]
fn keys_of_a_path_are_new() {
    let mut world = World::of(8);
    world.commit(5, &Changes::default());
    let good = path(&world, 0);
    let apply = |path: &UpdatePath| world.tree.apply_path(&world.suite, leaf(0), path, &[]).map(|_| ());
    apply(&good).unwrap();
    let key = |index: u32| Opaque::from(world.tree.encryption_key(node(index)).unwrap());
    let mut bad = good.clone();
    bad.leaf_node.encryption_key = key(0);
    assert_rule(apply(&bad), rule!("12.4.2-06"));
    // Another leaf's key, a parent's off the path, the one that the path node holds now.
    for taken in [2, 11, 7] {
        let mut bad = good.clone();
        bad.nodes[2].encryption_key = key(taken);
        assert_rule(apply(&bad), rule!("12.4.2-07"));
        let mut bad = good.clone();
        bad.leaf_node.encryption_key = key(taken);
        assert_rule(apply(&bad), rule!("12.4.2-07"));
    }
    let mut bad = good.clone();
    bad.nodes[1].encryption_key = bad.nodes[0].encryption_key.clone();
    assert_rule(apply(&bad), rule!("12.4.2-08"));
    let mut bad = good;
    bad.nodes[1].encryption_key = bad.leaf_node.encryption_key.clone();
    assert_rule(apply(&bad), rule!("12.4.2-08"));
}

// covers: 7.5-09, 7.9.2-07, 7.3-16
#[test]
fn the_leaf_of_a_path_carries_the_parent_hash() {
    let world = World::of(5);
    let good = path(&world, 1);
    let apply = |path: &UpdatePath| world.tree.apply_path(&world.suite, leaf(1), path, &[]).map(|_| ());
    let mut bad = good.clone();
    let LeafNodeSource::Commit(hash) = &mut bad.leaf_node.leaf_node_source else { panic!() };
    let mut flipped = hash.to_vec();
    flipped[3] ^= 1;
    *hash = flipped.into();
    assert_rule(apply(&bad), rule!("7.5-09"));
    let mut bad = good;
    bad.leaf_node.leaf_node_source = LeafNodeSource::Update;
    assert_rule(apply(&bad), rule!("7.3-16"));
}

// covers: 7.5-11
#[test]
fn a_key_that_does_not_follow_from_the_secret_is_refused() {
    let world = World::of(4);
    let draft = world.draft(0, &[]);
    // A path whose upper key is another's: the whole tree is consistent, only the secrets tell.
    let other = world.draft(0, &[]);
    let context = World::context(draft.tree());
    let (mut bad, foreign) = (draft.encrypt(&context).unwrap(), other.encrypt(&context).unwrap());
    bad.nodes[0].encryption_key = foreign.nodes[0].encryption_key.clone();
    bad.leaf_node = foreign.leaf_node.clone();
    bad.nodes[1].encryption_key = foreign.nodes[1].encryption_key.clone();
    for member in 1..4 {
        let merged = world.tree.apply_path(&world.suite, leaf(0), &bad, &[]).unwrap();
        let opened = merged.decrypt(&world.members[&leaf(member)].keys, &context);
        assert_rule(opened, rule!("7.5-11"));
    }
}

// covers: 7.5-12
#[test]
fn a_path_secret_has_the_right_length() {
    let world = World::of(2);
    let draft = world.draft(0, &[]);
    let context = World::context(draft.tree());
    let mut bad = draft.encrypt(&context).unwrap();
    let info = copath_crypto::Suite::encrypt_context("UpdatePathNode", &context).unwrap();
    let base = copath_hpke::Base::new(&world.suite, &info);
    let receiver = world.tree.encryption_key(node(2)).unwrap();
    let sealed = base.seal(receiver, &secret(&world.suite, 9), &[], &[1; 31]).unwrap();
    bad.nodes[0].encrypted_path_secret[0].kem_output = sealed.kem_output.into();
    bad.nodes[0].encrypted_path_secret[0].ciphertext = sealed.ciphertext.into();
    let merged = world.tree.apply_path(&world.suite, leaf(0), &bad, &[]).unwrap();
    assert_rule(merged.decrypt(&world.members[&leaf(1)].keys, &context), rule!("7.5-12"));
}

// covers: 7.6-04
#[test]
fn another_group_context_opens_nothing() {
    let world = World::of(2);
    let path = path(&world, 0);
    let merged = world.tree.apply_path(&world.suite, leaf(0), &path, &[]).unwrap();
    let opened = merged.decrypt(&world.members[&leaf(1)].keys, b"another");
    assert_eq!(opened.err(), Some(TreeError::Crypto(CryptoError::DecryptionFailed)));
}

// covers: 12.1.2-04
#[test]
fn both_keys_are_kept_until_a_commit_decides() {
    for committed in [vec![1], vec![]] {
        let mut world = World::of(3);
        if committed.is_empty() {
            // Proposed, and not committed.
            let pair = world.suite.generate_kem_key_pair().unwrap();
            let member = world.members.get_mut(&leaf(1)).unwrap();
            member.keys = member.keys.with_pending_update(NodeKey::from(pair));
            assert_eq!(member.keys.iter().count(), 2);
        }
        let before = world.members[&leaf(1)].keys.leaf_key().unwrap().public().to_vec();
        world.commit(0, &Changes::update(&committed));
        let after = &world.members[&leaf(1)].keys;
        assert_eq!(after.leaf_key().unwrap().public() == before, committed.is_empty());
        assert!(after.iter().all(|(id, _)| matches!(id, NodeKeyId::Node(_))));
    }
}

// covers: 7.5-14
#[test]
fn replaced_keys_are_dropped_and_told() {
    let mut world = World::of(4);
    world.commit(0, &Changes::default());
    let old = world.members[&leaf(1)].keys.duplicate();
    let old_public: Vec<_> = old.iter().map(|(_, key)| key.public().to_vec()).collect();
    world.commit(2, &Changes::default());
    let new = &world.members[&leaf(1)].keys;
    let changed: Vec<_> = new.changes_from(&old).into_iter().map(|(id, key)| (id, key.is_some())).collect();
    assert_eq!(changed, [(NodeKeyId::Node(node(3)), true)]);
    world.apply(&Changes::remove(&[0]));
    let removed = &world.members[&leaf(1)].keys;
    let mut gone: Vec<_> =
        removed.changes_from(&old).into_iter().map(|(id, key)| (id, key.is_some())).collect();
    gone.sort_unstable();
    assert_eq!(gone, [(NodeKeyId::Node(node(1)), false), (NodeKeyId::Node(node(3)), false)]);
    assert_eq!(removed.iter().filter(|(_, key)| old_public.contains(&key.public().to_vec())).count(), 1);
}

// covers: 12.4.3.1-20
#[test]
fn a_joiner_refuses_a_wrong_path_secret() {
    let mut world = World::of(4);
    let added = world.apply(&Changes::add(1));
    let draft = world.draft(1, &added);
    let own = || {
        let key = world.members[&added[0]].keys.leaf_key().unwrap();
        NodeKey::new(key.public().to_vec(), key.private().duplicate())
    };
    let join = |secret| TreePrivateKeys::join(draft.tree(), &world.suite, (added[0], own()), leaf(1), secret);
    let right = draft.path_secret_for(added[0]).unwrap();
    join(Some(&right)).unwrap();
    assert_eq!(join(None).unwrap().iter().count(), 1);
    let wrong = secret(&world.suite, 5);
    assert_rule(join(Some(&wrong)), rule!("12.4.3.1-20"));
    let short = copath_crypto::Secret::copy_of(&right.expose()[1..]);
    assert_rule(join(Some(&short)), rule!("7.5-12"));
    // A tree without the common ancestor on the signer's path.
    let blank = &world.tree;
    let joined = TreePrivateKeys::join(blank, &world.suite, (added[0], own()), leaf(1), Some(&right));
    assert_rule(joined, rule!("12.4.3.1-20"));
}

#[test]
fn an_external_joiner_takes_the_next_leaf() {
    for members in [1, 3, 4, 8] {
        let world = World::of(members);
        let place = world.tree.next_leaf().unwrap();
        let (_, signer, _) = world::new_leaf(&world.suite);
        let draft = world.tree.create_path::<TreeError>(&world.suite, place, &[], |path_leaf| {
            let mut new = world::unsigned(&world.suite, &path_leaf.encryption_key, signer.public_key());
            new.leaf_node_source = LeafNodeSource::Commit(path_leaf.parent_hash.as_slice().into());
            Ok(world::sign(&world.suite, new, &*signer, path_leaf.leaf_index))
        });
        let draft = draft.unwrap();
        world::validate(&world.suite, draft.tree()).unwrap();
        let context = World::context(draft.tree());
        let path = draft.encrypt(&context).unwrap();
        for member in world.members.values() {
            let merged = world.tree.apply_path(&world.suite, place, &path, &[]).unwrap();
            assert_eq!(merged.tree().tree_hash(), draft.tree().tree_hash());
            let opened = merged.decrypt(&member.keys, &context).unwrap();
            assert!(opened.commit_secret.ct_eq(draft.commit_secret().expose()));
        }
        assert_eq!(draft.tree().member_count() as usize, members + 1);
    }
}

#[test]
fn a_path_from_nowhere_is_misuse() {
    let world = World::of(4);
    let path = path(&world, 0);
    for index in [5, 100, u32::MAX >> 1] {
        let applied = world.tree.apply_path(&world.suite, leaf(index), &path, &[]);
        assert_eq!(applied.err(), Some(TreeError::NoSuchLeaf { leaf: index }));
    }
    let merged = world.tree.apply_path(&world.suite, leaf(0), &path, &[]).unwrap();
    let own = merged.decrypt(&world.members[&leaf(0)].keys, b"");
    assert_eq!(own.err(), Some(TreeError::NoPrivateKey));
}

// covers: 7.9-02
#[test]
fn unmerged_leaves_inside_the_sibling_subtree_are_taken_out() {
    let mut world = World::of(7);
    world.commit(5, &Changes::default());
    world.commit(1, &Changes::default());
    world.apply(&Changes::add(1));
    for parent in [7, 11] {
        assert!(world.tree.parent(node(parent)).unwrap().is_unmerged(leaf(7)));
    }
    world.validate().unwrap();
    // Had the inner list been left alone, the root's parent hash would be another: a tree where the inner node
    // doesn't list the leaf is refused.
    let mut nodes = world.nodes();
    let Some(Node::Parent(inner)) = &mut nodes[11] else { panic!() };
    inner.unmerged_leaves.clear();
    assert_rule(world.receive(&nodes), rule!("12.4.3.1-16"));
}

// covers: 7.5-06
#[test]
fn a_path_leaf_may_change_its_signature_key() {
    let world = World::of(3);
    let (_, signer, _) = world::new_leaf(&world.suite);
    let draft = world.tree.create_path::<TreeError>(&world.suite, leaf(1), &[], |path_leaf| {
        let mut new = world::unsigned(&world.suite, &path_leaf.encryption_key, signer.public_key());
        new.leaf_node_source = LeafNodeSource::Commit(path_leaf.parent_hash.as_slice().into());
        Ok(world::sign(&world.suite, new, &*signer, path_leaf.leaf_index))
    });
    let draft = draft.unwrap();
    world::validate(&world.suite, draft.tree()).unwrap();
    assert_eq!(draft.tree().find_signature_key(signer.public_key()), Some(leaf(1)));
    let old = world.tree.leaf(leaf(1)).unwrap().signature_key();
    assert_eq!(draft.tree().find_signature_key(old), None);
    // A leaf that doesn't carry what the path gave it is refused before anything is sent.
    for part in 0..3 {
        let wrong = world.tree.create_path::<TreeError>(&world.suite, leaf(1), &[], |path_leaf| {
            let key = if part == 0 { vec![1; 32] } else { path_leaf.encryption_key };
            let mut new = world::unsigned(&world.suite, &key, signer.public_key());
            new.leaf_node_source = match part {
                1 => LeafNodeSource::Commit(Opaque::default()),
                2 => LeafNodeSource::Update,
                _ => LeafNodeSource::Commit(path_leaf.parent_hash.as_slice().into()),
            };
            Ok(world::sign(&world.suite, new, &*signer, path_leaf.leaf_index))
        });
        assert_eq!(wrong.err(), Some(TreeError::WrongPathLeaf));
    }
}

// covers: 7.5-13
#[test]
fn no_path_secret_is_kept() {
    let world = World::of(4);
    let draft = world.draft(0, &[]);
    let context = World::context(draft.tree());
    let path = draft.encrypt(&context).unwrap();
    let merged = world.tree.apply_path(&world.suite, leaf(0), &path, &[]).unwrap();
    let opened = merged.decrypt(&world.members[&leaf(1)].keys, &context).unwrap();
    let secrets: Vec<_> = (1..4).map(|index| draft.path_secret_for(leaf(index)).unwrap()).collect();
    for keys in [&opened.private_keys, draft.private_keys()] {
        assert_eq!(keys.iter().count(), 3);
        for (_, key) in keys.iter() {
            let private = key.private().expose();
            assert!(secrets.iter().all(|secret| !secret.ct_eq(private)));
            assert!(!opened.commit_secret.ct_eq(private));
        }
    }
    for shown in [format!("{opened:?}"), format!("{draft:?}"), format!("{:?}", opened.private_keys)] {
        assert!(!shown.contains('['), "{shown}");
    }
}

// covers: 5.1.1-01
#[test]
fn keys_of_a_path_are_keys_of_the_suite() {
    for number in [1, 2] {
        let mut world = World::new(number);
        world.apply(&Changes::add(3));
        let good = path(&world, 0);
        let apply = |path: &UpdatePath| world.tree.apply_path(&world.suite, leaf(0), path, &[]).map(|_| ());
        apply(&good).unwrap();
        let cut = |key: &Opaque| Opaque::from(&key[1..]);
        let mut bad = good.clone();
        bad.nodes[1].encryption_key = cut(&bad.nodes[1].encryption_key);
        assert_rule(apply(&bad), rule!("5.1.1-01"));
        let mut bad = good.clone();
        bad.leaf_node.encryption_key = cut(&bad.leaf_node.encryption_key);
        assert_rule(apply(&bad), rule!("5.1.1-01"));
        let mut bad = good;
        bad.nodes[0].encryption_key = Opaque::default();
        assert_rule(apply(&bad), rule!("5.1.1-01"));
    }
}
