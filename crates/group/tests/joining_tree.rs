//! What a joiner checks of the ratchet tree, by Welcome and by external commit, rule by rule.
//!
//! RFC 9420 §12.4.3.1 and §12.4.3.3.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use copath_codec::Opaque;
use copath_credentials::Credential;
use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{ExternalJoinOptions, GroupError};
use copath_messages::{
    CredentialType, Extension, ExtensionType, Extensions, GroupId, LeafNodeSource, Lifetime, Node,
    ParentNode, ProposalType, ProtocolVersion, RequiredCapabilities, UnsignedLeafNode,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_ratchet_tree::OldLeaves;
use copath_rules::{RuleId, rule};
use copath_testing::{ForgedGroup, ForgedPath, ForgedTree, Member, NOW, assert_refuses, assert_rule};

fn client(name: &str) -> Member {
    let mut seed = [1; 32];
    seed[..name.len()].copy_from_slice(name.as_bytes());
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded(seed));
    Member::new(&provider, CipherSuite(1), name)
}

/// Asserts that `forged` is refused by exactly `rule`, by Welcome and by external commit, and that `bob` still joins
/// with the same key package.
fn refused_both_ways(bob: &mut Member, forged: &mut ForgedGroup, rule: RuleId) {
    let info = forged.group_info();
    let mut eve = client("eve");
    assert_refuses(&mut eve, |eve| eve.join_externally(info, None, ExternalJoinOptions::default()), rule);
    assert!(!eve.has_group());
    refused_by_welcome(bob, forged, rule);
}

fn refused_by_welcome(bob: &mut Member, forged: &mut ForgedGroup, rule: RuleId) {
    let welcome = forged.welcome();
    assert_refuses(bob, |bob| bob.join(&welcome, None), rule);
    let package = bob.key_packages.values().next().unwrap().key_package.clone();
    bob.join(&ForgedGroup::joined_by(&bob.suite, &package).welcome(), None).unwrap();
}

fn parent(key: &[u8]) -> Option<Node> {
    let parent = ParentNode {
        encryption_key: key.into(),
        parent_hash: Opaque::default(),
        unmerged_leaves: Vec::new(),
    };
    Some(Node::Parent(Box::new(parent)))
}

