//! Drawings of trees of all sizes.

use std::collections::HashSet;
use std::sync::Arc;

use copath::messages::{Capabilities, Credential, Extensions, LeafNode, LeafNodeSource, UnsignedLeafNode};
use copath::tree_math::{LeafIndex, NodeIndex};
use copath::{CipherSuite, Client, FixedDirectory, Group, Identity, MemoryStore, NewGroup, Suite, Timestamp};
use copath_provider_rustcrypto::RustCrypto;
use copath_ratchet_tree::{RatchetTree, TreeError};

use super::fold::Fold;
use super::{drawing, svg};

const NOW: Timestamp = Timestamp(1_700_000_000);

/// A group in which some have committed, some have gone, and one came without new keys.
fn lived_in(names: &[&str], committers: &[usize], gone: &[u32]) -> Group {
    let provider: Arc<dyn copath::CryptoProvider> = Arc::new(RustCrypto::seeded([7; 32]));
    let suite = CipherSuite(1);
    let mut directory = FixedDirectory::new();
    let mut identities = Vec::new();
    for name in names.iter().chain(&["late"]) {
        let identity = Identity::generate(&provider, suite, Credential::basic(name.as_bytes())).unwrap();
        directory.insert(name.as_bytes(), identity.signature_key());
        identities.push(identity);
    }
    let directory = Arc::new(directory);
    let clients: Vec<Client> = identities
        .into_iter()
        .map(|identity| {
            let builder = Client::builder().provider(provider.clone()).store(Arc::new(MemoryStore::new()));
            builder.validator(directory.clone()).suite(suite).identity(identity).build().unwrap()
        })
        .collect();
    let (late, others) = clients.split_last().unwrap();
    let mut group = others[0].create_group(NewGroup::new(), NOW).unwrap();
    let mut commit = group.commit();
    for client in &others[1..] {
        commit = commit.add(&client.key_package(NOW).unwrap());
    }
    commit.prepare(NOW).unwrap();
    group.accept_commit().unwrap();
    let welcome = group.welcome().unwrap();
    let mut joined: Vec<Group> =
        committers.iter().map(|at| others[*at].join(&welcome, None, NOW).unwrap()).collect();
    for at in 0..joined.len() {
        let message = joined[at].commit().update().prepare(NOW).unwrap();
        joined[at].accept_commit().unwrap();
        group.receive_and_merge(&message, NOW).unwrap();
        for (other, receiver) in joined.iter_mut().enumerate() {
            if other != at {
                receiver.receive_and_merge(&message, NOW).unwrap();
            }
        }
    }
    if !gone.is_empty() {
        let members: Vec<_> = group.members().map(|member| member.handle).collect();
        let mut commit = group.commit();
        for member in members.into_iter().filter(|member| gone.contains(&member.leaf().as_u32())) {
            commit = commit.remove(member);
        }
        commit.prepare(NOW).unwrap();
        group.accept_commit().unwrap();
    }
    group.commit().add(&late.key_package(NOW).unwrap()).without_path().prepare(NOW).unwrap();
    group.accept_commit().unwrap();
    group
}

/// Leaves alone, without keys that anybody has.
fn planted(leaves: u32) -> Result<RatchetTree, TreeError> {
    let provider: Arc<dyn copath::CryptoProvider> = Arc::new(RustCrypto::seeded([1; 32]));
    let suite = Suite::new(&provider, CipherSuite(1)).unwrap();
    let leaf = |index: u32| -> LeafNode {
        let key: Vec<u8> = index.to_be_bytes().repeat(8);
        let unsigned = UnsignedLeafNode {
            encryption_key: key.clone().into(),
            signature_key: key.into(),
            credential: Credential::basic(format!("member {index}").as_bytes()),
            capabilities: Capabilities::default(),
            leaf_node_source: LeafNodeSource::Update,
            extensions: Extensions::new(),
        };
        unsigned.with_signature(Vec::new().into())
    };
    let mut edit = RatchetTree::new(&suite, &leaf(0))?.edit(&suite);
    for index in 1..leaves {
        edit.add_leaf(&leaf(index))?;
    }
    edit.finish()
}

/// The nodes in a drawing, by their kind.
fn drawn(svg: &str, kind: &str) -> usize {
    let document = roxmltree::Document::parse(svg).unwrap();
    let classes = document.descendants().filter_map(|element| element.attribute("class"));
    classes.filter(|class| *class == format!("node {kind}")).count()
}

fn all_drawn(svg: &str) -> usize {
    ["leaf", "parent", "unmerged", "blank", "folded"].iter().map(|kind| drawn(svg, kind)).sum()
}

