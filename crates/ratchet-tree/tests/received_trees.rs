//! Trees that a joiner gets: what is refused, and by which rule.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod world;

use copath_codec::{DecodeContext, Encode};
use copath_credentials::{Credential, CredentialType, Timestamp};
use copath_messages::{
    Extension, ExtensionType, Extensions, LeafNode, LeafNodeSource, Lifetime, Node, ParentNode, ProposalType,
    RequiredCapabilities,
};
use copath_ratchet_tree::{
    LifetimePolicy, OldLeaves, PageKey, RatchetTree, TreeError, TreeLimits, ValidationContext,
};
use copath_rules::{Part, Violation, rule};
use world::{Changes, GROUP, World, assert_rule, leaf, node, suite};

/// Eight members after two commits; node 11 is the right child of the root.
fn two_commits() -> World {
    let mut world = World::of(8);
    world.commit(5, &Changes::default());
    world.commit(1, &Changes::default());
    world
}

fn parent_mut(nodes: &mut [Option<Node>], index: usize) -> &mut ParentNode {
    match &mut nodes[index] {
        Some(Node::Parent(parent)) => parent,
        other => panic!("no parent at {index}: {other:?}"),
    }
}

fn leaf_mut(nodes: &mut [Option<Node>], index: usize) -> &mut LeafNode {
    match &mut nodes[index * 2] {
        Some(Node::Leaf(leaf)) => leaf,
        other => panic!("no leaf at {index}: {other:?}"),
    }
}

fn forged_parent(suite: &copath_crypto::Suite) -> Option<Node> {
    let encryption_key = suite.generate_kem_key_pair().unwrap().public_key.into();
    Some(Node::Parent(Box::new(ParentNode {
        encryption_key,
        parent_hash: Default::default(),
        unmerged_leaves: vec![],
    })))
}

/// Leaves 0 and `last`, and blanks between them.
fn sparse(last: usize) -> Result<RatchetTree, TreeError> {
    let suite = suite(1);
    let entry = |number| Some(Node::Leaf(Box::new(world::forged_leaf(&suite, number)))).to_bytes().unwrap();
    let nodes = [entry(1), vec![0; last * 2 - 1], entry(2)].concat();
    let octets = copath_codec::Opaque::from(nodes).to_bytes().unwrap();
    RatchetTree::decode(&suite, &octets, DecodeContext::rfc9420(), &TreeLimits::default())
}

#[test]
fn a_few_leaves_ask_for_no_huge_tree() {
    assert_eq!(sparse((1 << 12) - 1).unwrap().size().leaf_count(), 1 << 12);
    assert_eq!(sparse((1 << 16) - 1).unwrap().size().leaf_count(), 1 << 16);
    assert_eq!(sparse(1 << 16).err(), Some(TreeError::TooLarge));
    assert_eq!(sparse((1 << 20) - 1).err(), Some(TreeError::TooLarge));

    let suite = suite(1);
    // What members may come to have, they load.
    let tree = sparse((1 << 12) - 1).unwrap();
    let loaded = RatchetTree::from_pages(&suite, tree.pages().unwrap()).unwrap();
    assert_eq!(loaded.tree_hash(), tree.tree_hash());
    let tree = RatchetTree::new(&suite, &world::forged_leaf(&suite, 1)).unwrap();
    let (_, page) = tree.pages().unwrap().next().unwrap();
    for index in [(1 << 28) - 1, 1 << 17] {
        let forged = PageKey::new(0, index).unwrap();
        let pages = tree.pages().unwrap().chain([(forged, page.clone())]);
        assert_eq!(RatchetTree::from_pages(&suite, pages).err(), Some(TreeError::DamagedPages));
    }
    let twice = tree.pages().unwrap().chain(tree.pages().unwrap());
    assert_eq!(RatchetTree::from_pages(&suite, twice).err(), Some(TreeError::DamagedPages));
}

