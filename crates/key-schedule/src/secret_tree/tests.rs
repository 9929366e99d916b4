//! The secret tree.

mod branches;
mod derivation;
mod persistence;
mod receiving;

use alloc::vec::Vec;

use copath_tree_math::NodeIndex;

use super::*;
use crate::tests::{filled, suites};

/// Key and nonce.
type Keys = (Vec<u8>, Vec<u8>);

/// The suite that tests of behaviour, not of values, use.
fn suite() -> Suite {
    suites().swap_remove(0)
}

fn leaf(index: u32) -> LeafIndex {
    LeafIndex::new(index).unwrap()
}

/// An untouched tree of 2^`depth` leaves; equal for equal arguments.
fn tree(suite: &Suite, depth: u32) -> SecretTree {
    SecretTree::new(EncryptionSecret::from_secret(filled(suite, 0x5a)), TreeSize::of_depth(depth).unwrap())
}

/// Receives the message of `generation` and consumes its key.
fn receive(
    tree: &mut SecretTree,
    suite: &Suite,
    sender: (LeafIndex, ContentKind),
    generation: u32,
) -> Result<Keys, KeyScheduleError> {
    receive_within(tree, suite, sender, generation, &Limits::default())
}

fn receive_within(
    tree: &mut SecretTree,
    suite: &Suite,
    (leaf, kind): (LeafIndex, ContentKind),
    generation: u32,
    limits: &Limits,
) -> Result<Keys, KeyScheduleError> {
    let prepared = tree.peek(suite, leaf, kind, generation, limits)?;
    assert_eq!(prepared.generation, generation);
    tree.commit(prepared.change)?;
    Ok((prepared.key.expose().to_vec(), prepared.nonce.expose().to_vec()))
}

/// Sends a message and consumes its key.
fn send(
    tree: &mut SecretTree,
    suite: &Suite,
    (leaf, kind): (LeafIndex, ContentKind),
) -> Result<(u32, Vec<u8>, Vec<u8>), KeyScheduleError> {
    let prepared = tree.next(suite, leaf, kind)?;
    tree.commit(prepared.change)?;
    Ok((prepared.generation, prepared.key.expose().to_vec(), prepared.nonce.expose().to_vec()))
}

/// Everything that the tree holds, as octets.
fn dump(tree: &SecretTree) -> Vec<(SecretTreeRecord, Vec<u8>)> {
    let records = tree.records().unwrap();
    records.into_iter().map(|(record, payload)| (record, payload.expose().to_vec())).collect()
}

#[track_caller]
fn rejected<T: fmt::Debug>(result: Result<T, KeyScheduleError>, rule: copath_rules::RuleId) {
    match result {
        Err(KeyScheduleError::Rejected(violation)) => assert_eq!(violation.rule(), rule),
        other => panic!("expected a violation of {rule}, got {other:?}"),
    }
}
