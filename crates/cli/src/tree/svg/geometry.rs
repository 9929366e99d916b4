//! Where everything stands.

use std::collections::HashMap;

use copath::tree_math::{LeafIndex, NodeIndex};
use copath_ratchet_tree::RatchetTree;

use super::{HEAD, LEVEL, MARGIN, ROW};
use crate::tree::fold::Fold;

/// A drawn node: its left edge and its middle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) node: NodeIndex,
    pub(super) x: u32,
    pub(super) y: u32,
}

/// All drawn nodes.
#[derive(Debug)]
pub(super) struct Geometry {
    places: Vec<Place>,
    index: HashMap<NodeIndex, usize>,
    edges: Vec<(Place, Place)>,
    rows: u32,
    last_leaf: u32,
}

impl Geometry {
    pub(super) fn new(tree: &RatchetTree, fold: &Fold) -> Self {
        let size = tree.size();
        let mut geometry = Self {
            places: Vec::new(),
            index: HashMap::new(),
            edges: Vec::new(),
            rows: 0,
            last_leaf: size.leaf_count().saturating_sub(1),
        };
        geometry.place(size.root(), 0, fold);
        geometry
    }

    /// Places a subtree, children first, so that a parent stands between them.
    fn place(&mut self, node: NodeIndex, level: u32, fold: &Fold) -> Place {
        let x = MARGIN.saturating_add(level.saturating_mul(LEVEL));
        let children = if fold.is_folded(node) { None } else { node.left().zip(node.right()) };
        let place = match children {
            None => {
                let y = HEAD.saturating_add(self.rows.saturating_mul(ROW)).saturating_add(ROW / 2);
                self.rows = self.rows.saturating_add(1);
                Place { node, x, y }
            }
            Some((left, right)) => {
                let below = [left, right].map(|child| self.place(child, level.saturating_add(1), fold));
                let y = below.iter().map(|child| child.y / 2).sum();
                let place = Place { node, x, y };
                self.edges.extend(below.map(|child| (place, child)));
                place
            }
        };
        self.index.insert(node, self.places.len());
        self.places.push(place);
        place
    }

    pub(super) fn places(&self) -> &[Place] {
        &self.places
    }

    pub(super) fn edges(&self) -> Vec<(Place, Place)> {
        self.edges.clone()
    }

    /// The drawn leaves.
    pub(super) fn leaves(&self) -> impl Iterator<Item = NodeIndex> + '_ {
        self.places.iter().map(|place| place.node).filter(|node| node.is_leaf())
    }

    pub(super) fn last_leaf(&self) -> u32 {
        self.last_leaf
    }

    /// The width of a box that holds any node's number.
    pub(super) fn box_width(&self) -> u32 {
        let largest = self.last_leaf.saturating_mul(2).to_string();
        text_width(&largest).saturating_add(10).max(28)
    }

    pub(super) fn height(&self) -> u32 {
        HEAD.saturating_add(self.rows.saturating_mul(ROW)).saturating_add(MARGIN)
    }

    /// The drawn parents at which a leaf is unmerged.
    pub(super) fn unmerged_at(&self, tree: &RatchetTree, leaf: LeafIndex) -> Vec<String> {
        let path = leaf.direct_path(tree.size()).map(|step| step.node);
        let drawn = path.filter(|node| self.index.contains_key(node));
        let unmerged = drawn.filter(|node| tree.parent(*node).is_some_and(|parent| parent.is_unmerged(leaf)));
        unmerged.map(|node| node.as_u32().to_string()).collect()
    }
}

/// How wide a text is at most, in a usual sans-serif of 12 pixels.
pub(super) fn text_width(text: &str) -> u32 {
    text.chars().map(|character| if character.is_ascii() { 8 } else { 14 }).fold(0, u32::saturating_add)
}