// covers: 7.3-17, 7.9.2-01, 7.9.2-06, 12.4.3.1-13, 12.4.3.1-14
#[test]
fn honest_trees_are_accepted() {
    let mut world = two_commits();
    let received = world.receive(&world.nodes()).unwrap();
    assert_eq!(received.tree_hash(), world.tree.tree_hash());
    // Leaves of all three sources; parents whose own link upwards doesn't hold any more.
    world.commit(7, &Changes { update: vec![2], remove: vec![4], add: 3 });
    world.apply(&Changes::update(&[6]));
    world.receive(&world.nodes()).unwrap();
}

// covers: 12.4.3.3-02
#[test]
fn a_tree_ends_with_a_filled_node() {
    let world = World::of(4);
    assert_rule(world.decode(&[]), rule!("12.4.3.3-02"));
    assert_rule(world.decode(&[None]), rule!("12.4.3.3-02"));
    let mut nodes = world.nodes();
    nodes.extend([None, None]);
    assert_rule(world.decode(&nodes), rule!("12.4.3.3-02"));
}

// covers: 12.4.3.3-04, 12.4.3.3-05
#[test]
fn leaves_stand_at_even_places_and_parents_at_odd_ones() {
    let world = two_commits();
    let nodes = world.nodes();
    let mut bad = nodes.clone();
    bad.swap(0, 3);
    assert_rule(world.decode(&bad), rule!("12.4.3.3-04"));
    let mut bad = nodes.clone();
    bad[1] = bad[0].clone();
    assert_rule(world.decode(&bad), rule!("12.4.3.3-04"));
    let mut bad = nodes.clone();
    bad[0] = bad[3].clone();
    assert_rule(world.decode(&bad), rule!("12.4.3.3-04"));
    // Every length from 0 to 16, never a panic; even ones end at a parent's place.
    for length in 0..=16 {
        let mut cut = nodes.clone();
        cut.truncate(length);
        if length == 16 {
            cut.push(forged_parent(&world.suite));
        }
        if cut.len().is_multiple_of(2) {
            let broken = world.decode(&cut);
            let Err(TreeError::Rejected(violation)) = broken else { panic!("{length}: {broken:?}") };
            assert!([rule!("12.4.3.3-02"), rule!("12.4.3.3-04")].contains(&violation.rule()));
        }
    }
}

// covers: 12.4.3.3-03
#[test]
fn truncated_trees_are_extended() {
    for members in 1..=9 {
        let world = World::of(members);
        let nodes = world.nodes();
        assert_eq!(nodes.len(), members * 2 - 1);
        let received = world.receive(&nodes).unwrap();
        assert_eq!(received.size().leaf_count() as usize, members.next_power_of_two());
        assert_eq!(received.tree_hash(), world.tree.tree_hash());
    }
}

#[test]
fn limits_and_malformed_input() {
    let world = World::of(5);
    let octets = world.tree.encode().unwrap();
    let decode = |octets: &[u8], max_leaves| {
        let limits = TreeLimits { max_leaves };
        RatchetTree::decode(&world.suite, octets, DecodeContext::rfc9420(), &limits)
            .map(|tree| tree.tree_hash())
    };
    decode(&octets, 8).unwrap();
    assert_eq!(decode(&octets, 7), Err(TreeError::TooLarge));
    assert_eq!(decode(&octets, 2), Err(TreeError::TooLarge));
    for end in 0..octets.len() {
        assert!(matches!(decode(&octets[..end], 8), Err(TreeError::Malformed(_))), "{end}");
    }
    let mut bad = octets.clone();
    bad.push(0);
    assert!(matches!(decode(&bad, 8), Err(TreeError::Malformed(error)) if error.rule() == rule!("2.1.2-06")));
    let mut bad = octets;
    bad[2] = 2;
    assert!(matches!(decode(&bad, 8), Err(TreeError::Malformed(error)) if error.rule() == rule!("2.1.1-02")));
}

