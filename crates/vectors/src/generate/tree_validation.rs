//! `tree-validation`: trees with blanks and unmerged leaves in several places.

use copath_crypto::Suite;
use copath_tree_math::NodeIndex;

use super::array_tree::ArrayTree;
use super::grove::Grove;
use crate::Mismatch;
use crate::kinds::tree_validation::Case;

/// One leaf that committed an empty path; three; a blank inside; unmerged leaves that are listed at several heights below one another; and leaves
/// that were added to the sibling's subtree after the path.
pub(super) fn cases(suite: &Suite) -> Result<Vec<Case>, Mismatch> {
    let mut single = Grove::new(suite)?;
    single.commit(0)?;

    let mut blank = Grove::grown(suite, 6)?;
    blank.remove(1)?;
    blank.commit(4)?;

    let mut unmerged = Grove::grown(suite, 6)?;
    unmerged.commit(0)?;
    unmerged.commit(5)?;
    unmerged.add()?;
    unmerged.add()?;

    let mut refilled = Grove::grown(suite, 5)?;
    refilled.remove(2)?;
    refilled.commit(4)?;
    refilled.add()?;
    [single, Grove::grown(suite, 3)?, blank, unmerged, refilled].iter().map(case).collect()
}

fn case(grove: &Grove) -> Result<Case, Mismatch> {
    let octets = grove.tree.encode()?;
    let array = ArrayTree::decode(&octets)?;
    let resolution = |node| array.resolution(node).into_iter().map(NodeIndex::as_u32).collect();
    let hash = |node| Ok((&array.tree_hash(&grove.suite, node)?).into());
    Ok(Case {
        cipher_suite: grove.suite.cipher_suite().0,
        tree: octets.clone().into(),
        group_id: grove.group_id.to_vec().into(),
        resolutions: array.all().map(resolution).collect(),
        tree_hashes: array.all().map(hash).collect::<Result<_, Mismatch>>()?,
    })
}
