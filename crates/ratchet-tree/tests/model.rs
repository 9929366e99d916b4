//! The paged tree against a naive one: an array of nodes, everything recomputed by the RFC's words.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod world;

use copath_codec::{Encode, Opaque, Writer};
use copath_crypto::{HashOutput, Suite};
use copath_messages::{Extension, ExtensionType, LeafNode, LeafNodeSource, ParentNode};
use copath_ratchet_tree::{Feature, RatchetTree, TreeError};
use copath_tree_math::{LeafIndex, NodeIndex, TreeSize};
use proptest::prelude::*;
use std::collections::BTreeMap;
use world::{forged_leaf, leaf, suite};

/// One step of a test; numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Add(u8),
    Update(u8),
    Remove(u8),
    Path(u8),
    /// Several changes in one edit.
    Mixed(Vec<u8>, Vec<u8>, u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..24u8).prop_map(Step::Add),
        2 => any::<u8>().prop_map(Step::Update),
        4 => any::<u8>().prop_map(Step::Remove),
        4 => any::<u8>().prop_map(Step::Path),
        2 => (prop::collection::vec(any::<u8>(), 0..3), prop::collection::vec(any::<u8>(), 0..20), 0..12u8)
            .prop_map(|(update, remove, add)| Step::Mixed(update, remove, add)),
    ];
    prop::collection::vec(step, 1..40)
}

#[derive(Clone)]
enum NaiveNode {
    Leaf(Box<LeafNode>),
    Parent(ParentNode),
}

/// All nodes of a perfect tree, in order.
struct Naive {
    suite: Suite,
    nodes: Vec<Option<NaiveNode>>,
}

impl Naive {
    fn size(&self) -> TreeSize {
        TreeSize::of_node_count(self.nodes.len()).unwrap()
    }

    fn leaves(&self) -> Vec<u32> {
        let filled = |index: &u32| self.nodes[*index as usize * 2].is_some();
        (0..self.size().leaf_count()).filter(filled).collect()
    }

    fn first_blank(&self) -> Option<u32> {
        (0..self.size().leaf_count()).find(|index| self.nodes[*index as usize * 2].is_none())
    }

    fn blank_path(&mut self, index: u32) {
        for step in leaf(index).direct_path(self.size()) {
            self.nodes[step.node.as_usize()] = None;
        }
    }

    fn add(&mut self, new: LeafNode) -> u32 {
        let index = self.first_blank().unwrap_or_else(|| {
            let count = self.size().leaf_count();
            self.nodes.resize(count as usize * 4 - 1, None);
            count
        });
        self.nodes[index as usize * 2] = Some(NaiveNode::Leaf(Box::new(new)));
        for step in leaf(index).direct_path(self.size()) {
            if let Some(NaiveNode::Parent(parent)) = &mut self.nodes[step.node.as_usize()] {
                parent.unmerged_leaves.push(index);
                parent.unmerged_leaves.sort_unstable();
            }
        }
        index
    }

    fn update(&mut self, index: u32, new: LeafNode) {
        self.nodes[index as usize * 2] = Some(NaiveNode::Leaf(Box::new(new)));
        self.blank_path(index);
    }

    fn remove(&mut self, index: u32) {
        self.nodes[index as usize * 2] = None;
        self.blank_path(index);
        while self.nodes.len() > 1 && self.nodes[self.nodes.len() / 2 + 1..].iter().all(Option::is_none) {
            self.nodes.truncate(self.nodes.len() / 2);
        }
    }

    fn resolution(&self, node: NodeIndex) -> Vec<NodeIndex> {
        match (&self.nodes[node.as_usize()], node.left(), node.right()) {
            (Some(NaiveNode::Leaf(_)), ..) => vec![node],
            (Some(NaiveNode::Parent(parent)), ..) => {
                let unmerged = parent.unmerged_leaves.iter().map(|index| leaf(*index).node());
                core::iter::once(node).chain(unmerged).collect()
            }
            (None, Some(left), Some(right)) => [self.resolution(left), self.resolution(right)].concat(),
            (None, ..) => vec![],
        }
    }

    fn hash(&self, node: NodeIndex) -> HashOutput {
        let mut input = Writer::new();
        match (&self.nodes[node.as_usize()], node.left(), node.right()) {
            (filled, Some(left), Some(right)) => {
                assert!(!matches!(filled, Some(NaiveNode::Leaf(_))));
                input.u8(2).optional(filled.as_ref());
                input.value(&self.hash(left)).value(&self.hash(right));
            }
            (filled, ..) => {
                input.u8(1).value(&node.first_leaf().as_u32()).optional(filled.as_ref());
            }
        }
        self.suite.hash(&[&input.finish().unwrap()])
    }