#[test]
fn every_node_of_a_small_tree_is_drawn() {
    for leaves in [1, 2, 3, 5, 33, 200] {
        let tree = planted(leaves).unwrap();
        let drawing = svg::draw(&tree, &Fold::to_rows(&tree, 512));
        let nodes = usize::try_from(tree.size().node_count()).unwrap();
        assert_eq!(all_drawn(&drawing), nodes);
        assert_eq!(drawn(&drawing, "leaf"), usize::try_from(leaves).unwrap());
        let lines = drawing::draw(&tree, &Fold::to_rows(&tree, 512));
        assert_eq!(lines.len(), usize::try_from(tree.size().leaf_count()).unwrap() + 1);
    }
}

#[test]
fn kinds_of_nodes_look_different() {
    let names: Vec<String> = (0..33).map(|number| format!("member {number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let group = lived_in(&names, &[3, 9, 20, 32], &[5, 6, 7, 24]);
    let tree = group.engine().tree();
    let drawing = svg::draw(tree, &Fold::nothing());
    let parents = || (0..tree.size().node_count()).map(NodeIndex::new).filter_map(|node| tree.parent(node));
    let unmerged = parents().filter(|parent| parent.unmerged_leaves().next().is_some()).count();
    assert!(unmerged > 0);
    assert_eq!(drawn(&drawing, "unmerged"), unmerged);
    assert_eq!(drawn(&drawing, "parent"), parents().count() - unmerged);
    assert_eq!(drawn(&drawing, "leaf"), usize::try_from(tree.member_count()).unwrap());
    assert_eq!(all_drawn(&drawing), usize::try_from(tree.size().node_count()).unwrap());
    let text = drawing::draw(tree, &Fold::nothing()).join("\n");
    assert!(text.contains(" late  (unmerged at "), "{text}");
}

#[test]
fn boxes_and_rows_keep_their_distance() {
    let tree = planted(200).unwrap();
    let drawing = svg::draw(&tree, &Fold::nothing());
    let document = roxmltree::Document::parse(&drawing).unwrap();
    let number =
        |element: roxmltree::Node<'_, '_>, name| element.attribute(name).unwrap().parse::<u32>().unwrap();
    let root = document.root_element();
    let (width, height) = (number(root, "width"), number(root, "height"));
    let mut places = HashSet::new();
    let nodes = document.descendants().filter(|element| element.attribute("id").is_some());
    for rect in nodes.filter_map(|group| group.children().find(|child| child.has_tag_name("rect"))) {
        let (x, y) = (number(rect, "x"), number(rect, "y"));
        assert!(x + number(rect, "width") < width && y + number(rect, "height") < height);
        assert!((0..=18).all(|gap| gap == 0 || !places.contains(&(x, y - gap))), "boxes overlap");
        assert!(places.insert((x, y)));
    }
    assert_eq!(places.len(), 511);
}

#[test]
fn names_cannot_break_out() {
    let names = ["</text><script>alert(1)</script>", "a&b \"c\" 'd'", "\u{202e}\u{1}\u{fffe}", "名前"];
    let group = lived_in(&names, &[], &[]);
    let drawing = svg::draw(group.engine().tree(), &Fold::nothing());
    let document = roxmltree::Document::parse(&drawing).unwrap();
    assert!(!document.descendants().any(|element| element.has_tag_name("script")));
    let texts: Vec<&str> = document.descendants().filter_map(|element| element.text()).collect();
    for name in ["</text><script>alert(1)</script>", "a&b \"c\" 'd'", "\\u{202e}\\u{1}\\u{fffe}", "名前"] {
        assert!(texts.contains(&name), "{name}: {texts:?}");
    }
}

#[test]
fn a_large_tree_is_folded() {
    let tree = planted(50_000).unwrap();
    for rows in [1, 16, 512] {
        let fold = Fold::to_rows(&tree, rows);
        let lines = drawing::draw(&tree, &fold);
        assert!(lines.len() <= rows + 1, "{}", lines.len());
        let drawing = svg::draw(&tree, &fold);
        assert!(drawn(&drawing, "folded") > 0 && all_drawn(&drawing) < 2 * rows);
    }
    // 50,000 is 32,768 + 16,384 and some, and those are alike.
    let text = drawing::draw(&tree, &Fold::to_rows(&tree, 64)).join("\n");
    assert!(text.contains("▲ leaves 0 to 32767: 32768 members, parents blank"), "{text}");
    assert!(text.contains("▲ leaves 57344 to 65535: blank"), "{text}");
}

#[test]
fn paths_of_interest_stay() {
    let tree = planted(100).unwrap();
    let leaves = [0, 77].map(|leaf| LeafIndex::new(leaf).unwrap());
    let lines = drawing::draw(&tree, &Fold::around(&leaves, tree.size())).join("\n");
    assert!(lines.contains("● 0 member 0") && lines.contains("● 154 member 77"), "{lines}");
    assert!(lines.contains("▲ leaves 32 to 63: 32 members") && !lines.contains("member 40"), "{lines}");
}
