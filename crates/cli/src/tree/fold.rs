//! Which subtrees of a large tree are drawn as one line.

use std::collections::{HashSet, VecDeque};

use copath::tree_math::{LeafIndex, NodeIndex, TreeSize};
use copath_ratchet_tree::RatchetTree;

/// The subtrees that a drawing shows as one line each, by their roots.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fold {
    folded: HashSet<NodeIndex>,
}

/// What all nodes of a subtree have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Texture {
    /// A filled leaf.
    Leaf,
    /// Leaves and parents are filled, and all leaves merged.
    Full,
    /// Leaves are filled, parents blank.
    ParentsBlank,
    /// All is blank.
    Blank,
    /// None of these.
    Mixed,
}

impl Fold {
    /// Everything is drawn.
    pub(crate) fn nothing() -> Self {
        Self::default()
    }

    /// The paths of these leaves are drawn; what is beside them is folded.
    pub(crate) fn around(leaves: &[LeafIndex], size: TreeSize) -> Self {
        let beside = leaves.iter().flat_map(|leaf| {
            let path = std::iter::once(leaf.node()).chain(leaf.direct_path(size).map(|step| step.node));
            path.filter_map(move |node| node.sibling(size))
        });
        let has_none = |node: &NodeIndex| !leaves.iter().any(|leaf| node.is_ancestor_or_self(leaf.node()));
        Self { folded: beside.filter(|node| !node.is_leaf()).filter(has_none).collect() }
    }

    /// At most `rows` lines: everything if that is enough, else uniform subtrees are folded, and what is too deep.
    pub(crate) fn to_rows(tree: &RatchetTree, rows: usize) -> Self {
        let size = tree.size();
        if usize::try_from(size.leaf_count()).is_ok_and(|leaves| leaves <= rows) {
            return Self::nothing();
        }
        let textures = textures(tree);
        let mixed = |node: NodeIndex| textures.get(node.as_usize()) == Some(&Texture::Mixed);
        let mut folded = HashSet::new();
        let mut drawn = 1usize;
        let mut waiting = VecDeque::from([size.root()]);
        while let Some(node) = waiting.pop_front() {
            let (Some(left), Some(right)) = (node.left(), node.right()) else { continue };
            if drawn < rows && mixed(node) {
                drawn = drawn.saturating_add(1);
                waiting.extend([left, right]);
            } else {
                folded.insert(node);
            }
        }
        Self { folded }
    }

    /// Whether the subtree at `node` is one line.
    pub(crate) fn is_folded(&self, node: NodeIndex) -> bool {
        self.folded.contains(&node)
    }

    /// Whether anything is folded.
    pub(crate) fn is_something(&self) -> bool {
        !self.folded.is_empty()
    }
}

/// What a folded subtree holds, in words.
pub(crate) fn summary(tree: &RatchetTree, node: NodeIndex) -> String {
    let (first, last) = (node.first_leaf().as_u32(), node.last_leaf().as_u32());
    let inside = match (tree.member_count_below(node), texture(tree, node)) {
        (0, _) => "blank".into(),
        (1, _) => "1 member".into(),
        (members, Texture::Full) => format!("{members} members, all nodes filled"),
        (members, Texture::ParentsBlank) => format!("{members} members, parents blank"),
        (members, _) => format!("{members} members"),
    };
    format!("leaves {first} to {last}: {inside}")
}

/// The texture of each node's subtree, by node index.
fn textures(tree: &RatchetTree) -> Vec<Texture> {
    let count = usize::try_from(tree.size().node_count()).unwrap_or(0);
    let mut textures = vec![Texture::Blank; count];
    note(tree, tree.size().root(), &mut textures);
    textures
}

fn note(tree: &RatchetTree, node: NodeIndex, textures: &mut [Texture]) -> Texture {
    let found = match (node.left(), node.right()) {
        (Some(left), Some(right)) => {
            let below = (note(tree, left, textures), note(tree, right, textures));
            combined(tree, node, below)
        }
        _ => of_leaf(tree, node),
    };
    if let Some(place) = textures.get_mut(node.as_usize()) {
        *place = found;
    }
    found
}

fn texture(tree: &RatchetTree, node: NodeIndex) -> Texture {
    match (node.left(), node.right()) {
        (Some(left), Some(right)) => combined(tree, node, (texture(tree, left), texture(tree, right))),
        _ => of_leaf(tree, node),
    }
}

fn of_leaf(tree: &RatchetTree, node: NodeIndex) -> Texture {
    match node.leaf().and_then(|leaf| tree.leaf(leaf)) {
        Some(_) => Texture::Leaf,
        None => Texture::Blank,
    }
}

fn combined(tree: &RatchetTree, node: NodeIndex, below: (Texture, Texture)) -> Texture {
    let merged = tree.parent(node).map(|parent| parent.unmerged_leaves().next().is_none());
    match (below, merged) {
        ((Texture::Leaf, Texture::Leaf) | (Texture::Full, Texture::Full), Some(true)) => Texture::Full,
        ((Texture::Leaf, Texture::Leaf) | (Texture::ParentsBlank, Texture::ParentsBlank), None) => {
            Texture::ParentsBlank
        }
        ((Texture::Blank, Texture::Blank), None) => Texture::Blank,
        _ => Texture::Mixed,
    }
}