// covers: 7.1-01
#[test]
fn unmerged_leaves_ascend() {
    let world = two_commits();
    for list in [vec![3, 1], vec![1, 1]] {
        let mut nodes = world.nodes();
        parent_mut(&mut nodes, 7).unmerged_leaves = list;
        assert_rule(world.decode(&nodes), rule!("7.1-01"));
    }
}

// covers: 12.4.3.1-15
#[test]
fn unmerged_leaves_are_filled_leaves_below() {
    let mut world = two_commits();
    world.apply(&Changes::remove(&[7]));
    for (parent, list) in [(3, vec![4]), (3, vec![100]), (3, vec![u32::MAX])] {
        let mut nodes = world.nodes();
        parent_mut(&mut nodes, parent).unmerged_leaves = list;
        assert_rule(world.decode(&nodes), rule!("12.4.3.1-15"));
    }
    let mut nodes = world.nodes();
    nodes[11] = forged_parent(&world.suite);
    parent_mut(&mut nodes, 11).unmerged_leaves = vec![7];
    assert_rule(world.decode(&nodes), rule!("12.4.3.1-15"));
}

// covers: 12.4.3.1-16
#[test]
fn parents_in_between_list_an_unmerged_leaf_too() {
    let mut world = World::of(7);
    world.commit(5, &Changes::default());
    world.commit(1, &Changes::default());
    world.apply(&Changes::add(1));
    let mut nodes = world.nodes();
    world.receive(&nodes).unwrap();
    parent_mut(&mut nodes, 11).unmerged_leaves.clear();
    assert_rule(world.decode(&nodes), rule!("12.4.3.1-16"));
}

// covers: 12.4.3.1-17, 16.7-01
#[test]
fn a_parents_key_occurs_nowhere_else() {
    let world = two_commits();
    for other in [11, 4] {
        let key = world.tree.encryption_key(node(other)).unwrap();
        let mut nodes = world.nodes();
        parent_mut(&mut nodes, 3).encryption_key = key.into();
        assert_rule(world.receive(&nodes), rule!("12.4.3.1-17"));
    }
}

// covers: 7.3-18, 7.3-19, 16.7-01
#[test]
fn leaves_have_keys_of_their_own() {
    let world = World::of(5);
    let mut nodes = world.nodes();
    leaf_mut(&mut nodes, 3).signature_key = world.tree.leaf(leaf(1)).unwrap().signature_key().into();
    assert_rule(world.receive(&nodes), rule!("7.3-18"));
    let mut nodes = world.nodes();
    leaf_mut(&mut nodes, 3).encryption_key = world.tree.leaf(leaf(1)).unwrap().encryption_key().into();
    assert_rule(world.receive(&nodes), rule!("7.3-19"));
}

// covers: 7.3-01, 7.3-03, 7.2-09, 7.2-13
#[test]
fn a_changed_leaf_has_no_valid_signature() {
    let tampered = |world: &World, index: usize| {
        let mut nodes = world.nodes();
        leaf_mut(&mut nodes, index).capabilities.proposals.push(ProposalType(0xf000));
        world.receive(&nodes).map(|_| ())
    };
    let mut world = World::of(4);
    for index in 0..4 {
        let violation = Violation::new(rule!("7.3-03")).at(Part::Leaf(u32::try_from(index).unwrap()));
        assert_eq!(tampered(&world, index), Err(TreeError::Rejected(violation)));
    }
    // After a commit its parent hashes cover all leaves but the committer's own.
    world.commit(1, &Changes::update(&[2]));
    assert_rule(tampered(&world, 1), rule!("7.3-03"));
    assert_rule(tampered(&world, 2), rule!("7.9.2-02"));
    // A leaf of an update is bound to the group and to its place; that of a key package isn't.
    let place = |index| world.tree.leaf(leaf(index)).unwrap();
    place(2).verify_signature(&world.suite, GROUP).unwrap();
    assert_rule(place(2).verify_signature(&world.suite, b"another"), rule!("7.3-03"));
    place(0).verify_signature(&world.suite, b"another").unwrap();
}

