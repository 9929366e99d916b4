//! The ratchet tree as SVG: root at the left, one leaf a line.

mod geometry;
mod markup;

use copath::tree_math::NodeIndex;
use copath_ratchet_tree::RatchetTree;

use self::geometry::{Geometry, Place, text_width};
use self::markup::{Markup, Style};
use super::fold::{self, Fold};
use super::name;

/// Space around everything.
const MARGIN: u32 = 16;
/// Where the first row begins: title and legend are above.
const HEAD: u32 = 84;
/// Height of a row.
const ROW: u32 = 26;
/// From one level to the next.
const LEVEL: u32 = 92;
/// From a child back to the vertical line that joins it with its sibling.
const ELBOW: u32 = 14;
/// Height of a node's box.
const BOX: u32 = 18;
/// Octets of a tree hash that are shown.
const HASH_OCTETS: usize = 4;

/// The drawing.
pub(crate) fn draw(tree: &RatchetTree, fold: &Fold) -> String {
    let geometry = Geometry::new(tree, fold);
    let name_width = geometry.leaves().map(|leaf| text_width(&leaf_name(tree, leaf))).max().unwrap_or(0);
    let mut drawing = Drawing {
        tree,
        geometry,
        markup: Markup::default(),
        name_width,
        right: 0,
        folds: fold.is_something(),
    };
    drawing.title();
    drawing.edges();
    drawing.nodes(fold);
    let (width, height) = (drawing.right.saturating_add(MARGIN), drawing.geometry.height());
    drawing.markup.document(width, height, &heading(tree))
}

struct Drawing<'a> {
    tree: &'a RatchetTree,
    geometry: Geometry,
    markup: Markup,
    /// Of the longest name.
    name_width: u32,
    /// How far right anything reaches.
    right: u32,
    /// Whether anything is folded.
    folds: bool,
}

