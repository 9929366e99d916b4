//! `tree-math`: relations between node indices.

use copath_tree_math::{LeafIndex, NodeIndex, TreeSize};
use serde::{Deserialize, Serialize};

use crate::mismatch::{At, equal, require};
use crate::{Error, Mismatch, Outcome};

/// All relations in one tree.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) n_leaves: u32,
    pub(crate) n_nodes: u32,
    pub(crate) root: u32,
    pub(crate) left: Vec<Option<u32>>,
    pub(crate) right: Vec<Option<u32>>,
    pub(crate) parent: Vec<Option<u32>>,
    pub(crate) sibling: Vec<Option<u32>>,
}

/// Runs a file.
pub(crate) fn run(json: &str) -> Result<Outcome, Error> {
    let cases: Vec<Case> = serde_json::from_str(json)?;
    Ok(Outcome::of_cases(&cases, run_case))
}

fn run_case(case: &Case) -> Result<(), Mismatch> {
    let last = case.n_leaves.checked_sub(1).and_then(LeafIndex::new);
    let size = TreeSize::holding(last.ok_or_else(|| Mismatch::new("no such number of leaves"))?);
    equal("n_leaves", size.leaf_count(), case.n_leaves)?;
    equal("n_nodes", size.node_count(), case.n_nodes)?;
    equal("root", size.root().as_u32(), case.root)?;
    relation("left", size, &case.left, NodeIndex::left)?;
    relation("right", size, &case.right, NodeIndex::right)?;
    relation("parent", size, &case.parent, |node| node.parent(size))?;
    relation("sibling", size, &case.sibling, |node| node.sibling(size))
}

fn relation(
    name: &str,
    size: TreeSize,
    expected: &[Option<u32>],
    of: impl Fn(NodeIndex) -> Option<NodeIndex>,
) -> Result<(), Mismatch> {
    let nodes = 0..size.node_count();
    require("one entry for each node", nodes.len() == expected.len()).at(name)?;
    for (node, expected) in nodes.zip(expected) {
        equal(name, of(NodeIndex::new(node)).map(NodeIndex::as_u32), *expected).at(format!("node {node}"))?;
    }
    Ok(())
}
