//! The ratchet tree in the terminal: root at the left, one leaf a line.

use std::collections::BTreeMap;

use copath::Group;
use copath::tree_math::{LeafIndex, NodeIndex};

use super::story::name_of;

const FILLED: &str = "●";
const UNMERGED: &str = "◐";
const BLANK: &str = "○";
const FOLDED: &str = "▲";

/// How much is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Detail<'a> {
    /// Every node.
    Everything,
    /// The paths of these leaves; what is beside them is folded.
    Around(&'a [LeafIndex]),
}

/// The lines of the drawing, a legend below.
pub(crate) fn draw(group: &Group, detail: Detail<'_>) -> Vec<String> {
    let tree = group.engine().tree();
    let width = tree.size().node_count().to_string().len();
    let (lines, unmerged) = (Vec::new(), BTreeMap::new());
    let mut drawing = Drawing { group, detail, lines, unmerged, folded: false, width };
    drawing.node(tree.size().root(), &Indent::default());
    drawing.note_unmerged();
    let mut legend = vec![format!("{FILLED} filled"), format!("{BLANK} blank")];
    if !drawing.unmerged.is_empty() {
        legend.push(format!("{UNMERGED} filled, with unmerged leaves"));
    }
    if drawing.folded {
        legend.push(format!("{FOLDED} folded"));
    }
    let mut lines: Vec<String> = drawing.lines.into_iter().map(|line| line.text).collect();
    lines.push(legend.join("   "));
    lines
}

struct Drawing<'a> {
    group: &'a Group,
    detail: Detail<'a>,
    lines: Vec<Line>,
    /// The parents that each leaf is unmerged at.
    unmerged: BTreeMap<LeafIndex, Vec<NodeIndex>>,
    folded: bool,
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
        if self.is_folded(node) {
            return self.fold(node, indent);
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
        let group = self.group;
        let Some(parent) = group.engine().tree().parent(node) else { return BLANK };
        let mut mark = FILLED;
        for leaf in parent.unmerged_leaves() {
            self.unmerged.entry(leaf).or_default().push(node);
            mark = UNMERGED;
        }
        mark
    }

    fn leaf(&mut self, node: NodeIndex, indent: &Indent) {
        let leaf = node.leaf();
        let member = leaf.and_then(|leaf| self.group.engine().tree().leaf(leaf));
        let label = match &member {
            Some(member) => format!("{FILLED} {}", name_of(&member.credential())),
            None => BLANK.into(),
        };
        self.lines.push(Line { leaf, text: format!("{}{label}", indent.first) });
    }

    /// Whether nobody of interest is below `node`.
    fn is_folded(&self, node: NodeIndex) -> bool {
        match self.detail {
            Detail::Everything => false,
            Detail::Around(leaves) => !leaves.iter().any(|leaf| node.is_ancestor_or_self(leaf.node())),
        }
    }

    fn fold(&mut self, node: NodeIndex, indent: &Indent) {
        self.folded = true;
        let (first, last) = (node.first_leaf().as_u32(), node.last_leaf().as_u32());
        let members = self.group.engine().tree().member_count_below(node);
        let inside = match members {
            0 => "blank".into(),
            1 => "1 member".into(),
            _ => format!("{members} members"),
        };
        let label = format!("{FOLDED} leaves {first} to {last}: {inside}");
        self.lines.push(Line { leaf: None, text: format!("{}{label}", indent.first) });
    }

    fn note_unmerged(&mut self) {
        for line in &mut self.lines {
            let Some(nodes) = line.leaf.and_then(|leaf| self.unmerged.get(&leaf)) else { continue };
            let nodes: Vec<String> = nodes.iter().map(|node| node.as_u32().to_string()).collect();
            line.text.push_str(&format!("  (unmerged at {})", nodes.join(", ")));
        }
    }
}