// covers: 7.9.2-02, 7.9.2-04
#[test]
fn a_changed_parent_has_no_link_from_below() {
    let world = two_commits();
    for (place, index) in [1, 3, 7, 9, 11].map(|index| (node(index), index as usize)) {
        let mut nodes = world.nodes();
        let key = world.suite.generate_kem_key_pair().unwrap().public_key;
        parent_mut(&mut nodes, index).encryption_key = key.into();
        assert_rule(world.receive(&nodes), rule!("7.9.2-02"));
        // The node is found by itself, too.
        let tree = world.decode(&nodes).unwrap();
        assert_rule(tree.verify_parent_hash(&world.suite, place), rule!("7.9.2-02"));
        world.tree.verify_parent_hash(&world.suite, place).unwrap();
    }
    for index in [0, 5, 13] {
        world.tree.verify_parent_hash(&world.suite, node(index)).unwrap();
    }
}

// covers: 7.9.2-03, 7.9.2-04, 7.9.2-05
#[test]
fn a_parent_nobody_signed_for_is_refused() {
    // Nobody below could be the one who set it: two leaves on each side.
    let world = World::of(4);
    let mut nodes = world.nodes();
    nodes[3] = forged_parent(&world.suite);
    assert_rule(world.receive(&nodes), rule!("7.9.2-03"));
    // An extra filled node stands beside the link.
    let mut world = World::of(8);
    world.commit(0, &Changes::default());
    let mut nodes = world.nodes();
    nodes[3] = None;
    assert_rule(world.receive(&nodes), rule!("7.9.2-03"));
    // No leaf below at all.
    let mut world = World::of(5);
    world.apply(&Changes::remove(&[0, 1]));
    let mut nodes = world.nodes();
    nodes[1] = forged_parent(&world.suite);
    assert_rule(world.decode(&nodes), rule!("7.9.2-04"));
}

fn validate(world: &World, tree: &RatchetTree, extensions: &Extensions) -> Result<(), TreeError> {
    let lifetimes = LifetimePolicy::default();
    let context =
        ValidationContext { group_id: GROUP, extensions, lifetimes: &lifetimes, now: Timestamp(150) };
    tree.validate(&world.suite, &context)
}

// covers: 13.4-06, 7.3-04, 7.3-05
#[test]
fn every_leaf_supports_what_the_group_uses() {
    let world = World::of(4);
    let private = Extensions(vec![Extension {
        extension_type: ExtensionType(0xf000),
        extension_data: Default::default(),
    }]);
    let check = |change: &dyn Fn(&mut copath_messages::UnsignedLeafNode), extensions: &Extensions| {
        let mut nodes = world.nodes();
        for index in 0..4 {
            world.resign(&mut nodes, index, change);
        }
        validate(&world, &world.decode(&nodes).unwrap(), extensions)
    };
    assert_rule(check(&|_| (), &private), rule!("13.4-04"));
    check(&|leaf| leaf.capabilities.extensions.push(ExtensionType(0xf000)), &private).unwrap();
    let required = |extensions: &[u16], proposals: &[u16], credentials: &[u16]| {
        let body = RequiredCapabilities {
            extension_types: extensions.iter().copied().map(ExtensionType).collect(),
            proposal_types: proposals.iter().copied().map(ProposalType).collect(),
            credential_types: credentials.iter().copied().map(CredentialType).collect(),
        };
        Extensions(vec![Extension::of(&body).unwrap()])
    };
    check(&|_| (), &required(&[5], &[1], &[1])).unwrap();
    for lacking in [required(&[0xf001], &[], &[]), required(&[], &[0xf002], &[]), required(&[], &[], &[2])] {
        assert_rule(check(&|_| (), &lacking), rule!("7.3-04"));
    }
}

