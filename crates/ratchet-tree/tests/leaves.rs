//! Single leaves on their way into a group.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod world;

use copath_credentials::{Credential, CredentialType, Timestamp};
use copath_messages::{
    Extension, ExtensionType, Extensions, LeafNode, LeafNodeSource, Lifetime, ProposalType,
    RequiredCapabilities,
};
use copath_ratchet_tree::{
    Feature, LeafEntry, LeafRules, LifetimePolicy, OldLeaves, RatchetTree, TreeError, check_source,
};
use copath_rules::{Violation, rule};
use copath_tree_math::LeafIndex;
use world::{World, assert_rule, forged_leaf, leaf, suite};

const ENTRIES: [LeafEntry; 3] = [LeafEntry::KeyPackage, LeafEntry::Update, LeafEntry::Path];

fn tree(leaves: &[LeafNode]) -> RatchetTree {
    let suite = suite(1);
    let mut edit = RatchetTree::new(&suite, &leaves[0]).unwrap().edit(&suite);
    for new in &leaves[1..] {
        edit.add_leaf(new).unwrap();
    }
    edit.finish().unwrap()
}

/// Checks the last of these leaves in a group of them all.
fn check(leaves: &[LeafNode], extensions: &Extensions, entry: LeafEntry) -> Result<(), TreeError> {
    let rules = LeafRules::new(&suite(1), extensions).unwrap();
    let last = leaf(u32::try_from(leaves.len() - 1).unwrap());
    Ok(rules.check(&tree(leaves), last, entry)?)
}

fn changed(number: u32, change: impl FnOnce(&mut LeafNode)) -> LeafNode {
    let mut new = forged_leaf(&suite(1), number);
    change(&mut new);
    new
}

// covers: 7.3-01, 7.3-04, 7.3-05, 13.4-04, 13.4-05
#[test]
fn a_leaf_supports_what_the_context_asks_for() {
    let plain = [changed(0, |_| ()), changed(1, |_| ())];
    let required = |extensions: &[u16], proposals: &[u16], credentials: &[u16]| {
        let body = RequiredCapabilities {
            extension_types: extensions.iter().copied().map(ExtensionType).collect(),
            proposal_types: proposals.iter().copied().map(ProposalType).collect(),
            credential_types: credentials.iter().copied().map(CredentialType).collect(),
        };
        Extensions(vec![Extension::of(&body).unwrap()])
    };
    let private = |types: &[u16]| -> Extensions {
        let extensions = types.iter().map(|kind| Extension {
            extension_type: ExtensionType(*kind),
            extension_data: Default::default(),
        });
        extensions.collect()
    };
    for entry in ENTRIES {
        check(&plain, &Extensions::new(), entry).unwrap();
        check(&plain, &required(&[1, 5], &[1, 7], &[1]), entry).unwrap();
        for lacking in [required(&[0xf000], &[], &[]), required(&[], &[8], &[]), required(&[], &[], &[2])] {
            assert_rule(check(&plain, &lacking, entry), rule!("7.3-04"));
        }
        let broken = if entry == LeafEntry::KeyPackage { rule!("13.4-04") } else { rule!("13.4-05") };
        assert_rule(check(&plain, &private(&[0xf000, 5]), entry), broken);
        assert_rule(check(&plain, &private(&[5, 0xf000]), entry), broken);
        let supporting = changed(2, |new| new.capabilities.extensions = vec![ExtensionType(0xf000)]);
        check(&[plain[0].clone(), supporting], &private(&[0xf000]), entry).unwrap();
    }
}

