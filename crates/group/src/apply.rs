//! Applying a list of proposals.
//!
//! RFC 9420 §12.3: GroupContextExtensions, Updates, those who leave, Removes, Adds, then what doesn't touch the tree, whatever the
//! order in the list. Members and observers share this.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use copath_messages::{Extensions, PreSharedKeyId, Proposal, ReInit};
use copath_ratchet_tree::RatchetTree;
use copath_rules::{Part, Violation, rule};
use copath_tree_math::LeafIndex;

use crate::GroupError;
use crate::proposals::{ListedProposal, ProposalList};
use crate::public_state::PublicState;
use crate::registrations::Registrations;
use crate::rules::leaving;

/// The state after the proposals and before the path.
#[derive(Debug)]
pub(crate) struct Applied {
    /// The tree, with leaves added, updated and removed.
    pub(crate) tree: RatchetTree,
    /// The group context's extensions.
    pub(crate) extensions: Extensions,
    /// Whether the list replaced the extensions.
    pub(crate) extensions_changed: bool,
    /// New leaves, each with the position of its Add.
    pub(crate) added: Vec<(LeafIndex, u32)>,
    /// Leaves whose member updated, each with the position of its Update.
    pub(crate) updated: Vec<(LeafIndex, u32)>,
    /// Leaves that were removed by others.
    pub(crate) removed: Vec<LeafIndex>,
    /// Leaves whose member left by a proposal of a registered type.
    pub(crate) left: Vec<LeafIndex>,
    /// The pre-shared keys in list order.
    pub(crate) psks: Vec<PreSharedKeyId>,
    /// The KEM output of an ExternalInit.
    pub(crate) external_init: Option<Vec<u8>>,
    /// The ReInit, which stands alone.
    pub(crate) reinit: Option<ReInit>,
    /// Whether the commit has to have a path (RFC 9420 §12.4).
    pub(crate) path: PathNeed,
}

/// Whether a commit has to have a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathNeed {
    /// It has to.
    Required,
    /// It may go without: there are proposals, all of types add, psk and reinit or registered as needing none.
    Optional,
}

impl Applied {
    /// Applies `list`, whose rules have been checked, to the tree of `state`.
    ///
    /// # Errors
    /// A leaf doesn't exist, or the tree can't grow.
    pub(crate) fn new(state: &PublicState, list: &ProposalList) -> Result<Self, GroupError> {
        let mut applied = Self {
            tree: state.tree().clone(),
            extensions: state.context().extensions.clone(),
            extensions_changed: false,
            added: Vec::new(),
            updated: Vec::new(),
            removed: Vec::new(),
            left: Vec::new(),
            psks: Vec::new(),
            external_init: None,
            reinit: None,
            path: path_need(state.registrations(), list),
        };
        applied.apply_to_tree(state, list)?;
        for entry in &list.entries {
            match &*entry.proposal {
                Proposal::GroupContextExtensions(change) => {
                    applied.extensions = change.extensions.clone();
                    applied.extensions_changed = true;
                }
                Proposal::PreSharedKey(psk) => applied.psks.push(psk.psk.clone()),
                Proposal::ExternalInit(init) => applied.external_init = Some(init.kem_output.to_vec()),
                Proposal::ReInit(reinit) => applied.reinit = Some(reinit.clone()),
                _ => {}
            }
        }
        Ok(applied)
    }

    /// Updates, then who leaves, then Removes, then Adds, in one edit (rule 12.3-01).
    fn apply_to_tree(&mut self, state: &PublicState, list: &ProposalList) -> Result<(), GroupError> {
        let mut edit = self.tree.edit(state.suite());
        for (position, entry) in list.numbered() {
            if let Proposal::Update(update) = &*entry.proposal {
                let leaf = update_target(entry, position)?;
                edit.update_leaf(leaf, &update.leaf_node)?;
                self.updated.push((leaf, position));
            }
        }
        for leaf in list.entries.iter().filter_map(|entry| leaving(state.registrations(), entry)) {
            edit.remove_leaf(leaf)?;
            self.left.push(leaf);
        }
        for (position, entry) in list.numbered() {
            if let Proposal::Remove(remove) = &*entry.proposal {
                let missing = || Violation::new(rule!("12.1.3-01")).at(Part::Proposal(position));
                let leaf = LeafIndex::new(remove.removed).ok_or_else(missing)?;
                edit.remove_leaf(leaf)?;
                self.removed.push(leaf);
            }
        }
        for (position, entry) in list.numbered() {
            if let Proposal::Add(add) = &*entry.proposal {
                let leaf = edit.add_leaf(&add.key_package.leaf_node)?;
                self.added.push((leaf, position));
            }
        }
        self.tree = edit.finish()?;
        Ok(())
    }

    /// The leaves that the proposals and, if it has a path, the `committer` change.
    pub(crate) fn changed_leaves(&self, committer: Option<LeafIndex>) -> Vec<LeafIndex> {
        let added = self.added.iter().map(|(leaf, _)| *leaf);
        let updated = self.updated.iter().map(|(leaf, _)| *leaf);
        let all = added.chain(updated).chain(self.all_removed()).chain(committer);
        all.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The leaves that are gone, whether their member left or was removed.
    pub(crate) fn all_removed(&self) -> impl Iterator<Item = LeafIndex> + '_ {
        self.left.iter().chain(&self.removed).copied()
    }

    /// The new leaves alone; they are left out of the resolutions that a path is encrypted to.
    pub(crate) fn new_leaves(&self) -> Vec<LeafIndex> {
        self.added.iter().map(|(leaf, _)| *leaf).collect()
    }
}

fn update_target(entry: &ListedProposal, position: u32) -> Result<LeafIndex, Violation> {
    entry.member_sender().ok_or_else(|| Violation::new(rule!("12.1.2-03")).at(Part::Proposal(position)))
}

/// Rules 12.4-06 and 17.4-01: a path is required unless there are proposals and none of them asks for it.
fn path_need(registrations: &Registrations, list: &ProposalList) -> PathNeed {
    let optional = |entry: &ListedProposal| match &*entry.proposal {
        Proposal::Add(_) | Proposal::PreSharedKey(_) | Proposal::ReInit(_) => true,
        Proposal::Custom(custom) => {
            let definition = registrations.proposal(custom.proposal_type);
            definition.is_some_and(|definition| !definition.requires_path())
        }
        _ => false,
    };
    if !list.entries.is_empty() && list.entries.iter().all(optional) {
        PathNeed::Optional
    } else {
        PathNeed::Required
    }
}
