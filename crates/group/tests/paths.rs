//! What a member refuses of a commit's path.
//!
//! RFC 9420 §7.3, §7.5, §7.6 and §12.4.2. Mallory at leaf 2 commits; its path has three nodes: above carol, above alice
//! and bob, above dave.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use copath_codec::Opaque;
use copath_credentials::{Credential, CredentialType};
use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{CommitOptions, LeafChange, Merged};
use copath_messages::{
    Capabilities, Extension, ExtensionType, Extensions, FramedContentBody, GroupContextExtensions,
    LeafNodeSource, Lifetime, MlsMessage, MlsMessageBody, Proposal, ProposalType, ProtocolVersion,
    RequiredCapabilities, UnsignedLeafNode, UpdatePath,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::{RuleId, rule};
use copath_testing::{
    Member, NOW, Outcome, World, add, assert_agreement, assert_refuses, assert_rejected, assert_rule,
    assert_undecipherable, remove,
};
use copath_tree_math::{LeafIndex, NodeIndex};

const PRIVATE_USE: u16 = 0xf001;
/// The parents on mallory's path: above carol, above alice and bob, the root.
const PATH: [u32; 3] = [5, 3, 7];
/// The parent of alice and bob, whose key mallory's path leaves as it is.
const OFF_PATH: u32 = 1;

fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([75; 32]))
}

fn world() -> World {
    World::new(&provider())
}

fn private_extension() -> Extension {
    Extension { extension_type: ExtensionType(PRIVATE_USE), extension_data: Opaque::default() }
}

fn path_of(message: &MlsMessage) -> UpdatePath {
    let MlsMessageBody::PublicMessage(message) = &message.body else { panic!("not a PublicMessage") };
    let FramedContentBody::Commit(commit) = &message.content.body else { panic!("not a Commit") };
    commit.path.clone().unwrap()
}

/// Bob refuses the forged commit and then accepts a valid one.
fn bob_refuses(world: &mut World, forged: &MlsMessage, rule: RuleId) {
    let next = world.mallory.commit().message();
    let outcome = assert_rejected(&mut world.bob, forged, rule).still_accepts(&next);
    assert_eq!(outcome, Outcome::Merged(Merged::Epoch(2)));
}

type EditLeaf = fn(&mut UnsignedLeafNode);

// covers: 12.4.2-05
#[test]
fn the_source_of_the_leaf() {
    let cases: [EditLeaf; 2] = [
        |leaf| leaf.leaf_node_source = LeafNodeSource::Update,
        |leaf| leaf.leaf_node_source = LeafNodeSource::KeyPackage(Lifetime { not_before: 0, not_after: 9 }),
    ];
    for edit in cases {
        let mut world = world();
        let forged = world.mallory.commit().edit_leaf(edit).message();
        // Before anybody is asked about the credential.
        let early = world.bob.group().receive(&forged, NOW).map(drop).unwrap_err();
        assert_rule(&early, rule!("7.3-16"));
        bob_refuses(&mut world, &forged, rule!("7.3-16"));
    }
}

// covers: 7.5-05
#[test]
fn the_encryption_key_of_the_leaf_is_new() {
    let mut world = world();
    let old = world.mallory.own_leaf_node().encryption_key;
    let forged = world.mallory.commit().reshape(|path| path.leaf_node.encryption_key = old).message();
    bob_refuses(&mut world, &forged, rule!("12.4.2-06"));
}

#[test]
fn keys_that_are_in_the_tree() {
    let base = world();
    let tree = &base.mallory.tree;
    let key = |node: u32| Opaque::from(tree.encryption_key(NodeIndex::new(node)).unwrap());
    let leaf = |leaf: u32| key(LeafIndex::new(leaf).unwrap().node().as_u32());
    // A leaf's, a parent's off the path, those that the nodes of the path hold now.
    for taken in [leaf(0), leaf(3), key(OFF_PATH), key(PATH[1]), key(PATH[2])] {
        for position in 0..4 {
            let mut world = world();
            let change = |path: &mut UpdatePath| match position {
                3 => path.leaf_node.encryption_key = taken.clone(),
                node => path.nodes[node].encryption_key = taken.clone(),
            };
            let forged = world.mallory.commit().reshape(change).message();
            bob_refuses(&mut world, &forged, rule!("12.4.2-07"));
        }
    }
    let mut world = world();
    let package = world.stranger("eve").key_package();
    let taken = package.leaf_node.encryption_key.clone();
    let change = |path: &mut UpdatePath| path.nodes[0].encryption_key = taken;
    let forged = world.mallory.commit().value(add(package)).reshape(change).message();
    bob_refuses(&mut world, &forged, rule!("12.4.2-07"));
}

