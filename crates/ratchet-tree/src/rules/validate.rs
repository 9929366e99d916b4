//! The tree that a joiner gets.
//!
//! RFC 9420 §12.4.3.1.

use copath_credentials::Timestamp;
use copath_crypto::Suite;
use copath_messages::{Extensions, Lifetime};
use copath_rules::{Part, Violation, rule};
use copath_tree_math::{LeafIndex, NodeIndex};

use super::parallel::check_each;
use super::parent_hash::check_parent_hash;
use super::{LeafEntry, LeafRules, LifetimePolicy, check_encryption_key, unique};
use crate::node::Source;
use crate::{Feature, Leaf, RatchetTree, TreeError};

/// What a tree is validated against.
#[derive(Clone, Copy, Debug)]
pub struct ValidationContext<'c> {
    /// The group's id, which signatures of leaves are bound to.
    pub group_id: &'c [u8],
    /// The extensions of the group context.
    pub extensions: &'c Extensions,
    /// What the application decides about lifetimes.
    pub lifetimes: &'c LifetimePolicy,
    /// What time it is.
    pub now: Timestamp,
}

impl RatchetTree {
    /// Checks a whole tree, as who joins does: every leaf, parent hashes, distinct keys.
    ///
    /// RFC 9420 §12.4.3.1. What [`RatchetTree::decode`] checked isn't repeated. Credentials are left to the
    /// application: they are in [`RatchetTree::members`]. One pass, on all cores; of several faults the same one is
    /// reported each time.
    ///
    /// # Errors
    /// The rules of [`LeafRules`], 5.1.1-01, 7.3-03, those of [`LifetimePolicy::check_joined`], 7.9.2-02 to -05, 12.4.3.1-17.
    pub fn validate(&self, suite: &Suite, context: &ValidationContext<'_>) -> Result<(), TreeError> {
        let rules = LeafRules::new(suite, context.extensions)?;
        unique::all_keys_are_unique(self)?;
        self.check_credential_support()?;
        let parents = self.size().node_count() / 2;
        check_each(parents, |number| {
            let node = NodeIndex::new(number.saturating_mul(2).saturating_add(1));
            if let Some(key) = self.encryption_key(node) {
                check_encryption_key(suite, key, Part::Node(node.as_u32()))?;
            }
            check_parent_hash(self, suite, node)
        })?;
        check_each(self.size().leaf_count(), |index| {
            match LeafIndex::new(index).and_then(|index| self.leaf(index)) {
                None => Ok(()),
                Some(leaf) => check_leaf(&leaf, suite, &rules, context),
            }
        })
    }

    /// Rules 7.3-07 and 7.3-08 for all leaves at once: every type in use is listed by all.
    fn check_credential_support(&self) -> Result<(), Violation> {
        let lacking = |feature| self.members().find(|leaf| !leaf.supports(feature));
        for (kind, _) in self.credential_types_in_use() {
            let feature = Feature::Credential(kind);
            if self.supported_by_all(feature) {
                continue;
            }
            let leaf = lacking(feature).map_or(Part::RatchetTree, |leaf| Part::Leaf(leaf.index().as_u32()));
            return Err(Violation::new(rule!("7.3-08")).at(Part::CredentialType(kind.0)).at(leaf));
        }
        Ok(())
    }
}

fn check_leaf(
    leaf: &Leaf<'_>,
    suite: &Suite,
    rules: &LeafRules,
    context: &ValidationContext<'_>,
) -> Result<(), TreeError> {
    rules.check_by_itself(leaf, LeafEntry::Tree)?;
    if let Source::KeyPackage { not_before, not_after } = leaf.view().source {
        let checked = context.lifetimes.check_joined(&Lifetime { not_before, not_after }, context.now);
        checked.map_err(|violation| violation.at(Part::Leaf(leaf.index().as_u32())))?;
    }
    check_encryption_key(suite, leaf.encryption_key(), Part::Leaf(leaf.index().as_u32()))?;
    leaf.verify_signature(suite, context.group_id)
}
