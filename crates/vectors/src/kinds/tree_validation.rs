//! `tree-validation`: trees as a newcomer checks them.

use std::sync::Arc;

use copath_crypto::{CryptoProvider, Suite};
use copath_tree_math::NodeIndex;
use serde::{Deserialize, Serialize};

use crate::hex_bytes::Hex;
use crate::mismatch::{At, equal, same};
use crate::trees::{decode_tree, validate};
use crate::{Error, Mismatch, Outcome};

/// A valid tree.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) cipher_suite: u16,
    pub(crate) tree: Hex,
    pub(crate) group_id: Hex,
    pub(crate) resolutions: Vec<Vec<u32>>,
    pub(crate) tree_hashes: Vec<Hex>,
}

/// Runs a file.
pub(crate) fn run(provider: &Arc<dyn CryptoProvider>, json: &str) -> Result<Outcome, Error> {
    let cases: Vec<Case> = serde_json::from_str(json)?;
    Ok(Outcome::of_suites(provider, &cases, |case| case.cipher_suite, run_case))
}

fn run_case(suite: &Suite, case: &Case) -> Result<(), Mismatch> {
    let tree = decode_tree(suite, &case.tree)?;
    let nodes = usize::try_from(tree.size().node_count())?;
    equal("number of resolutions", case.resolutions.len(), nodes)?;
    equal("number of tree hashes", case.tree_hashes.len(), nodes)?;
    for (index, (resolution, hash)) in (0..).zip(case.resolutions.iter().zip(&case.tree_hashes)) {
        let node = NodeIndex::new(index);
        let found: Vec<u32> = tree.resolution(node).into_iter().map(NodeIndex::as_u32).collect();
        equal("resolution", &found, resolution).at(format!("node {index}"))?;
        let found = tree.node_hash(node).ok_or_else(|| Mismatch::new(format!("node {index} has no hash")))?;
        same("tree hash", found.as_slice(), hash).at(format!("node {index}"))?;
    }
    validate(suite, &tree, &case.group_id).at("validation")
}