#[test]
fn keys_that_occur_twice_in_the_path() {
    let cases: [fn(&mut UpdatePath); 2] = [
        |path| path.nodes[2].encryption_key = path.nodes[0].encryption_key.clone(),
        |path| path.leaf_node.encryption_key = path.nodes[1].encryption_key.clone(),
    ];
    for change in cases {
        let mut world = world();
        let forged = world.mallory.commit().reshape(change).message();
        bob_refuses(&mut world, &forged, rule!("12.4.2-08"));
    }
}

#[test]
fn keys_that_are_none() {
    let cases: [fn(&mut UpdatePath); 3] = [
        |path| path.leaf_node.encryption_key = Opaque::from(&[7; 31]),
        |path| path.leaf_node.encryption_key = Opaque::from(&[0; 32]),
        |path| path.nodes[0].encryption_key = Opaque::from(&[7; 33]),
    ];
    for change in cases {
        let mut world = world();
        let forged = world.mallory.commit().reshape(change).message();
        bob_refuses(&mut world, &forged, rule!("5.1.1-01"));
    }
}

type ChangePath = fn(&mut UpdatePath);

#[test]
fn the_number_of_entries_and_ciphertexts() {
    let cases: [(ChangePath, RuleId); 5] = [
        (|path| drop(path.nodes.pop()), rule!("7.6-01")),
        (|path| path.nodes.push(path.nodes[2].clone()), rule!("7.6-01")),
        (|path| path.nodes.clear(), rule!("7.6-01")),
        (|path| drop(path.nodes[1].encrypted_path_secret.pop()), rule!("7.6-03")),
        (
            |path| {
                let again = path.nodes[2].encrypted_path_secret[0].clone();
                path.nodes[2].encrypted_path_secret.push(again);
            },
            rule!("7.6-03"),
        ),
    ];
    for (change, rule) in cases {
        let mut world = world();
        let forged = world.mallory.commit().damage(|path, _| change(path)).message();
        bob_refuses(&mut world, &forged, rule);
    }
}

// covers: 7.5-04
#[test]
fn nothing_is_encrypted_to_new_leaves() {
    let mut world = world();
    let package = world.stranger("eve").key_package();
    // Eve comes to leaf 5, next to dave, below the copath child of the root.
    let valid = world.mallory.commit().value(add(package.clone())).message();
    let counts =
        path_of(&valid).nodes.iter().map(|node| node.encrypted_path_secret.len()).collect::<Vec<_>>();
    assert_eq!(counts, [1, 1, 1]);
    let mallory = &world.mallory;
    let one_more = |path: &mut UpdatePath, context: &[u8]| {
        let key = &package.leaf_node.encryption_key;
        let sealed = mallory.encrypt_path_secret(key, context, &[1; 32]);
        path.nodes[2].encrypted_path_secret.push(sealed);
    };
    let forged = mallory.commit().value(add(package.clone())).damage(one_more).message();
    assert_rejected(&mut world.bob, &forged, rule!("7.6-02")).still_accepts(&valid);
    // An honest committer leaves them out as well.
    let other = world.stranger("frank").key_package();
    let next = world.bob.commit(CommitOptions::new().propose(add(other))).unwrap();
    let counts = path_of(&next).nodes.iter().map(|node| node.encrypted_path_secret.len()).collect::<Vec<_>>();
    // Eve, who is a member by now, is below the copath child of the root, and so is frank.
    assert_eq!(counts, [1, 1, 2]);
}

// covers: 7.6-03, 7.5-10
#[test]
fn ciphertexts_in_another_order() {
    let mut world = world();
    // Eve comes to leaf 5 without a path, so that the copath child of the root resolves to dave and her.
    let package = world.stranger("eve").key_package();
    let commit = world.mallory.commit().value(add(package)).without_path().build();
    world.dave.receive(&commit.message).unwrap();
    let mallory = commit.next;
    let swap = |path: &mut UpdatePath, _: &[u8]| path.nodes[2].encrypted_path_secret.swap(0, 1);
    let forged = mallory.commit().damage(swap).message();
    let next = mallory.commit().message();
    assert_undecipherable(&mut world.dave, &forged).still_accepts(&next);
}

// covers: 7.9.2-07
#[test]
fn the_parent_hash() {
    for wrong in [vec![], vec![7; 32]] {
        let mut world = world();
        let edit = |leaf: &mut UnsignedLeafNode| leaf.leaf_node_source = LeafNodeSource::Commit(wrong.into());
        let forged = world.mallory.commit().edit_leaf(edit).message();
        bob_refuses(&mut world, &forged, rule!("7.5-09"));
    }
}

