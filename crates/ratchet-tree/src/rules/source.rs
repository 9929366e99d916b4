//! Where a leaf comes from.
//!
//! RFC 9420 §7.3.

use copath_messages::{LeafNode, LeafNodeSourceType};
use copath_rules::{Violation, rule};

use crate::Leaf;

/// By which way a leaf comes into a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeafEntry {
    /// In a KeyPackage.
    KeyPackage,
    /// In an Update proposal.
    Update,
    /// In the path of a Commit.
    Path,
    /// In the tree that a joiner gets.
    Tree,
}

/// Checks that the source of a leaf fits how it comes in, and that an Update replaces the encryption key.
///
/// RFC 9420 §7.3. `replaced` is the leaf that an Update replaces.
///
/// # Errors
/// Rules 7.3-13, 7.3-14, 7.3-15, 7.3-16; in a tree any source is fine (rule 7.3-17).
pub fn check_source(leaf: &LeafNode, entry: LeafEntry, replaced: Option<&Leaf<'_>>) -> Result<(), Violation> {
    let source = leaf.leaf_node_source.source_type();
    match (entry, source) {
        (LeafEntry::KeyPackage, LeafNodeSourceType::KeyPackage)
        | (LeafEntry::Path, LeafNodeSourceType::Commit)
        | (LeafEntry::Tree, _) => Ok(()),
        (LeafEntry::Update, LeafNodeSourceType::Update) => {
            match replaced.filter(|old| old.encryption_key() == leaf.encryption_key.as_slice()) {
                None => Ok(()),
                Some(_) => Err(rule!("7.3-15").into()),
            }
        }
        (LeafEntry::KeyPackage, _) => Err(rule!("7.3-13").into()),
        (LeafEntry::Update, _) => Err(rule!("7.3-14").into()),
        (LeafEntry::Path, _) => Err(rule!("7.3-16").into()),
    }
}
