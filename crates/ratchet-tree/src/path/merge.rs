//! Putting a path into the tree, the same way for who makes it and who receives it.
//!
//! RFC 9420 §7.5 and §7.9.

use alloc::vec::Vec;

use copath_codec::LengthHeader;
use copath_crypto::{HashOutput, Suite};
use copath_tree_math::{DirectPathStep, LeafIndex};

use crate::node::encode_parent;
use crate::{RatchetTree, TreeEdit, TreeError};

/// The parent hashes of a path, each over the key of the next node above.
pub(super) struct ParentHashes {
    /// One a node of the filtered direct path, lowest first; that of the last is empty.
    pub(super) nodes: Vec<HashOutput>,
    /// That of the leaf; empty if the path is.
    pub(super) leaf: HashOutput,
}

/// The parent hashes of a path with these keys, from the top down.
///
/// The nodes of a new path have no unmerged leaves, so the original tree hash of a sibling is the kept one.
pub(super) fn parent_hashes(
    tree: &RatchetTree,
    suite: &Suite,
    steps: &[DirectPathStep],
    keys: &[&[u8]],
) -> Result<ParentHashes, TreeError> {
    let mut above = HashOutput::EMPTY;
    let mut nodes = Vec::with_capacity(steps.len());
    for (step, key) in steps.iter().zip(keys).rev() {
        nodes.push(above);
        let sibling = tree.node_hash(step.copath).ok_or(TreeError::Inconsistent)?;
        above = parent_hash(suite, key, above.as_slice(), sibling.as_slice())?;
    }
    nodes.reverse();
    Ok(ParentHashes { nodes, leaf: above })
}

/// Hash of a ParentHashInput (RFC 9420 §7.9).
pub(crate) fn parent_hash(
    suite: &Suite,
    encryption_key: &[u8],
    parent_hash: &[u8],
    original_sibling_tree_hash: &[u8],
) -> Result<HashOutput, TreeError> {
    let header = |octets: &[u8]| LengthHeader::of(octets.len()).ok_or(TreeError::TooLarge);
    let (key, above, sibling) =
        (header(encryption_key)?, header(parent_hash)?, header(original_sibling_tree_hash)?);
    // The encoding in parts: nothing is copied together for the hash.
    Ok(suite.hash(&[
        key.as_bytes(),
        encryption_key,
        above.as_bytes(),
        parent_hash,
        sibling.as_bytes(),
        original_sibling_tree_hash,
    ]))
}

/// The tree after the proposals, grown if the committer's leaf is new, without the committer's old path.
pub(super) fn prepare(
    tree: &RatchetTree,
    suite: &Suite,
    committer: LeafIndex,
) -> Result<TreeEdit, TreeError> {
    let mut edit = tree.edit(suite);
    edit.grow_to(committer)?;
    if !edit.tree().size().contains_leaf(committer) {
        return Err(TreeError::NoSuchLeaf { leaf: committer.as_u32() });
    }
    Ok(edit)
}

/// Replaces the committer's leaf and direct path.
pub(super) fn merge(
    mut edit: TreeEdit,
    (committer, leaf): (LeafIndex, &[u8]),
    steps: &[DirectPathStep],
    keys: &[&[u8]],
    hashes: &ParentHashes,
) -> Result<RatchetTree, TreeError> {
    edit.put_leaf(committer, leaf)?;
    edit.blank_direct_path_except(committer, steps)?;
    for ((step, key), parent_hash) in steps.iter().zip(keys).zip(&hashes.nodes) {
        let parent = encode_parent(key, parent_hash.as_slice(), core::iter::empty())?;
        edit.put_parent(step.node, &parent)?;
    }
    edit.finish()
}