// covers: 7.3-08, 7.2-05
#[test]
fn credential_types_in_use_are_supported_by_all() {
    let world = World::of(3);
    let x509 = Credential::X509 { certificates: vec![(&[1, 2, 3]).into()] };
    let mut nodes = world.nodes();
    world.resign(&mut nodes, 2, |leaf| {
        leaf.credential = x509.clone();
        leaf.capabilities.credentials = vec![CredentialType::BASIC, CredentialType::X509];
    });
    let lacking = Violation::new(rule!("7.3-08")).at(Part::CredentialType(2)).at(Part::Leaf(0));
    assert_eq!(world.receive(&nodes).err(), Some(TreeError::Rejected(lacking)));
    for index in 0..2 {
        world.resign(&mut nodes, index, |leaf| leaf.capabilities.credentials.push(CredentialType::X509));
    }
    let received = world.receive(&nodes).unwrap();
    assert!(received.credential_types_in_use().eq([(CredentialType::BASIC, 2), (CredentialType::X509, 1)]));
    assert_eq!(received.leaf(leaf(2)).unwrap().credential(), x509);
}

// covers: 7.3-10, 7.3-11, 7.2-10, 7.2-12, 7.3-09
#[test]
fn lifetimes_are_judged_by_policy() {
    let world = World::of(2);
    let mut lifetimes = LifetimePolicy::default();
    lifetimes.clock_skew = 0;
    let extensions = Extensions::new();
    let check = |lifetimes: &LifetimePolicy, now| {
        let context =
            ValidationContext { group_id: GROUP, extensions: &extensions, lifetimes, now: Timestamp(now) };
        world.tree.validate(&world.suite, &context)
    };
    check(&lifetimes, 201).unwrap();
    lifetimes.old_leaves = OldLeaves::Refused;
    assert_rule(check(&lifetimes, 201), rule!("7.3-11"));
    assert_rule(check(&lifetimes, 99), rule!("7.3-11"));
    check(&lifetimes, 200).unwrap();
    lifetimes.clock_skew = 1;
    check(&lifetimes, 201).unwrap();
    let mut nodes = world.nodes();
    world.resign(&mut nodes, 1, |leaf| {
        leaf.leaf_node_source = LeafNodeSource::KeyPackage(Lifetime { not_before: 10, not_after: 5 });
    });
    assert_rule(world.receive(&nodes), rule!("7.2-12"));
}

// covers: 7.3-12, 7.3-05, 7.2-02, 7.2-04, 7.2-06, 13.4-02, 13.4-03, 7.3-06
#[test]
fn leaves_are_consistent_in_themselves() {
    let world = World::of(2);
    let extension = |kind| Extension { extension_type: ExtensionType(kind), extension_data: (&[0]).into() };
    let check = |change: &dyn Fn(&mut copath_messages::UnsignedLeafNode)| {
        let mut nodes = world.nodes();
        world.resign(&mut nodes, 1, change);
        world.receive(&nodes)
    };
    assert_rule(check(&|leaf| leaf.extensions.0.push(extension(0xf000))), rule!("7.3-12"));
    check(&|leaf| leaf.extensions.0.push(extension(1))).unwrap();
    check(&|leaf| {
        leaf.capabilities.extensions.extend([ExtensionType(0x0a0a), ExtensionType(3)]);
        leaf.extensions.0.push(extension(0x0a0a));
    })
    .unwrap();
    assert_rule(check(&|leaf| leaf.extensions.0.extend([extension(1), extension(1)])), rule!("13.4-03"));
    assert_rule(check(&|leaf| leaf.capabilities.versions.clear()), rule!("7.3-06"));
    assert_rule(check(&|leaf| leaf.capabilities.cipher_suites = vec![2.into()]), rule!("7.3-06"));
    check(&|leaf| {
        let capabilities = &mut leaf.capabilities;
        capabilities.versions.push(0xf000.into());
        capabilities.cipher_suites.push(0x1a1a.into());
        capabilities.extensions.push(0x2a2a.into());
        capabilities.proposals.extend([0x3a3a, 3].map(ProposalType));
        capabilities.credentials.push(0x4a4a.into());
    })
    .unwrap();
}

