//! Ratchet trees.

use copath::messages::{Node, ParentNode};
use copath::tree_math::{LeafIndex, NodeIndex};
use copath_codec::{Decode, Reader};
use copath_ratchet_tree::RatchetTree;

use super::{Describer, Done};
use crate::inspect::known::{NoTree, Tree};
use crate::inspect::scalar::{Scalar, Tally, Verdict};
use crate::tree::drawing;
use crate::tree::fold::Fold;

const UNREADABLE: Verdict = Verdict::NotCheckable("the nodes don't form a tree");

/// A bare tree of `count` nodes.
pub(in crate::inspect) fn ratchet_tree(d: &mut Describer<'_>, octets: &[u8], count: usize) -> Done {
    let tree = d.known.tree(octets);
    d.structure("ratchet_tree", "ratchet_tree", |d| nodes(d, octets, count, &tree))
}

/// The nodes of a tree, one by one, and what they come to together.
pub(super) fn nodes(d: &mut Describer<'_>, octets: &[u8], count: usize, tree: &Tree) -> Done {
    let context = d.known.context.clone();
    let mut reader = Reader::new(octets, &context);
    let content = reader.opaque().unwrap_or_default();
    let mut reader = Reader::new(content, &context);
    let mut index = NodeIndex::new(0);
    d.elements("nodes", (count, content.len()), |d| {
        // Counting has read them all before.
        let node = Option::<Node>::decode(&mut reader).unwrap_or_default();
        one(d, index, node.as_ref(), tree)?;
        index = NodeIndex::new(index.as_u32().saturating_add(1));
        Ok(())
    })?;
    d.derived(|d| together(d, tree))
}

fn one(d: &mut Describer<'_>, index: NodeIndex, node: Option<&Node>, tree: &Tree) -> Done {
    let Some(node) = node else {
        d.note("", &Scalar::Blank)?;
        d.pass(1);
        return Ok(());
    };
    d.pass(1);
    d.structure("", "Node", |d| {
        match node {
            Node::Leaf(leaf) => {
                d.selector("node_type", "leaf")?;
                d.structure("leaf_node", "LeafNode", |d| super::leaf::fields(d, leaf))?;
            }
            Node::Parent(parent) => {
                d.selector("node_type", "parent")?;
                parent_node(d, parent)?;
            }
        }
        d.derived(|d| match tree {
            Err(_) => d.verdict("tree_hash", UNREADABLE),
            Ok(tree) => {
                if let Some(hash) = tree.node_hash(index) {
                    d.note("tree_hash", &Scalar::Octets(hash.as_slice()))?;
                }
                match index.leaf() {
                    Some(leaf) => d.verdict("signature", leaf_signature(d, tree, leaf)),
                    None => d.verdict("parent_hash", parent_hash(d, tree, index)),
                }
            }
        })
    })
}

fn parent_node(d: &mut Describer<'_>, parent: &ParentNode) -> Done {
    d.structure("parent_node", "ParentNode", |d| {
        d.octets("encryption_key", &parent.encryption_key)?;
        d.octets("parent_hash", &parent.parent_hash)?;
        d.inline("unmerged_leaves", &parent.unmerged_leaves, |leaf| Scalar::Number((*leaf).into()))
    })
}

fn leaf_signature(d: &Describer<'_>, tree: &RatchetTree, index: LeafIndex) -> Verdict {
    let Some(leaf) = tree.leaf(index) else { return UNREADABLE };
    // Octet 0 of what follows the capabilities would tell, but a decoded leaf is handier.
    let placed = !matches!(
        leaf.to_leaf_node().map(|leaf| leaf.leaf_node_source),
        Ok(copath::messages::LeafNodeSource::KeyPackage(_))
    );
    match &d.known.group_id {
        None if placed => {
            Verdict::NotCheckable("the group id, which is signed along, isn't here (--group-id says it)")
        }
        group_id => {
            let group_id = group_id.as_ref().map(|id| id.as_slice()).unwrap_or_default();
            d.known.verdict(|suite| leaf.verify_signature(suite, group_id))
        }
    }
}

fn parent_hash(d: &Describer<'_>, tree: &RatchetTree, node: NodeIndex) -> Verdict {
    d.known.verdict(|suite| tree.verify_parent_hash(suite, node))
}

/// Size, hash, how many verdicts of each kind, and a drawing.
fn together(d: &mut Describer<'_>, tree: &Tree) -> Done {
    if let Some(suite) = d.known.suite_note() {
        d.note("cipher_suite", &suite)?;
    }
    let tree = match tree {
        Ok(tree) => tree,
        Err(NoTree::Rejected(violation)) => {
            d.verdict("structure", Verdict::Invalid(violation.rule()))?;
            return d.note("at_fault", &Scalar::Text(violation.to_string()));
        }
        Err(error) => return d.note("structure", &Scalar::Text(format!("not checkable because {error}"))),
    };
    let size = tree.size();
    d.verdict("structure", Verdict::Valid)?;
    d.note("leaves", &Scalar::Number(size.leaf_count().into()))?;
    d.note("members", &Scalar::Number(tree.member_count().into()))?;
    d.note("tree_hash", &Scalar::Octets(tree.tree_hash().as_slice()))?;
    let leaves = (0..size.leaf_count()).filter_map(LeafIndex::new).filter(|leaf| tree.leaf(*leaf).is_some());
    let signatures = Tally::of(leaves.map(|leaf| (leaf.as_u32(), leaf_signature(d, tree, leaf))));
    d.note("signatures", &Scalar::Tally(&signatures))?;
    let parents = (0..size.node_count()).map(NodeIndex::new).filter(|node| tree.parent(*node).is_some());
    let hashes = Tally::of(parents.map(|node| (node.as_u32(), parent_hash(d, tree, node))));
    d.note("parent_hashes", &Scalar::Tally(&hashes))?;
    let rows = d.known.rows;
    d.drawing(&|| drawing::draw(tree, &Fold::to_rows(tree, rows)))
}
