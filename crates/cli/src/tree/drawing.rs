//! The ratchet tree in the terminal: root at the left, one leaf a line.

use std::collections::BTreeMap;

use copath::tree_math::{LeafIndex, NodeIndex};
use copath_ratchet_tree::RatchetTree;

use super::fold::{self, Fold};
use super::name;

const FILLED: &str = "●";
const UNMERGED: &str = "◐";
const BLANK: &str = "○";
const FOLDED: &str = "▲";

/// The lines of the drawing, a legend below.
pub(crate) fn draw(tree: &RatchetTree, fold: &Fold) -> Vec<String> {
    let width = tree.size().node_count().to_string().len();
    let (lines, unmerged) = (Vec::new(), BTreeMap::new());
    let mut drawing = Drawing { tree, fold, lines, unmerged, width };
    drawing.node(tree.size().root(), &Indent::default());
    drawing.note_unmerged();
    let mut legend = vec![format!("{FILLED} filled"), format!("{BLANK} blank")];
    if !drawing.unmerged.is_empty() {
        legend.push(format!("{UNMERGED} filled, with unmerged leaves"));
    }
    if fold.is_something() {
        legend.push(format!("{FOLDED} folded"));
    }
    legend.push("leaf n is node 2n".into());
    let mut lines: Vec<String> = drawing.lines.into_iter().map(|line| line.text).collect();
    lines.push(legend.join("   "));
    lines
}

struct Drawing<'a> {
    tree: &'a RatchetTree,
    fold: &'a Fold,
    lines: Vec<Line>,
    /// The drawn parents that each leaf is unmerged at.
    unmerged: BTreeMap<LeafIndex, Vec<NodeIndex>>,
    /// Digits of the largest node index.
    width: usize,
}

struct Line {
    leaf: Option<LeafIndex>,
    text: String,
}

/// What stands before a node: on its own line, and on the lines of its right half.
#[derive(Clone, Default)]
struct Indent {
    first: String,
    rest: String,
}

impl Drawing<'_> {
    /// A subtree: its root stands on the line of its leftmost leaf.
    fn node(&mut self, node: NodeIndex, indent: &Indent) {
        let (Some(left), Some(right)) = (node.left(), node.right()) else {
            return self.leaf(node, indent);
        };
        if self.fold.is_folded(node) {
            let label = format!("{FOLDED} {}", fold::summary(self.tree, node));
            return self.lines.push(Line { leaf: None, text: format!("{}{label}", indent.first) });
        }
        let label = format!("{} {:<width$} ", self.parent_mark(node), node.as_u32(), width = self.width);
        let gap = " ".repeat(label.chars().count());
        let upper = Indent {
            first: format!("{}{label}─┬─ ", indent.first),
            rest: format!("{}{gap} │  ", indent.rest),
        };
        let lower = Indent {
            first: format!("{}{gap} └─ ", indent.rest),
            rest: format!("{}{gap}    ", indent.rest),
        };
        self.node(left, &upper);
        self.node(right, &lower);
    }

    fn parent_mark(&mut self, node: NodeIndex) -> &'static str {
        let Some(parent) = self.tree.parent(node) else { return BLANK };
        let mut mark = FILLED;
        for leaf in parent.unmerged_leaves() {
            self.unmerged.entry(leaf).or_default().push(node);
            mark = UNMERGED;
        }
        mark
    }

    fn leaf(&mut self, node: NodeIndex, indent: &Indent) {
        let leaf = node.leaf();
        let (mark, name) = match leaf.and_then(|leaf| self.tree.leaf(leaf)) {
            Some(leaf) => (FILLED, format!(" {}", name::of(&leaf.credential()))),
            None => (BLANK, String::new()),
        };
        let number = node.as_u32();
        self.lines.push(Line { leaf, text: format!("{}{mark} {number}{name}", indent.first) });
    }

    fn note_unmerged(&mut self) {
        for line in &mut self.lines {
            let Some(nodes) = line.leaf.and_then(|leaf| self.unmerged.get(&leaf)) else { continue };
            let nodes: Vec<String> = nodes.iter().map(|node| node.as_u32().to_string()).collect();
            line.text.push_str(&format!("  (unmerged at {})", nodes.join(", ")));
        }
    }
}