#[test]
fn credentials_of_unknown_types_are_read_as_they_were_decoded() {
    use copath_codec::{BodyShape, Registry};
    let suite = suite(1);
    let mut new = world::forged_leaf(&suite, 1);
    new.credential = Credential::Other { credential_type: 0xf000.into(), body: vec![0xff, 1, 2] };
    let octets = vec![Some(Node::Leaf(Box::new(new.clone())))].to_bytes().unwrap();
    let decode =
        |context: &DecodeContext| RatchetTree::decode(&suite, &octets, context, &TreeLimits::default());
    assert!(matches!(decode(DecodeContext::rfc9420()), Err(TreeError::Malformed(_))));
    let context = DecodeContext::default().with_body(Registry::Credential, 0xf000, BodyShape::Fixed(3));
    let tree = decode(&context).unwrap();
    let read = tree.leaf(leaf(0)).unwrap();
    assert_eq!(read.to_leaf_node().unwrap(), new);
    assert_eq!(read.credential(), new.credential);
    let loaded = RatchetTree::from_pages(&suite, tree.pages().unwrap()).unwrap();
    assert_eq!(loaded.leaf(leaf(0)).unwrap().to_leaf_node().unwrap(), new);
    assert_eq!(loaded.tree_hash(), RatchetTree::new(&suite, &new).unwrap().tree_hash());
}

// covers: 7.2-08
#[test]
fn the_view_and_the_structures_refuse_the_same_octets() {
    use copath_codec::Decode;
    let mut world = World::of(3);
    world.commit(0, &Changes::default());
    world.apply(&Changes { update: vec![1], remove: vec![], add: 1 });
    let mut nodes = world.nodes();
    leaf_mut(&mut nodes, 2)
        .extensions
        .0
        .push(Extension { extension_type: ExtensionType(1), extension_data: (&[1, 2, 3]).into() });
    let octets = nodes.to_bytes().unwrap();
    let mut sources = 0;
    for at in 0..octets.len() {
        for change in [1, 0x40, 0x80, 0xff] {
            let mut bad = octets.clone();
            bad[at] ^= change;
            let structures = Vec::<Option<Node>>::from_bytes(&bad).err();
            let limits = TreeLimits::default();
            let view = RatchetTree::decode(&world.suite, &bad, DecodeContext::rfc9420(), &limits).err();
            let view = view.and_then(|error| match error {
                TreeError::Malformed(error) => Some(error),
                _ => None,
            });
            let told = |error: copath_codec::DecodeError| (error.offset(), error.kind());
            sources += usize::from(view.as_ref().is_some_and(|error| error.rule() == rule!("7.2-08")));
            assert_eq!(view.map(told), structures.map(told), "octet {at} changed by {change}");
        }
    }
    assert!(sources > 0);
}

// covers: 12.4.3.1-12, 12.4.3.3-06
#[test]
fn every_octet_counts_in_the_tree_hash() {
    let mut world = World::of(4);
    world.commit(2, &Changes::default());
    let octets = world.tree.encode().unwrap();
    let mut decoded = 0;
    for at in 0..octets.len() {
        let mut changed = octets.clone();
        changed[at] ^= 1;
        let context = DecodeContext::rfc9420();
        if let Ok(tree) = RatchetTree::decode(&world.suite, &changed, context, &TreeLimits::default()) {
            assert_ne!(tree.tree_hash(), world.tree.tree_hash(), "octet {at}");
            decoded += 1;
        }
    }
    assert!(decoded > octets.len() / 2);
}

// covers: 5.1.1-01
#[test]
fn keys_of_a_tree_are_keys_of_the_suite() {
    let world = World::of(3);
    let mut nodes = world.nodes();
    world.resign(&mut nodes, 1, |leaf| leaf.encryption_key = (&[1; 31]).into());
    assert_rule(world.receive(&nodes), rule!("5.1.1-01"));
}