// covers: 7.3-06, 7.3-12, 7.2-04, 7.2-05, 13.4-03
#[test]
fn a_leaf_is_consistent_in_itself() {
    let extension =
        |kind| Extension { extension_type: ExtensionType(kind), extension_data: Default::default() };
    let cases = [
        (changed(1, |new| new.capabilities.versions.clear()), rule!("7.3-06")),
        (changed(1, |new| new.capabilities.cipher_suites.clear()), rule!("7.3-06")),
        (changed(1, |new| new.extensions.0.push(extension(0xf000))), rule!("7.3-12")),
        (changed(1, |new| new.extensions.0.extend([extension(1), extension(1)])), rule!("13.4-03")),
        (changed(1, |new| new.credential = Credential::X509 { certificates: vec![] }), rule!("7.2-05")),
    ];
    let rules = LeafRules::new(&suite(1), &Extensions::new()).unwrap();
    for (bad, broken) in cases {
        for entry in ENTRIES {
            assert_rule(check(&[changed(0, |_| ()), bad.clone()], &Extensions::new(), entry), broken);
            assert_rule(rules.check_leaf_node(&bad, entry), broken);
            rules.check_leaf_node(&changed(1, |_| ()), entry).unwrap();
        }
    }
}

// covers: 7.3-07, 7.3-08, 7.3-20
#[test]
fn credential_types_are_supported_on_both_sides() {
    let x509 = |number| {
        changed(number, |new| {
            new.credential = Credential::X509 { certificates: vec![] };
            new.capabilities.credentials = vec![CredentialType::X509];
        })
    };
    let both = |number| {
        changed(number, |new| {
            new.capabilities.credentials = vec![CredentialType::X509, CredentialType::BASIC]
        })
    };
    let none = Extensions::new();
    let basic = changed(0, |_| ());
    assert_rule(check(&[basic.clone(), x509(1)], &none, LeafEntry::KeyPackage), rule!("7.3-07"));
    assert_rule(check(&[both(0), x509(1)], &none, LeafEntry::KeyPackage), rule!("7.3-08"));
    let new = changed(1, |new| {
        new.credential = Credential::X509 { certificates: vec![] };
        new.capabilities.credentials = vec![CredentialType::X509, CredentialType::BASIC];
    });
    check(&[both(0), new.clone()], &none, LeafEntry::KeyPackage).unwrap();
    // Removing the only member that lacks the type makes room for it.
    let suite = suite(1);
    let rules = LeafRules::new(&suite, &none).unwrap();
    let mut edit = tree(&[both(5), basic]).edit(&suite);
    edit.remove_leaf(leaf(1)).unwrap();
    let added = edit.add_leaf(&new).unwrap();
    rules.check(&edit.finish().unwrap(), added, LeafEntry::KeyPackage).unwrap();
}

// covers: 7.3-18, 7.3-19, 7.3-20, 16.7-01
#[test]
fn keys_are_unique_on_the_resulting_tree() {
    let (a, b) = (changed(0, |_| ()), changed(1, |_| ()));
    let none = Extensions::new();
    let same_signature = changed(2, |new| new.signature_key = a.signature_key.clone());
    let same_encryption = changed(2, |new| new.encryption_key = a.encryption_key.clone());
    for entry in ENTRIES {
        let leaves = [a.clone(), b.clone(), same_signature.clone()];
        assert_rule(check(&leaves, &none, entry), rule!("7.3-18"));
        let leaves = [a.clone(), b.clone(), same_encryption.clone()];
        assert_rule(check(&leaves, &none, entry), rule!("7.3-19"));
    }
    // A key that a Remove of the same commit frees may come back; a member may keep its signature key.
    let suite = suite(1);
    let rules = LeafRules::new(&suite, &none).unwrap();
    let mut edit = tree(&[a.clone(), b.clone()]).edit(&suite);
    edit.remove_leaf(leaf(0)).unwrap();
    assert_eq!(edit.add_leaf(&same_signature).unwrap(), leaf(0));
    rules.check(&edit.finish().unwrap(), leaf(0), LeafEntry::KeyPackage).unwrap();
    let mut edit = tree(&[a.clone(), b]).edit(&suite);
    edit.update_leaf(leaf(0), &same_signature).unwrap();
    rules.check(&edit.finish().unwrap(), leaf(0), LeafEntry::Update).unwrap();
    // A parent's key counts too.
    let mut world = World::of(3);
    world.commit(0, &world::Changes::default());
    let taken = world.tree.encryption_key(world.tree.size().root()).unwrap().to_vec();
    let mut edit = world.tree.edit(&world.suite);
    let added = edit.add_leaf(&changed(9, |new| new.encryption_key = taken.into())).unwrap();
    let checked = rules.check(&edit.finish().unwrap(), added, LeafEntry::KeyPackage);
    assert_eq!(checked.unwrap_err().rule(), rule!("12.4.3.1-17"));
}

