//! `tree-operations`: proposals applied to a tree.

use std::sync::Arc;

use copath_codec::{Decode, Encode};
use copath_crypto::{CryptoProvider, Suite};
use copath_messages::Proposal;
use copath_ratchet_tree::RatchetTree;
use serde::{Deserialize, Serialize};

use crate::hex_bytes::Hex;
use crate::mismatch::{At, same};
use crate::trees::{decode_tree, leaf_index};
use crate::{Error, Mismatch, Outcome};

/// A tree before and after a proposal.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) cipher_suite: u16,
    pub(crate) tree_before: Hex,
    pub(crate) proposal: Hex,
    pub(crate) proposal_sender: u32,
    pub(crate) tree_hash_before: Hex,
    pub(crate) tree_after: Hex,
    pub(crate) tree_hash_after: Hex,
}

/// Runs a file.
pub(crate) fn run(provider: &Arc<dyn CryptoProvider>, json: &str) -> Result<Outcome, Error> {
    let cases: Vec<Case> = serde_json::from_str(json)?;
    Ok(Outcome::of_suites(provider, &cases, |case| case.cipher_suite, run_case))
}

fn run_case(suite: &Suite, case: &Case) -> Result<(), Mismatch> {
    let before = decode_tree(suite, &case.tree_before).at("tree_before")?;
    same("tree_hash_before", before.tree_hash().as_slice(), &case.tree_hash_before)?;
    let proposal = Proposal::from_bytes(&case.proposal).at("proposal")?;
    same("proposal, encoded again", &proposal.to_bytes()?, &case.proposal)?;
    let after = apply(suite, &before, &proposal, case.proposal_sender)?;
    same("tree_after", &after.encode()?, &case.tree_after)?;
    same("tree_hash_after", after.tree_hash().as_slice(), &case.tree_hash_after)?;
    same("tree_before, after all", &before.encode()?, &case.tree_before)
}

/// The tree after a proposal of the member at `sender`.
pub(crate) fn apply(
    suite: &Suite,
    before: &RatchetTree,
    proposal: &Proposal,
    sender: u32,
) -> Result<RatchetTree, Mismatch> {
    let mut edit = before.edit(suite);
    match proposal {
        Proposal::Add(add) => edit.add_leaf(&add.key_package.leaf_node).map(drop)?,
        Proposal::Update(update) => edit.update_leaf(leaf_index(sender)?, &update.leaf_node)?,
        Proposal::Remove(remove) => edit.remove_leaf(leaf_index(remove.removed)?)?,
        _ => return Err(Mismatch::new("a proposal that changes no leaf")),
    }
    Ok(edit.finish()?)
}
