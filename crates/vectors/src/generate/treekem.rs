//! `treekem`: paths in a full tree, and in one with a blank and unmerged leaves.

use copath_codec::Encode;
use copath_crypto::Suite;

use super::grove::Grove;
use super::random;
use crate::Mismatch;
use crate::hex_bytes::Hex;
use crate::kinds::treekem::{Case, SentPath, group_context};
use crate::trees::leaf_index;

/// Two members; five after a Remove and two Adds.
pub(super) fn cases(suite: &Suite) -> Result<Vec<Case>, Mismatch> {
    let pair = Grove::grown(suite, 2)?;
    let mut mixed = Grove::grown(suite, 4)?;
    mixed.commit(0)?;
    mixed.remove(2)?;
    mixed.add()?;
    mixed.add()?;
    Ok(vec![case(&pair, &[0, 1])?, case(&mixed, &[1, 4])?])
}

fn case(grove: &Grove, senders: &[u32]) -> Result<Case, Mismatch> {
    let suite = &grove.suite;
    let mut case = Case {
        cipher_suite: suite.cipher_suite().0,
        group_id: grove.group_id.to_vec().into(),
        epoch: 1 << 33,
        confirmed_transcript_hash: random(suite, suite.hash_length())?,
        ratchet_tree: grove.tree.encode()?.into(),
        leaves_private: grove.private(),
        update_paths: Vec::new(),
    };
    let paths = senders.iter().map(|sender| sent(grove, &case, *sender)).collect::<Result<_, _>>()?;
    case.update_paths = paths;
    Ok(case)
}

fn sent(grove: &Grove, case: &Case, sender: u32) -> Result<SentPath, Mismatch> {
    let draft = grove.draft(sender)?;
    let tree_hash = draft.tree().tree_hash();
    let path = draft.encrypt(&group_context(&grove.suite, case, &tree_hash)?)?;
    let leaves = 0..grove.tree.size().leaf_count();
    let secret = |leaf| Ok(draft.path_secret_for(leaf_index(leaf)?).map(|secret| Hex::from(&secret)));
    Ok(SentPath {
        sender,
        update_path: path.to_bytes()?.into(),
        path_secrets: leaves.map(secret).collect::<Result<_, Mismatch>>()?,
        commit_secret: draft.commit_secret().into(),
        tree_hash_after: (&tree_hash).into(),
    })
}