// covers: 16.12-02
#[test]
fn keys_that_do_not_come_from_the_secrets() {
    for position in [1, 2] {
        let mut world = world();
        let key = world.mallory.fresh_key();
        let change = |path: &mut UpdatePath| path.nodes[position].encryption_key = key;
        let forged = world.mallory.commit().reshape(change).message();
        // Who is above the wrong key can't see it.
        let sees_it = position == 2;
        if !sees_it {
            assert_eq!(world.dave.receive(&forged), Ok(Outcome::Merged(Merged::Epoch(2))));
        } else {
            assert_rejected(&mut world.dave, &forged, rule!("7.5-11")).more_follow();
        }
        assert_rejected(&mut world.carol, &forged, rule!("7.5-11")).more_follow();
        bob_refuses(&mut world, &forged, rule!("7.5-11"));
    }
}

#[test]
fn path_secrets_of_another_length() {
    for length in [0, 31, 33] {
        let mut world = world();
        let mallory = &world.mallory;
        let shared = mallory.tree.encryption_key(NodeIndex::new(OFF_PATH)).unwrap();
        let damage = |path: &mut UpdatePath, context: &[u8]| {
            let sealed = mallory.encrypt_path_secret(shared, context, &vec![1; length]);
            path.nodes[1].encrypted_path_secret = vec![sealed];
        };
        let forged = mallory.commit().damage(damage).message();
        bob_refuses(&mut world, &forged, rule!("7.5-12"));
    }
}

// covers: 7.6-04
#[test]
fn the_context_of_the_encryption() {
    let mut world = world();
    let change = GroupContextExtensions { extensions: Extensions::default() };
    let list = [Proposal::GroupContextExtensions(change), remove(LeafIndex::new(4).unwrap())];
    let valid = world.mallory.commit().values(list.clone()).message();
    let mallory = &world.mallory;
    let shared = mallory.tree.encryption_key(NodeIndex::new(OFF_PATH)).unwrap();
    let old_context = mallory.context_bytes();
    let damage = |path: &mut UpdatePath, _: &[u8]| {
        path.nodes[1].encrypted_path_secret =
            vec![mallory.encrypt_path_secret(shared, &old_context, &[1; 32])];
    };
    let forged = mallory.commit().values(list).damage(damage).message();
    assert_undecipherable(&mut world.bob, &forged).still_accepts(&valid);
    assert_eq!(world.alice.receive(&valid), Ok(Outcome::Merged(Merged::Epoch(2))));
    assert_agreement(&[&world.alice, &world.bob]);
}

#[test]
fn the_signature_of_the_leaf() {
    let mut world = world();
    let flip = |path: &mut UpdatePath, _: &[u8]| path.leaf_node.signature = Opaque::from(&[7; 64]);
    let forged = world.mallory.commit().damage(flip).message();
    assert_rejected(&mut world.bob, &forged, rule!("7.3-03")).more_follow();
    let mallory = &world.mallory;
    let elsewhere = |path: &mut UpdatePath, _: &[u8]| {
        let unsigned = UnsignedLeafNode::from((*path.leaf_node).clone());
        path.leaf_node = mallory.sign_leaf(LeafIndex::new(3).unwrap(), unsigned, &*mallory.signer).into();
    };
    let forged = mallory.commit().damage(elsewhere).message();
    bob_refuses(&mut world, &forged, rule!("7.3-03"));
}

fn demanding(member: &mut Member) {
    let leaf = member.leaf.clone().supporting_extension(ExtensionType(PRIVATE_USE));
    member.leaf = leaf.supporting_proposal(ProposalType(PRIVATE_USE));
}

fn demanding_world() -> World {
    let required = RequiredCapabilities {
        extension_types: vec![ExtensionType(PRIVATE_USE)],
        proposal_types: vec![ProposalType(PRIVATE_USE)],
        credential_types: vec![CredentialType::X509],
    };
    let extensions = Extensions(vec![Extension::of(&required).unwrap()]);
    World::with(&provider(), extensions, demanding)
}

type EditCapabilities = fn(&mut Capabilities);

/// Bob refuses mallory's path, and alice isn't allowed to make such a path.
fn refused_both_ways(mut world: World, edit: EditCapabilities, rule: RuleId) {
    let forged = world.mallory.commit().edit_leaf(|leaf| edit(&mut leaf.capabilities)).message();
    let mut capabilities = world.alice.group().capabilities(world.alice.group().own_handle()).unwrap();
    edit(&mut capabilities);
    let mut change = LeafChange::default();
    change.capabilities = Some(capabilities);
    let options = CommitOptions::new().leaf(change);
    assert_refuses(&mut world.alice, |alice| alice.commit(options), rule);
    bob_refuses(&mut world, &forged, rule);
}