/// A change of a finished tree, and the rule that it breaks.
type TreeCase = (&'static str, RuleId, fn(&mut ForgedGroup));

// covers: 12.4.3.3-06
#[test]
fn trees_that_break_one_rule() {
    // Filled parents are 1, 3, 5, 7, 9 and 11; leaf 7 is unmerged at 11.
    let cases: [TreeCase; 17] = [
        ("a blank at the end", rule!("12.4.3.3-02"), |group| group.nodes.push(None)),
        ("nothing", rule!("12.4.3.3-02"), |group| group.nodes.clear()),
        ("only blanks", rule!("12.4.3.3-02"), |group| group.nodes = vec![None; 15]),
        ("a parent where a leaf belongs", rule!("12.4.3.3-04"), |group| {
            group.nodes[2] = group.nodes[1].clone();
        }),
        ("a leaf where a parent belongs", rule!("12.4.3.3-04"), |group| {
            group.nodes[13] = group.nodes[12].clone();
        }),
        ("a parent at the end", rule!("12.4.3.3-04"), |group| group.nodes.push(parent(&[9; 32]))),
        ("a leaf at an even length", rule!("12.4.3.3-04"), |group| {
            group.nodes.insert(0, None);
        }),
        ("unmerged leaves out of order", rule!("7.1-01"), |group| {
            group.parent_mut(11).unmerged_leaves = vec![7, 6];
        }),
        ("an unmerged leaf twice", rule!("7.1-01"), |group| {
            group.parent_mut(11).unmerged_leaves = vec![7, 7];
        }),
        ("an unmerged leaf of the other half", rule!("12.4.3.1-15"), |group| {
            group.parent_mut(11).unmerged_leaves = vec![3, 7];
        }),
        ("an unmerged leaf beyond the tree", rule!("12.4.3.1-15"), |group| {
            group.parent_mut(7).unmerged_leaves = vec![8];
        }),
        ("an unmerged leaf beyond all trees", rule!("12.4.3.1-15"), |group| {
            group.parent_mut(7).unmerged_leaves = vec![u32::MAX];
        }),
        ("a parent hash of a parent", rule!("7.9.2-02"), |group| {
            group.parent_mut(3).parent_hash = vec![0; 32].into();
        }),
        ("a parent hash of a leaf", rule!("7.9.2-02"), |group| {
            group.resign(0, |leaf| leaf.leaf_node_source = LeafNodeSource::Commit(vec![0; 32].into()));
        }),
        ("a parent that nobody made", rule!("7.9.2-02"), |group| {
            group.nodes[13] = parent(&[9; 32]);
            group.parent_mut(13).unmerged_leaves = vec![7];
        }),
        ("a leaf replaced below a parent", rule!("7.9.2-02"), |group| {
            group.resign(5, |leaf| leaf.capabilities.proposals.push(ProposalType(0xf000)));
        }),
        ("another key of a parent", rule!("7.9.2-02"), |group| {
            group.parent_mut(9).encryption_key = vec![9; 32].into();
        }),
    ];
    for (name, rule, change) in cases {
        println!("{name}");
        let mut bob = client("bob");
        let package = bob.key_package();
        let mut group = ForgedGroup::joined_by(&bob.suite, &package);
        assert_eq!(group.parents_above(7), [11, 7]);
        change(&mut group);
        refused_both_ways(&mut bob, &mut group, rule);
    }
}

#[test]
fn the_hash_is_compared_whatever_was_changed() {
    let mut bob = client("bob");
    let package = bob.key_package();
    let mut group = ForgedGroup::joined_by(&bob.suite, &package);
    group.rehash();
    group.resign(3, |leaf| leaf.credential = Credential::basic(b"another"));
    let info = group.sign(group.info());
    let forged = group.seal(&info).into();
    assert_refuses(&mut bob, |bob| bob.join(&forged, None), rule!("12.4.3.1-12"));
    let mut eve = client("eve");
    let options = ExternalJoinOptions::default();
    assert_refuses(&mut eve, |eve| eve.join_externally(info, None, options), rule!("12.4.3.1-12"));
}

#[test]
fn blank_places_and_unmerged_leaves() {
    let mut bob = client("bob");
    let package = bob.key_package();
    // Leaf 6 is blank, and node 13 above it.
    let suite = bob.suite.clone();
    let forge = |path| {
        let mut tree = ForgedTree::new(&suite, 8);
        tree.remove(3);
        tree.remove(6);
        tree.committed_by(&[0, 4]).adding(&[&package], path)
    };
    let mut group = forge(ForgedPath::From(0));
    assert_eq!(group.joiners[0].leaf.as_u32(), 3);
    group.parent_mut(11).unmerged_leaves = vec![6];
    let mut blank_unmerged = group;
    // Nobody can know the key of a parent above nothing but blanks.
    let mut tree = ForgedTree::new(&bob.suite, 8);
    for leaf in [3, 4, 5] {
        tree.remove(leaf);
    }
    let mut above_blanks = tree.committed_by(&[0]).adding(&[&package], ForgedPath::From(0));
    above_blanks.nodes[9] = parent(&[9; 32]);
    // Without a path the newcomer is unmerged in every filled parent above it.
    let mut dropped_below = forge(ForgedPath::None(0));
    assert_eq!(dropped_below.parents_above(3), [3, 7]);
    assert_eq!(dropped_below.parent_mut(7).unmerged_leaves, [3]);
    dropped_below.parent_mut(3).unmerged_leaves.clear();
    let mut dropped_above = forge(ForgedPath::None(0));
    dropped_above.parent_mut(7).unmerged_leaves.clear();
    let cases = [
        (&mut blank_unmerged, rule!("12.4.3.1-15")),
        (&mut above_blanks, rule!("7.9.2-04")),
        (&mut dropped_below, rule!("12.4.3.1-16")),
        (&mut dropped_above, rule!("7.9.2-02")),
    ];
    for (group, rule) in cases {
        let welcome = group.welcome();
        assert_refuses(&mut bob, |bob| bob.join(&welcome, None), rule);
    }
    let mut valid = forge(ForgedPath::None(0));
    bob.join(&valid.welcome(), None).unwrap();
}

#[test]
fn a_parent_that_no_child_can_vouch_for() {
    let mut bob = client("bob");
    let package = bob.key_package();
    let mut group = ForgedTree::new(&bob.suite, 3).adding(&[&package], ForgedPath::None(0));
    group.nodes[3] = parent(&[9; 32]);
    refused_both_ways(&mut bob, &mut group, rule!("7.9.2-03"));
}

/// A parent, and the key of another node that it gets.
type KeyCase = (u32, fn(&mut ForgedGroup) -> Opaque);

// covers: 16.7-01
#[test]
fn keys_that_occur_twice() {
    let keys: [KeyCase; 3] = [
        (3, |group| group.parent_mut(9).encryption_key.clone()),
        (7, |group| group.leaf_mut(5).encryption_key.clone()),
        (1, |group| group.leaf_mut(7).encryption_key.clone()),
    ];
    for (node, key) in keys {
        let mut bob = client("bob");
        let package = bob.key_package();
        let mut group = ForgedGroup::joined_by(&bob.suite, &package);
        let key = key(&mut group);
        group.parent_mut(node).encryption_key = key;
        group.relink();
        group.joiners[0].path_secret = None;
        refused_both_ways(&mut bob, &mut group, rule!("12.4.3.1-17"));
    }
    let mut bob = client("bob");
    let package = bob.key_package();
    let mut tree = ForgedTree::new(&bob.suite, 4);
    let signer = Arc::clone(&tree.signers[&1]);
    tree.add_by(&signer, |_| ());
    let mut group = tree.committed_by(&[4]).adding(&[&package], ForgedPath::From(0));
    refused_both_ways(&mut bob, &mut group, rule!("7.3-18"));
}

/// The tree with a member at leaf 3 whose leaf `edit` changed; everything above and beside it is valid.
fn with_leaf(bob: &mut Member, edit: impl FnOnce(&mut UnsignedLeafNode)) -> ForgedGroup {
    let package = bob.key_package();
    let mut tree = ForgedTree::new(&bob.suite, 3);
    tree.add(edit);
    tree.add(|_| ());
    tree.committed_by(&[2, 0]).adding(&[&package], ForgedPath::From(4))
}

fn extension(extension_type: u16) -> Extension {
    Extension { extension_type: ExtensionType(extension_type), extension_data: vec![1, 7].into() }
}

/// A change of a member's leaf, and the rule that it breaks.
type LeafCase = (&'static str, RuleId, fn(&mut UnsignedLeafNode));

#[test]
fn leaves_that_break_one_rule() {
    let cases: [LeafCase; 13] = [
        ("no version", rule!("7.3-06"), |leaf| leaf.capabilities.versions.clear()),
        ("another version", rule!("7.3-06"), |leaf| leaf.capabilities.versions = vec![ProtocolVersion(2)]),
        ("another suite", rule!("7.3-06"), |leaf| leaf.capabilities.cipher_suites = vec![CipherSuite(2)]),
        ("a credential type in use", rule!("7.3-08"), |leaf| {
            leaf.capabilities.credentials = vec![CredentialType::X509];
        }),
        ("no credential type", rule!("7.3-08"), |leaf| leaf.capabilities.credentials.clear()),
        ("a credential that others lack", rule!("7.3-08"), |leaf| {
            let credential_type = CredentialType(0xf000);
            leaf.credential = Credential::Other { credential_type, body: vec![1, 7] };
            leaf.capabilities.credentials.push(credential_type);
        }),
        ("an unlisted extension", rule!("7.3-12"), |leaf| leaf.extensions.0.push(extension(0xf000))),
        ("an unlisted GREASE extension", rule!("7.3-12"), |leaf| leaf.extensions.0.push(extension(0x0a0a))),
        ("an extension twice", rule!("13.4-03"), |leaf| {
            leaf.extensions = Extensions(vec![extension(1), extension(1)]);
        }),
        ("an end before the beginning", rule!("7.2-12"), |leaf| {
            leaf.leaf_node_source =
                LeafNodeSource::KeyPackage(Lifetime { not_before: NOW.0, not_after: NOW.0 - 1 });
        }),
        ("a signature by another key", rule!("7.3-03"), |leaf| leaf.signature_key = vec![7; 32].into()),
        ("a short signature key", rule!("7.3-03"), |leaf| leaf.signature_key = vec![7; 31].into()),
        ("a short encryption key", rule!("5.1.1-01"), |leaf| leaf.encryption_key = vec![7; 31].into()),
    ];
    for (name, rule, change) in cases {
        println!("{name}");
        let mut bob = client("bob");
        let mut group = with_leaf(&mut bob, change);
        refused_both_ways(&mut bob, &mut group, rule);
    }
}

// covers: 5.1.1-01
#[test]
fn a_parent_whose_key_is_none() {
    let mut bob = client("bob");
    let package = bob.key_package();
    let mut group = ForgedGroup::joined_by(&bob.suite, &package);
    group.parent_mut(3).encryption_key = vec![7; 33].into();
    group.relink();
    group.joiners[0].path_secret = None;
    refused_both_ways(&mut bob, &mut group, rule!("5.1.1-01"));
}

#[test]
fn two_leaves_with_one_encryption_key() {
    let mut bob = client("bob");
    let package = bob.key_package();
    let mut tree = ForgedTree::new(&bob.suite, 3);
    let key = Opaque::from(tree.tree.members().nth(1).unwrap().encryption_key());
    tree.add(|leaf| leaf.encryption_key = key);
    let mut group = tree.committed_by(&[0]).adding(&[&package], ForgedPath::From(2));
    refused_both_ways(&mut bob, &mut group, rule!("7.3-19"));
}

// covers: 7.2-09
#[test]
fn a_leaf_that_was_signed_for_another_group_or_place() {
    let mut bob = client("bob");
    let package = bob.key_package();
    let mut tree = ForgedTree::new(&bob.suite, 5).committed_by(&[2]);
    tree.group_id = GroupId::from(&[1, 2, 3][..]);
    let mut group = tree.committed_by(&[0]).adding(&[&package], ForgedPath::From(4));
    refused_both_ways(&mut bob, &mut group, rule!("7.3-03"));
}

#[test]
fn a_leaf_lacks_what_the_group_requires() {
    let required = |extension: u16, proposal: u16, credential: u16| RequiredCapabilities {
        extension_types: vec![ExtensionType(extension)],
        proposal_types: vec![ProposalType(proposal)],
        credential_types: vec![CredentialType(credential)],
    };
    let cases = [
        (required(0xf000, 1, 1), Some(rule!("7.3-04"))),
        (required(1, 0xf000, 1), Some(rule!("7.3-04"))),
        (required(1, 1, 0xf000), Some(rule!("7.3-04"))),
        (required(0x0a0a, 1, 1), Some(rule!("7.3-04"))),
        // covers: 7.3-05
        (required(5, 7, 2), None),
    ];
    for (required, refused) in cases {
        let mut bob = client("bob");
        let package = bob.key_package();
        let mut group = ForgedGroup::joined_by(&bob.suite, &package);
        group.context.extensions.0.push(Extension::of(&required).unwrap());
        match refused {
            Some(rule) => refused_both_ways(&mut bob, &mut group, rule),
            None => bob.join(&group.welcome(), None).unwrap(),
        }
    }
}

#[test]
fn malformed_extensions_of_the_context() {
    for extension_type in [3, 5] {
        let mut bob = client("bob");
        let package = bob.key_package();
        let mut group = ForgedGroup::joined_by(&bob.suite, &package);
        group.context.extensions.0.push(extension(extension_type));
        let error = bob.join(&group.welcome(), None).unwrap_err();
        assert!(matches!(error, GroupError::Malformed(_)), "{error}");
        assert_rule(&error, rule!("2.1.2-04"));
        assert_eq!(bob.key_packages.len(), 1);
    }
}

#[test]
fn the_own_leaf_is_missing_or_altered() {
    let mut bob = client("bob");
    let package = bob.key_package();
    let mut other = client("other");
    let mut missing = ForgedGroup::joined_by(&bob.suite, &other.key_package());
    missing.joiners[0].key_package = package.clone();
    let mut altered = ForgedGroup::joined_by(&bob.suite, &package);
    altered.signers.insert(7, Arc::clone(&bob.signer));
    altered.resign(7, |leaf| leaf.extensions.0.push(extension(1)));
    altered.relink();
    for group in [&mut missing, &mut altered] {
        let welcome = group.welcome();
        assert_refuses(&mut bob, |bob| bob.join(&welcome, None), rule!("12.4.3.1-18"));
    }
    bob.join(&ForgedGroup::joined_by(&bob.suite, &package).welcome(), None).unwrap();
}

// covers: 7.3-11, 7.3-10
#[test]
fn old_leaves_are_a_matter_of_policy() {
    for (not_before, not_after) in [(0, NOW.0 - 7200), (NOW.0 + 7200, u64::MAX)] {
        let mut bob = client("bob");
        let mut group = with_leaf(&mut bob, |leaf| {
            leaf.leaf_node_source = LeafNodeSource::KeyPackage(Lifetime { not_before, not_after });
        });
        let welcome = group.welcome();
        bob.settings.policy.lifetimes.old_leaves = OldLeaves::Refused;
        assert_refuses(&mut bob, |bob| bob.join(&welcome, None), rule!("7.3-11"));
        bob.settings.policy.lifetimes.old_leaves = OldLeaves::Accepted;
        bob.join(&welcome, None).unwrap();
    }
}

// covers: 7.2-02, 7.2-06, 7.3-05, 7.3-17, 13.4-02, 13.5-09
#[test]
fn what_a_leaf_may_say() {
    let mut bob = client("bob");
    let mut group = with_leaf(&mut bob, |leaf| {
        let capabilities = &mut leaf.capabilities;
        capabilities.versions.extend([ProtocolVersion(0x0a0a), ProtocolVersion(0xf000)]);
        capabilities.cipher_suites.extend([CipherSuite(0x0a0a), CipherSuite(0xf000)]);
        capabilities.extensions.extend([0x0a0a, 0xf000, 1, 3].map(ExtensionType));
        capabilities.proposals.extend([0x0a0a, 0xf000, 1, 3].map(ProposalType));
        capabilities.credentials.extend([0x0a0a, 0xf000].map(CredentialType));
        leaf.extensions = Extensions(vec![extension(1), extension(0x0a0a), extension(0xf000)]);
    });
    bob.join(&group.welcome(), None).unwrap();
    let kept = bob.group().tree().members().nth(3).unwrap().to_leaf_node().unwrap();
    assert_eq!(&kept, group.leaf_mut(3));
}