// covers: 7.3-13, 7.3-14, 7.3-15, 7.3-16, 7.3-17
#[test]
fn the_source_fits_the_entry() {
    let sources = [
        LeafNodeSource::KeyPackage(Lifetime { not_before: 0, not_after: 1 }),
        LeafNodeSource::Update,
        LeafNodeSource::Commit(Default::default()),
    ];
    let broken = [rule!("7.3-13"), rule!("7.3-14"), rule!("7.3-16")];
    for (s, source) in sources.into_iter().enumerate() {
        let new = changed(0, |new| new.leaf_node_source = source);
        check_source(&new, LeafEntry::Tree, None).unwrap();
        for (e, entry) in ENTRIES.into_iter().enumerate() {
            let expected = if s == e { Ok(()) } else { Err(Violation::new(broken[e])) };
            assert_eq!(check_source(&new, entry, None), expected);
        }
    }
    let update = changed(0, |new| new.leaf_node_source = LeafNodeSource::Update);
    let old = tree(&[update.clone(), changed(1, |_| ())]);
    let replaced = |index| check_source(&update, LeafEntry::Update, old.leaf(leaf(index)).as_ref());
    assert_eq!(replaced(0), Err(Violation::new(rule!("7.3-15"))));
    replaced(1).unwrap();
}

// covers: 7.2-10, 7.2-11, 7.2-12, 7.3-09, 7.3-10, 7.3-11
#[test]
fn lifetimes() {
    let mut policy = LifetimePolicy::default();
    (policy.max_total, policy.clock_skew) = (Some(100), 10);
    (policy.old_leaves, policy.received_adds) = (OldLeaves::Refused, OldLeaves::Refused);
    let lifetime = |not_before, not_after| Lifetime { not_before, not_after };
    let rule_of = |checked: Result<(), Violation>| checked.err().map(|violation| violation.rule());
    let good = lifetime(1000, 1100);
    for (now, sent, received, joined) in [
        (989, Some(rule!("7.3-09")), Some(rule!("7.3-10")), Some(rule!("7.3-11"))),
        (990, Some(rule!("7.3-09")), None, None),
        (1000, None, None, None),
        (1100, None, None, None),
        (1110, Some(rule!("7.3-09")), None, None),
        (1111, Some(rule!("7.3-09")), Some(rule!("7.3-10")), Some(rule!("7.3-11"))),
    ] {
        let now = Timestamp(now);
        assert_eq!(rule_of(policy.check_sent(&good, now)), sent);
        assert_eq!(rule_of(policy.check_received(&good, now)), received);
        assert_eq!(rule_of(policy.check_joined(&good, now)), joined);
    }
    let now = Timestamp(1000);
    for (bad, broken) in [
        (lifetime(1000, 1101), rule!("7.2-10")),
        (lifetime(0, u64::MAX), rule!("7.2-10")),
        (lifetime(10, 5), rule!("7.2-12")),
        (lifetime(u64::MAX, 0), rule!("7.2-12")),
    ] {
        assert_eq!(rule_of(policy.check_sent(&bad, now)), Some(broken));
        assert_eq!(rule_of(policy.check_received(&bad, now)), Some(broken));
    }
    let any = policy.without_max_total();
    any.check_received(&lifetime(0, u64::MAX), Timestamp(u64::MAX)).unwrap();
    any.check_joined(&lifetime(0, u64::MAX), now).unwrap();
    assert_eq!(rule_of(any.check_joined(&lifetime(10, 5), now)), Some(rule!("7.2-12")));
}

