//! Distinct keys, by the fingerprint indexes.
//!
//! RFC 9420 §7.3 and §16.7.

use copath_rules::{Part, Violation, rule};
use copath_tree_math::{LeafIndex, NodeIndex};

use crate::{Leaf, RatchetTree};

/// Rule 7.3-18.
pub(super) fn signature_key_is_unique(tree: &RatchetTree, leaf: &Leaf<'_>) -> Result<(), Violation> {
    let mut others = tree.signature_key_holders(leaf.signature_key()).filter(|other| *other != leaf.index());
    others.next().map_or(Ok(()), |other| Err(repeated_signature_key(leaf.index(), other)))
}

/// Rule 7.3-19 among leaves, 12.4.3.1-17 against parents; both are 16.7-01.
pub(super) fn leaf_encryption_key_is_unique(tree: &RatchetTree, leaf: &Leaf<'_>) -> Result<(), Violation> {
    let own = leaf.index().node();
    let mut others = tree.encryption_key_holders(leaf.encryption_key()).filter(|other| *other != own);
    others.next().map_or(Ok(()), |other| Err(repeated_encryption_key(own, other)))
}

/// The same for a whole tree, in one pass over the fingerprints.
pub(super) fn all_keys_are_unique(tree: &RatchetTree) -> Result<(), Violation> {
    for leaf in tree.keys.repeated_signature_fingerprints() {
        if let Some(leaf) = tree.leaf(leaf) {
            signature_key_is_unique(tree, &leaf)?;
        }
    }
    for node in tree.keys.repeated_encryption_fingerprints() {
        let Some(key) = tree.encryption_key(node) else { continue };
        if let Some(other) = tree.encryption_key_holders(key).find(|other| *other != node) {
            return Err(repeated_encryption_key(node, other));
        }
    }
    Ok(())
}

fn repeated_signature_key(a: LeafIndex, b: LeafIndex) -> Violation {
    Violation::new(rule!("7.3-18")).at(Part::Leaf(a.as_u32())).at(Part::Leaf(b.as_u32()))
}

fn repeated_encryption_key(a: NodeIndex, b: NodeIndex) -> Violation {
    match (a.leaf(), b.leaf()) {
        (Some(a), Some(b)) => {
            Violation::new(rule!("7.3-19")).at(Part::Leaf(a.as_u32())).at(Part::Leaf(b.as_u32()))
        }
        _ => Violation::new(rule!("12.4.3.1-17")).at(Part::Node(a.as_u32())).at(Part::Node(b.as_u32())),
    }
}