    /// Merges a path with these keys by the RFC's words; returns the leaf's parent hash.
    fn path(&mut self, index: u32, keys: &BTreeMap<NodeIndex, Vec<u8>>) -> HashOutput {
        self.blank_path(index);
        let steps: Vec<_> = leaf(index).direct_path(self.size()).collect();
        let filtered: Vec<_> = steps.iter().filter(|step| !self.resolution(step.copath).is_empty()).collect();
        let mut nodes: Vec<_> = filtered.iter().map(|step| step.node).collect();
        nodes.sort_unstable();
        assert!(nodes.iter().eq(keys.keys()));
        let mut above = HashOutput::EMPTY;
        for step in filtered.into_iter().rev() {
            let parent = ParentNode {
                encryption_key: keys[&step.node].clone().into(),
                parent_hash: above.as_slice().into(),
                unmerged_leaves: vec![],
            };
            let mut input = Writer::new();
            input.value(&parent.encryption_key).value(&parent.parent_hash).value(&self.hash(step.copath));
            above = self.suite.hash(&[&input.finish().unwrap()]);
            self.nodes[step.node.as_usize()] = Some(NaiveNode::Parent(parent));
        }
        above
    }
}

impl Encode for NaiveNode {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Leaf(leaf) => leaf.encode(writer),
            Self::Parent(parent) => parent.encode(writer),
        }
    }
}

/// Both trees, and how many leaves were made so far.
struct Pair {
    suite: Suite,
    paged: RatchetTree,
    naive: Naive,
    made: u32,
}

impl Pair {
    fn new() -> Self {
        let suite = suite(1);
        let first = new_leaf(&suite, 0);
        let paged = RatchetTree::new(&suite, &first).unwrap();
        let nodes = vec![Some(NaiveNode::Leaf(Box::new(first)))];
        Self { naive: Naive { suite: suite.clone(), nodes }, suite, paged, made: 1 }
    }

    fn next_leaf(&mut self) -> LeafNode {
        self.made += 1;
        new_leaf(&self.suite, self.made)
    }

    fn pick(&self, number: u8) -> Option<u32> {
        let leaves = self.naive.leaves();
        leaves.get(usize::from(number) % leaves.len().max(1)).copied()
    }

    fn run(&mut self, step: &Step) {
        match step {
            Step::Add(count) => self.edit(&[], &[], *count),
            Step::Update(number) => self.edit(&[*number], &[], 0),
            Step::Remove(number) => self.edit(&[], &[*number], 0),
            Step::Mixed(update, remove, add) => self.edit(update, remove, *add),
            Step::Path(number) => self.path(*number),
        }
    }

    fn edit(&mut self, update: &[u8], remove: &[u8], add: u8) {
        let mut edit = self.paged.edit(&self.suite);
        for index in update.iter().filter_map(|number| self.pick(*number)).collect::<Vec<_>>() {
            let new = self.next_leaf();
            edit.update_leaf(leaf(index), &new).unwrap();
            self.naive.update(index, new);
        }
        for number in remove {
            if self.naive.leaves().len() < 2 {
                break;
            }
            let index = self.pick(*number).unwrap();
            edit.remove_leaf(leaf(index)).unwrap();
            self.naive.remove(index);
        }
        for _ in 0..add {
            let new = self.next_leaf();
            assert_eq!(edit.add_leaf(&new).unwrap().as_u32(), self.naive.add(new));
        }
        self.paged = edit.finish().unwrap();
    }

    fn path(&mut self, number: u8) {
        let Some(index) = self.pick(number) else { return };
        let mut made = None;
        let template = self.next_leaf();
        let draft = self.paged.create_path::<TreeError>(&self.suite, leaf(index), &[], |path_leaf| {
            let mut new = template.clone();
            new.encryption_key = path_leaf.encryption_key.into();
            new.leaf_node_source = LeafNodeSource::Commit(path_leaf.parent_hash.as_slice().into());
            made = Some(new.clone());
            Ok(new)
        });
        let draft = draft.unwrap();
        let nodes = draft.private_keys().iter().filter_map(|(id, key)| match id {
            copath_ratchet_tree::NodeKeyId::Node(node) => Some((node, key.public().to_vec())),
            _ => None,
        });
        let keys: BTreeMap<_, _> = nodes.filter(|(node, _)| !node.is_leaf()).collect();
        let parent_hash = self.naive.path(index, &keys);
        let new = made.unwrap();
        assert_eq!(new.leaf_node_source, LeafNodeSource::Commit(Opaque::from(parent_hash.as_slice())));
        self.naive.nodes[index as usize * 2] = Some(NaiveNode::Leaf(Box::new(new)));
        self.paged = draft.tree().clone();
    }