// covers: 7.2-02, 7.3-05
#[test]
fn counters_follow_the_leaves() {
    let suite = suite(1);
    let kind = ExtensionType(0xf000);
    let feature = Feature::Extension(kind);
    let with = changed(1, |new| new.capabilities.extensions = vec![kind, kind, ExtensionType(3)]);
    let first = tree(&[with.clone(), changed(2, |_| ())]);
    assert_eq!(first.lacking(feature), 1);
    assert!(first.leaf(leaf(0)).unwrap().supports(feature));
    assert!(!first.leaf(leaf(1)).unwrap().supports(feature));
    for default in (1..=5).map(|kind| Feature::Extension(ExtensionType(kind))) {
        assert!(first.supported_by_all(default) && first.leaf(leaf(1)).unwrap().supports(default));
    }
    for default in (1..=7).map(|kind| Feature::Proposal(ProposalType(kind))) {
        assert!(first.supported_by_all(default));
    }
    assert!(!first.supported_by_all(Feature::Proposal(ProposalType(8))));
    assert!(first.supported_by_all(Feature::CipherSuite(suite.cipher_suite())));
    assert!(!first.supported_by_all(Feature::CipherSuite(2.into())));
    assert!(!first.supported_by_all(Feature::Credential(CredentialType::X509)));
    let mut edit = first.edit(&suite);
    edit.remove_leaf(leaf(1)).unwrap();
    let second = edit.finish().unwrap();
    assert!(second.supported_by_all(feature));
    assert!(second.credential_types_in_use().eq([(CredentialType::BASIC, 1)]));
    assert_eq!(first.lacking(feature), 1);
}

// covers: 12.1.3-01
#[test]
fn no_index_panics() {
    let world = World::of(5);
    let suite = &world.suite;
    for index in [5, 7, 8, 9, 1 << 20, u32::MAX >> 1] {
        assert!(world.tree.leaf(leaf(index)).is_none());
        assert_rule(world.tree.edit(suite).remove_leaf(leaf(index)), rule!("12.1.3-01"));
        let updated = world.tree.edit(suite).update_leaf(leaf(index), &forged_leaf(suite, 1));
        assert_eq!(updated, Err(TreeError::NoSuchLeaf { leaf: index }));
        let rules = LeafRules::new(suite, &Extensions::new()).unwrap();
        assert!(rules.check(&world.tree, leaf(index), LeafEntry::Path).is_err());
        assert!(LeafIndex::new(index).is_some());
        let _ = world.tree.filtered_direct_path(leaf(index));
    }
    for node in [0, 1, 8, 9, 15, 16, 31, 1 << 20, u32::MAX - 1, u32::MAX, u32::MAX >> 1].map(world::node) {
        let outside = !world.tree.size().contains(node);
        assert_eq!(world.tree.node_hash(node).is_none(), outside);
        assert!(!outside || world.tree.resolution(node).is_empty());
        assert!(!outside || world.tree.parent(node).is_none());
        assert_eq!(world.tree.encryption_key(node).is_some(), node.leaf().is_some_and(|l| l.as_u32() < 5));
    }
}

// covers: 12.1.1-02, 7.7-02
#[test]
fn leaves_take_the_leftmost_places_and_the_tree_shrinks() {
    let suite = suite(1);
    let full = tree(&(0..5).map(|number| changed(number, |_| ())).collect::<Vec<_>>());
    assert_eq!(full.size().leaf_count(), 8);
    let mut edit = full.edit(&suite);
    for index in [3, 1] {
        edit.remove_leaf(leaf(index)).unwrap();
    }
    let places = [10, 11, 12].map(|number| edit.add_leaf(&changed(number, |_| ())).unwrap().as_u32());
    assert_eq!(places, [1, 3, 5]);
    let mut edit = full.edit(&suite);
    edit.remove_leaf(leaf(4)).unwrap();
    let shrunk = edit.finish().unwrap();
    assert_eq!(shrunk.size().leaf_count(), 4);
    assert_eq!(shrunk.next_leaf().unwrap(), leaf(4));
    assert_eq!(full.next_leaf().unwrap(), leaf(5));
    for (leaves, removed) in [(2, 1), (4, 3), (8, 7)] {
        let whole = tree(&(0..leaves).map(|number| changed(number, |_| ())).collect::<Vec<_>>());
        let mut edit = whole.edit(&suite);
        for index in leaves / 2..=removed {
            edit.remove_leaf(leaf(index)).unwrap();
        }
        assert_eq!(edit.finish().unwrap().size().leaf_count(), leaves / 2);
    }
}