#[test]
fn leaves_that_do_not_fit_the_group() {
    let cases: [(EditCapabilities, RuleId); 6] = [
        (|list| list.extensions.retain(|kind| kind.is_grease()), rule!("7.3-04")),
        (|list| list.proposals.clear(), rule!("7.3-04")),
        (|list| list.credentials = vec![CredentialType::BASIC], rule!("7.3-04")),
        (|list| list.versions = vec![ProtocolVersion(2)], rule!("7.3-06")),
        (|list| list.cipher_suites = vec![CipherSuite(2)], rule!("7.3-06")),
        (|list| list.credentials = vec![CredentialType::X509], rule!("7.2-05")),
    ];
    for (edit, rule) in cases {
        refused_both_ways(demanding_world(), edit, rule);
    }
    let extended = World::with(&provider(), Extensions(vec![private_extension()]), demanding);
    refused_both_ways(extended, |list| list.extensions.retain(|kind| kind.is_grease()), rule!("13.4-05"));
}

#[test]
fn leaves_that_do_not_fit_the_members() {
    let cases: [(EditLeaf, RuleId); 3] = [
        (
            |leaf| {
                leaf.credential = Credential::X509 { certificates: vec![b"der".into()] };
                leaf.capabilities.credentials = vec![CredentialType::X509];
            },
            rule!("7.3-08"),
        ),
        (|leaf| leaf.extensions = vec![private_extension()].into(), rule!("7.3-12")),
        (
            |leaf| {
                leaf.capabilities.extensions.push(ExtensionType(PRIVATE_USE));
                leaf.extensions = vec![private_extension(), private_extension()].into();
            },
            rule!("13.4-03"),
        ),
    ];
    for (edit, rule) in cases {
        let mut world = world();
        let forged = world.mallory.commit().edit_leaf(edit).message();
        bob_refuses(&mut world, &forged, rule);
    }
    let mut basic = World::with(&provider(), Extensions::default(), |member| {
        member.leaf.capabilities.credentials = vec![CredentialType::BASIC];
    });
    let edit = |leaf: &mut UnsignedLeafNode| {
        leaf.credential = Credential::X509 { certificates: vec![b"der".into()] };
        leaf.capabilities.credentials.push(CredentialType::X509);
    };
    let forged = basic.mallory.commit().edit_leaf(edit).message();
    bob_refuses(&mut basic, &forged, rule!("7.3-07"));
    let mut world = world();
    let forged = world.mallory.commit().leaf_signer(&world.dave.signer).message();
    bob_refuses(&mut world, &forged, rule!("7.3-18"));
}

// covers: 7.5-06, 12.4.1-05
#[test]
fn a_path_that_changes_the_signature_key() {
    let mut world = world();
    let old_signer = Arc::clone(&world.mallory.signer);
    let other = world.stranger("mallory's next key");
    let commit = world.mallory.commit().leaf_signer(&other.signer).build();
    for member in world.members() {
        assert_eq!(member.receive(&commit.message), Ok(Outcome::Merged(Merged::Epoch(2))));
    }
    let mut stale = commit.next;
    let next = stale.send_data(b"new key", 0);
    stale.signer = old_signer;
    let forged = stale.send_data(b"old key", 0);
    let outcome = assert_rejected(&mut world.bob, &forged, rule!("6.1-08")).still_accepts(&next);
    assert_eq!(outcome, Outcome::Data(b"new key".to_vec()));
}

// covers: 7.4-02, 7.5-01, 12.4.1-04
#[test]
fn every_path_has_fresh_keys_for_the_filtered_path() {
    let mut world = world();
    let mut seen = Vec::new();
    for _ in 0..2 {
        let commit = world.alice.commit(CommitOptions::new()).unwrap();
        let path = path_of(&commit);
        let expected = world.bob.group().tree().filtered_direct_path(LeafIndex::FIRST).len();
        assert_eq!(path.nodes.len(), expected);
        let keys = path.nodes.iter().map(|node| node.encryption_key.clone());
        for key in keys.chain([path.leaf_node.encryption_key.clone()]) {
            assert!(!seen.contains(&key));
            seen.push(key);
        }
        world.alice.accept(copath_group::WelcomeOptions::default());
        world.bob.receive(&commit).unwrap();
    }
    assert_agreement(&[&world.alice, &world.bob]);
}