impl Drawing<'_> {
    fn title(&mut self) {
        self.text(MARGIN, 28, Style::Title, &heading(self.tree));
        let hash = self.tree.tree_hash();
        let hash = hex::encode(hash.as_slice());
        self.text(MARGIN, 46, Style::Note, &format!("tree hash {hash}"));
        let mut x = MARGIN;
        for (class, label) in [
            ("leaf", "filled leaf"),
            ("parent", "filled parent"),
            ("unmerged", "with unmerged leaves"),
            ("blank", "blank"),
        ] {
            self.markup.rect(class, (x, 56), (22, 12));
            self.text(x.saturating_add(28), 66, Style::Note, label);
            x = x.saturating_add(44).saturating_add(text_width(label));
        }
        if self.folds {
            self.markup.triangle((x, 55), 14);
            self.text(x.saturating_add(20), 66, Style::Note, "folded");
        }
    }

    /// Lines first, so that the boxes lie on them.
    fn edges(&mut self) {
        for (parent, child) in self.geometry.edges() {
            let turn = child.x.saturating_sub(ELBOW);
            self.markup.path(&format!("M{} {}H{turn}V{}H{}", parent.x, parent.y, child.y, child.x));
        }
    }

    fn nodes(&mut self, fold: &Fold) {
        for place in self.geometry.places().to_vec() {
            let node = place.node;
            if fold.is_folded(node) {
                self.folded(place);
            } else if node.is_leaf() {
                self.leaf(place);
            } else {
                self.parent(place);
            }
        }
    }

    fn folded(&mut self, place: Place) {
        self.markup.open("folded", place.node.as_u32(), &format!("folded subtree {}", place.node.as_u32()));
        let top = place.y.saturating_sub(BOX / 2);
        self.markup.triangle((place.x, top), BOX);
        let label = fold::summary(self.tree, place.node);
        self.text(place.x.saturating_add(BOX + 6), place.y.saturating_add(4), Style::Name, &label);
        self.markup.close();
    }

    fn parent(&mut self, place: Place) {
        let number = place.node.as_u32();
        let unmerged: Vec<String> = match self.tree.parent(place.node) {
            None => Vec::new(),
            Some(parent) => parent.unmerged_leaves().map(|leaf| leaf.as_u32().to_string()).collect(),
        };
        let (class, told) = match (self.tree.parent(place.node), unmerged.len()) {
            (None, _) => ("blank", "blank".into()),
            (Some(_), 0) => ("parent", "filled".into()),
            (Some(_), _) => ("unmerged", format!("unmerged leaves {}", listed(&unmerged))),
        };
        let hash = self.hash(place.node);
        self.markup.open(class, number, &format!("node {number}, {told}, tree hash {hash}…"));
        self.labelled_box(place, class);
        self.text(place.x, place.y.saturating_add(20), Style::Hash, &hash);
        if !unmerged.is_empty() {
            let count = format!("{} unmerged", unmerged.len());
            self.text(place.x, place.y.saturating_sub(12), Style::Warning, &count);
        }
        self.markup.close();
    }

    fn leaf(&mut self, place: Place) {
        let number = place.node.as_u32();
        let Some(leaf) = place.node.leaf() else { return };
        let filled = self.tree.leaf(leaf);
        let class = if filled.is_some() { "leaf" } else { "blank" };
        let name = leaf_name(self.tree, place.node);
        let full = match filled.map(|leaf| leaf.credential()) {
            Some(copath::Credential::Basic { identity }) => name::readable(&identity),
            Some(_) => name.clone(),
            None => "blank".into(),
        };
        self.markup.open(class, number, &format!("leaf {}, node {number}, {full}", leaf.as_u32()));
        let right = self.labelled_box(place, class);
        let base = place.y.saturating_add(4);
        let x = right.saturating_add(8);
        self.text(x, base, Style::Note, &format!("leaf {}", leaf.as_u32()));
        let x =
            x.saturating_add(text_width(&format!("leaf {}", self.geometry.last_leaf()))).saturating_add(10);
        self.text(x, base, Style::Name, &name);
        let x = x.saturating_add(self.name_width).saturating_add(12);
        let hash = self.hash(place.node);
        self.text(x, base, Style::Hash, &hash);
        let at = self.geometry.unmerged_at(self.tree, leaf);
        if !at.is_empty() {
            let x = x.saturating_add(text_width(&hash)).saturating_add(12);
            self.text(x, base, Style::Warning, &format!("unmerged at {}", listed(&at)));
        }
        self.markup.close();
    }

    /// The box of a node with its number; returns its right edge.
    fn labelled_box(&mut self, place: Place, class: &str) -> u32 {
        let number = place.node.as_u32().to_string();
        let width = self.geometry.box_width();
        let top = place.y.saturating_sub(BOX / 2);
        self.markup.rect(class, (place.x, top), (width, BOX));
        let style = if class == "blank" { Style::NumberOnBlank } else { Style::Number };
        let middle = place.x.saturating_add(width / 2);
        self.markup.text((middle, place.y.saturating_add(4)), style, &number);
        place.x.saturating_add(width)
    }

    fn text(&mut self, x: u32, y: u32, style: Style, text: &str) {
        self.right = self.right.max(x.saturating_add(text_width(text)));
        self.markup.text((x, y), style, text);
    }

    fn hash(&self, node: NodeIndex) -> String {
        let hash = self.tree.node_hash(node);
        hash.map(|hash| hex::encode(hash.as_slice().get(..HASH_OCTETS).unwrap_or_default()))
            .unwrap_or_default()
    }
}

fn heading(tree: &RatchetTree) -> String {
    let (members, leaves) = (tree.member_count(), tree.size().leaf_count());
    let plural = if members == 1 { "" } else { "s" };
    format!("Ratchet tree: {members} member{plural}, {leaves} leaves")
}

fn leaf_name(tree: &RatchetTree, node: NodeIndex) -> String {
    let leaf = node.leaf().and_then(|leaf| tree.leaf(leaf));
    leaf.map(|leaf| name::of(&leaf.credential())).unwrap_or_default()
}

/// Numbers, shortened if they are many.
fn listed(numbers: &[String]) -> String {
    const MOST: usize = 8;
    match numbers.get(..MOST) {
        Some(first) if numbers.len() > MOST => {
            format!("{} and {} more", first.join(", "), numbers.len().saturating_sub(MOST))
        }
        _ => numbers.join(", "),
    }
}
