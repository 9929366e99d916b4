//! `key-schedule`: three epochs.

use copath_crypto::Suite;
use copath_messages::{Extensions, GroupContext, ProtocolVersion};

use super::random;
use crate::Mismatch;
use crate::hex_bytes::Hex;
use crate::kinds::key_schedule::{Case, Epoch, Exporter, Inputs, compute};

/// One group: an epoch with path and pre-shared keys, one without path, one without keys.
pub(super) fn cases(suite: &Suite) -> Result<Vec<Case>, Mismatch> {
    let length = suite.hash_length();
    let zero: Hex = vec![0; length].into();
    let group_id = random(suite, 16)?;
    let initial_init_secret = random(suite, length)?;
    let mut init_secret = initial_init_secret.clone();
    let mut epochs = Vec::new();
    for number in 0..3 {
        let commit_secret = if number == 1 { zero.clone() } else { random(suite, length)? };
        let psk_secret = if number == 2 { zero.clone() } else { random(suite, length)? };
        let epoch = epoch(suite, (&group_id, number), init_secret, (commit_secret, psk_secret))?;
        init_secret = epoch.computed.init_secret.clone();
        epochs.push(epoch);
    }
    Ok(vec![Case { cipher_suite: suite.cipher_suite().0, group_id, initial_init_secret, epochs }])
}

fn epoch(
    suite: &Suite,
    (group_id, number): (&Hex, u64),
    init_secret: Hex,
    (commit_secret, psk_secret): (Hex, Hex),
) -> Result<Epoch, Mismatch> {
    let tree_hash = random(suite, suite.hash_length())?;
    let confirmed_transcript_hash = random(suite, suite.hash_length())?;
    let exporter = Exporter {
        label: format!("exporter {number}"),
        context: random(suite, 24)?,
        length: 100,
        secret: Hex::default(),
    };
    let inputs = Inputs {
        group_context: GroupContext {
            version: ProtocolVersion::MLS10,
            cipher_suite: suite.cipher_suite(),
            group_id: group_id.to_vec().into(),
            epoch: number,
            tree_hash: tree_hash.to_vec().into(),
            confirmed_transcript_hash: confirmed_transcript_hash.to_vec().into(),
            extensions: Extensions::new(),
        },
        init_secret: init_secret.secret(),
        commit_secret: &commit_secret,
        psk_secret: &psk_secret,
        exporter: &exporter,
    };
    let computed = compute(suite, inputs)?;
    Ok(Epoch { tree_hash, commit_secret, psk_secret, confirmed_transcript_hash, computed })
}
