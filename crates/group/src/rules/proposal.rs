//! A proposal by itself.
//!
//! RFC 9420 §12.1. What depends on the tree that results is checked after applying (`result`).

use copath_credentials::Timestamp;
use copath_crypto::Suite;
use copath_messages::{
    Add, Extensions, GroupContextExtensions, LeafNode, LeafNodeSource, LeafPosition, PreSharedKey, Proposal,
    ProtocolVersion, Psk, ReInit, Remove, ResumptionPskUsage, Update,
};
use copath_ratchet_tree::{LeafEntry, LeafRules, check_encryption_key};
use copath_rules::{Part, Violation, rule};
use copath_tree_math::LeafIndex;

use super::check_custom;
use crate::GroupError;
use crate::policy::Policy;
use crate::proposals::{Committer, ListedProposal};
use crate::public_state::PublicState;
use crate::registrations::{ExtensionPlace, Registrations};

/// The rules about one proposal of `committer`'s commit, or of no commit yet.
pub(crate) fn check_proposal(
    state: &PublicState,
    policy: &Policy,
    entry: &ListedProposal,
    committer: Option<Committer>,
    now: Timestamp,
) -> Result<(), GroupError> {
    match &*entry.proposal {
        Proposal::Add(add) => check_add(state, policy, add, now),
        Proposal::Update(update) => check_update(state, entry, update),
        Proposal::Remove(remove) => check_remove(state, remove),
        Proposal::PreSharedKey(psk) => Ok(check_psk(state.suite(), psk)?),
        Proposal::ReInit(reinit) => Ok(check_reinit(state.context().version, reinit)?),
        Proposal::ExternalInit(_) if committer == Some(Committer::External) => Ok(()),
        Proposal::ExternalInit(_) => Err(Violation::new(rule!("12.1.6-01")).into()),
        Proposal::GroupContextExtensions(change) => check_extensions(change, state.registrations()),
        Proposal::Custom(custom) => Ok(check_custom(state, entry, custom, committer)?),
    }
}

/// RFC 9420 §12.1.1 and §10.1. The leaf's rules that depend on the group are checked after applying, since the same
/// commit may change what the group asks for (rule 12.3-02).
fn check_add(state: &PublicState, policy: &Policy, add: &Add, now: Timestamp) -> Result<(), GroupError> {
    let package = &add.key_package;
    package.check(state.suite())?;
    if package.version != state.context().version {
        return Err(Violation::new(rule!("10.1-02")).at(Part::KeyPackage).into());
    }
    if let LeafNodeSource::KeyPackage(lifetime) = &package.leaf_node.leaf_node_source {
        policy.lifetimes.check_received(lifetime, now)?;
    }
    check_leaf_alone(state, &package.leaf_node, LeafEntry::KeyPackage)
}

/// RFC 9420 §7.2 and §7.3, as far as no commit can change the outcome.
fn check_leaf_alone(state: &PublicState, leaf: &LeafNode, entry: LeafEntry) -> Result<(), GroupError> {
    let asks_nothing = LeafRules::new(state.suite(), &Extensions::default())?;
    Ok(asks_nothing.check_leaf_node(leaf, entry)?)
}

/// RFC 9420 §12.1.2 and §7.3.
fn check_update(state: &PublicState, entry: &ListedProposal, update: &Update) -> Result<(), GroupError> {
    let sender = entry.member_sender().ok_or_else(|| Violation::new(rule!("12.1.2-03")))?;
    let at = Part::Leaf(sender.as_u32());
    let old = state.tree().leaf(sender).ok_or_else(|| Violation::new(rule!("12.1.2-03")).at(at))?;
    if update.leaf_node.leaf_node_source != LeafNodeSource::Update {
        return Err(Violation::new(rule!("7.3-14")).at(at).into());
    }
    if old.encryption_key() == update.leaf_node.encryption_key.as_ref() {
        return Err(Violation::new(rule!("7.3-15")).at(at).into());
    }
    check_encryption_key(state.suite(), &update.leaf_node.encryption_key, at)?;
    let position = LeafPosition::InGroup { group_id: &state.context().group_id, leaf_index: sender.as_u32() };
    update.leaf_node.verify_signature(state.suite(), position)?;
    check_leaf_alone(state, &update.leaf_node, LeafEntry::Update)
}

/// RFC 9420 §12.1.3.
fn check_remove(state: &PublicState, remove: &Remove) -> Result<(), GroupError> {
    match LeafIndex::new(remove.removed).and_then(|leaf| state.tree().leaf(leaf)) {
        Some(_) => Ok(()),
        None => Err(Violation::new(rule!("12.1.3-01")).at(Part::Leaf(remove.removed)).into()),
    }
}

/// RFC 9420 §12.1.4: outside of the first commit of a new group the usages reinit and branch are invalid.
pub(crate) fn check_psk(suite: &Suite, psk: &PreSharedKey) -> Result<(), Violation> {
    if let Psk::Resumption { usage, .. } = &psk.psk.psk {
        match usage {
            ResumptionPskUsage::Application => {}
            ResumptionPskUsage::Reinit => return Err(Violation::new(rule!("12.1.4-01"))),
            ResumptionPskUsage::Branch => return Err(Violation::new(rule!("12.1.4-02"))),
        }
    }
    if psk.psk.psk_nonce.len() != suite.hash_length() {
        return Err(Violation::new(rule!("12.1.4-03")));
    }
    Ok(())
}

/// RFC 9420 §12.1.5.
pub(crate) fn check_reinit(version: ProtocolVersion, reinit: &ReInit) -> Result<(), Violation> {
    if reinit.version < version {
        return Err(Violation::new(rule!("12.1.5-01")));
    }
    reinit.extensions.check_unique()
}

/// RFC 9420 §12.1.7 and §13.4.
pub(crate) fn check_extensions(
    change: &GroupContextExtensions,
    registrations: &Registrations,
) -> Result<(), GroupError> {
    change.extensions.check_unique()?;
    // Bodies of known types have to be well formed (rule 2.1.2-06).
    change.extensions.required_capabilities()?;
    change.extensions.external_senders_in(registrations.decode_context())?;
    Ok(registrations.check_extensions(ExtensionPlace::GroupContext, &change.extensions)?)
}