    fn compare(&self) {
        let (paged, naive) = (&self.paged, &self.naive);
        assert_eq!(paged.size(), naive.size());
        assert_eq!(paged.first_blank_leaf().map(LeafIndex::as_u32), naive.first_blank());
        assert_eq!(paged.member_count() as usize, naive.leaves().len());
        assert!(paged.members().map(|member| member.index().as_u32()).eq(naive.leaves()));
        for node in (0..naive.size().node_count()).map(NodeIndex::new) {
            assert_eq!(paged.node_hash(node), Some(naive.hash(node)), "{node:?}");
            assert_eq!(paged.resolution(node), naive.resolution(node), "{node:?}");
            let below =
                naive.leaves().iter().filter(|index| node.is_ancestor_or_self(leaf(**index).node())).count();
            assert_eq!(paged.member_count_below(node) as usize, below);
            let key = naive.nodes[node.as_usize()].as_ref().map(|filled| match filled {
                NaiveNode::Leaf(leaf) => &leaf.encryption_key,
                NaiveNode::Parent(parent) => &parent.encryption_key,
            });
            assert_eq!(paged.encryption_key(node), key.map(Opaque::as_slice));
            if let Some(key) = key {
                assert_eq!(paged.find_encryption_key(key), Some(node));
            }
        }
        self.compare_leaves();
    }

    fn compare_leaves(&self) {
        let leaves = self.naive.nodes.iter().step_by(2).flatten().filter_map(|node| match node {
            NaiveNode::Leaf(leaf) => Some(leaf),
            NaiveNode::Parent(_) => None,
        });
        let leaves: Vec<_> = leaves.collect();
        for (member, expected) in self.paged.members().zip(&leaves) {
            assert_eq!(member.to_leaf_node().unwrap(), ***expected);
            assert_eq!(member.capabilities(), expected.capabilities);
            assert_eq!(member.credential(), expected.credential);
            assert_eq!(member.signature_key(), expected.signature_key.as_slice());
            assert_eq!(self.paged.find_signature_key(&expected.signature_key), Some(member.index()));
        }
        for kind in [0xf000, 0xf001, 0xf002].map(ExtensionType) {
            let lacking = leaves.iter().filter(|leaf| !leaf.capabilities.extensions.contains(&kind)).count();
            assert_eq!(self.paged.lacking(Feature::Extension(kind)) as usize, lacking);
        }
        let octets = self.paged.encode().unwrap();
        let whole: Vec<Option<copath_messages::Node>> = copath_codec::Decode::from_bytes(&octets).unwrap();
        assert!(whole.last().unwrap().is_some());
    }
}

/// A forged leaf whose capabilities vary, some listing a value twice.
fn new_leaf(suite: &Suite, number: u32) -> LeafNode {
    let mut new = forged_leaf(suite, number);
    let types = [0xf000, 0xf001, 0xf000, 0xf002].map(ExtensionType);
    new.capabilities.extensions = types[..number as usize % 5].to_vec();
    new.extensions
        .0
        .push(Extension { extension_type: ExtensionType(0xf000), extension_data: (&[1, 2]).into() });
    new
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    // covers: 4.1.1-01, 4.1.1-02, 4.1.1-03, 4.1.2-02, 7.7-01, 7.7-02, 7.8-01, 7.8-02, 7.9-01, 12.1.1-02, 12.1.1-03, 12.1.2-02, 12.1.3-02, 12.4.3.3-01
    #[test]
    fn paged_and_naive_trees_are_equal(steps in steps()) {
        let mut pair = Pair::new();
        let mut records: BTreeMap<_, _> = pair.paged.pages().unwrap().collect();
        for step in &steps {
            let before = pair.paged.clone();
            let hash = before.tree_hash();
            pair.run(step);
            pair.compare();
            // The old tree is as it was, and what changed is what has to be stored.
            prop_assert_eq!(before.tree_hash(), hash);
            for (key, octets) in pair.paged.changed_pages(&before).unwrap() {
                match octets {
                    Some(octets) => prop_assert!(records.insert(key, octets.clone()) != Some(octets)),
                    None => prop_assert!(records.remove(&key).is_some()),
                }
            }
            prop_assert_eq!(&records, &pair.paged.pages().unwrap().collect::<BTreeMap<_, _>>());
        }
        let loaded = RatchetTree::from_pages(&pair.suite, records).unwrap();
        prop_assert_eq!(loaded.tree_hash(), pair.paged.tree_hash());
        pair.paged = loaded;
        pair.compare();
    }
}
