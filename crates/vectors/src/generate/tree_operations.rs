//! `tree-operations`: proposals that fill, grow, blank and shrink the tree.

use copath_codec::Encode;
use copath_crypto::Suite;
use copath_messages::{Add, Proposal, Remove, Update};

use super::array_tree::ArrayTree;
use super::grove::Grove;
use crate::Mismatch;
use crate::kinds::tree_operations::Case;
use crate::trees::leaf_index;

/// An Add at the edge, one into a gap, an Update, a Remove inside, and one that shrinks the tree.
pub(super) fn cases(suite: &Suite) -> Result<Vec<Case>, Mismatch> {
    let full = Grove::grown(suite, 4)?;
    let mut gap = Grove::grown(suite, 5)?;
    gap.remove(1)?;
    gap.commit(0)?;
    let add =
        |grove: &Grove| Ok::<_, Mismatch>(Proposal::Add(Add { key_package: grove.key_package()?.into() }));
    let update = Proposal::Update(Update { leaf_node: gap.updated_leaf(2)?.into() });
    Ok(vec![
        case(&full, add(&full)?, 0)?,
        case(&gap, add(&gap)?, 0)?,
        case(&gap, update, 2)?,
        case(&full, Proposal::Remove(Remove { removed: 2 }), 0)?,
        case(&gap, Proposal::Remove(Remove { removed: 4 }), 0)?,
    ])
}

fn case(grove: &Grove, proposal: Proposal, proposal_sender: u32) -> Result<Case, Mismatch> {
    let tree_before = grove.tree.encode()?;
    let mut array = ArrayTree::decode(&tree_before)?;
    let tree_hash_before = array.root_hash(&grove.suite)?;
    let encoded = proposal.to_bytes()?;
    match proposal {
        Proposal::Add(add) => array.add(add.key_package.leaf_node)?,
        Proposal::Update(update) => array.update(leaf_index(proposal_sender)?, *update.leaf_node),
        Proposal::Remove(remove) => array.remove(leaf_index(remove.removed)?)?,
        _ => return Err(Mismatch::new("a proposal that changes no leaf")),
    }
    Ok(Case {
        cipher_suite: grove.suite.cipher_suite().0,
        tree_before: tree_before.into(),
        proposal: encoded.into(),
        proposal_sender,
        tree_hash_before: (&tree_hash_before).into(),
        tree_after: array.encode()?.into(),
        tree_hash_after: (&array.root_hash(&grove.suite)?).into(),
    })
}
