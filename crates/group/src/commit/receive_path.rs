//! What a receiver checks of a path beside its secrets.
//!
//! RFC 9420 §7.3, §12.2 and §12.4.2.

use copath_messages::UpdatePath;
use copath_ratchet_tree::{LeafEntry, LeafRules, MergedPath};
use copath_rules::{Part, Violation, rule};

use super::CheckedCommit;
use crate::GroupError;
use crate::public_state::PublicState;
use crate::rules::check_result;

/// Merges the path of a checked commit and checks the committer's new leaf on the tree that results.
pub(crate) fn merge_path<'p>(
    state: &PublicState,
    checked: &CheckedCommit,
    path: &'p UpdatePath,
) -> Result<MergedPath<'p>, GroupError> {
    let applied = &checked.applied;
    for removed in applied.removed.iter().filter_map(|leaf| state.tree().leaf(*leaf)) {
        if checked.is_external() && removed.encryption_key() == path.leaf_node.encryption_key.as_slice() {
            return Err(Violation::new(rule!("12.2-20")).at(Part::UpdatePath).into());
        }
    }
    let merged =
        applied.tree.apply_path(state.suite(), checked.committer_leaf, path, &applied.new_leaves())?;
    check_result(state, &checked.list, applied, merged.tree())?;
    let rules = LeafRules::new(state.suite(), &applied.extensions)?;
    rules.check(merged.tree(), checked.committer_leaf, LeafEntry::Path)?;
    if let Some(leaf) = merged.tree().leaf(checked.committer_leaf) {
        leaf.verify_signature(state.suite(), &state.context().group_id)?;
    }
    Ok(merged)
}
