//! Ratchet trees as the vectors have them.

use copath_codec::DecodeContext;
use copath_credentials::Timestamp;
use copath_crypto::Suite;
use copath_messages::{Extensions, LeafNodeSource};
use copath_ratchet_tree::{LifetimePolicy, OldLeaves, RatchetTree, TreeError, TreeLimits, ValidationContext};
use copath_rules::rule;
use copath_tree_math::LeafIndex;

use crate::Mismatch;
use crate::mismatch::{At, same};

/// A leaf index of the vector.
pub(crate) fn leaf_index(index: u32) -> Result<LeafIndex, Mismatch> {
    LeafIndex::new(index).ok_or_else(|| Mismatch::new(format!("no such leaf: {index}")))
}

/// Reads a tree; encoding gives the same octets again.
pub(crate) fn decode_tree(suite: &Suite, octets: &[u8]) -> Result<RatchetTree, Mismatch> {
    let tree = RatchetTree::decode(suite, octets, DecodeContext::rfc9420(), &TreeLimits::default())?;
    same("tree, encoded again", &tree.encode()?, octets)?;
    Ok(tree)
}

/// Validates a tree as who joins does, at a time at which no lifetime in it is over.
///
/// The vectors' lifetimes are endless or ended long ago, so the clock is set to the latest `not_before` in the tree and
/// any length is accepted; a leaf that isn't valid even then is refused.
pub(crate) fn validate(suite: &Suite, tree: &RatchetTree, group_id: &[u8]) -> Result<(), TreeError> {
    let mut lifetimes = LifetimePolicy::default().without_max_total();
    lifetimes.old_leaves = OldLeaves::Refused;
    let extensions = Extensions::new();
    let now = latest_not_before(tree)?;
    let context = ValidationContext { group_id, extensions: &extensions, lifetimes: &lifetimes, now };
    tree.validate(suite, &context)
}

/// Validates a tree whose leaves may fail to list the suite; all rules on trees are checked before those on leaves.
///
/// The leaves of the working group's treekem file list suites 1 to 6 in the cases of suite 7, too.
pub(crate) fn validate_unless_unlisted(
    suite: &Suite,
    tree: &RatchetTree,
    group_id: &[u8],
) -> Result<(), Mismatch> {
    match validate(suite, tree, group_id) {
        Err(TreeError::Rejected(violation))
            if violation.rule() == rule!("7.3-06") && suite.cipher_suite().0 == 7 =>
        {
            Ok(())
        }
        other => other.at("validation"),
    }
}

fn latest_not_before(tree: &RatchetTree) -> Result<Timestamp, TreeError> {
    let mut latest = 0;
    for leaf in tree.members() {
        if let LeafNodeSource::KeyPackage(lifetime) = leaf.to_leaf_node()?.leaf_node_source {
            latest = latest.max(lifetime.not_before);
        }
    }
    Ok(Timestamp(latest))
}
