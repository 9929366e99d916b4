//! `secret-tree`: keys of messages and of sender data.

use std::sync::Arc;

use copath_crypto::{CryptoProvider, Suite};
use copath_key_schedule::{ContentKind, EncryptionSecret, Limits, PreparedKey, SecretTree, SenderDataSecret};
use copath_tree_math::{LeafIndex, TreeSize};
use serde::{Deserialize, Serialize};

use crate::hex_bytes::Hex;
use crate::mismatch::{At, equal, same};
use crate::{Error, Mismatch, Outcome};

/// One tree.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) cipher_suite: u16,
    pub(crate) sender_data: SenderData,
    pub(crate) encryption_secret: Hex,
    pub(crate) leaves: Vec<Vec<Generation>>,
}

/// Key and nonce for sender data.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SenderData {
    pub(crate) sender_data_secret: Hex,
    pub(crate) ciphertext: Hex,
    pub(crate) key: Hex,
    pub(crate) nonce: Hex,
}

/// The keys of one generation of a leaf.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Generation {
    pub(crate) generation: u32,
    pub(crate) handshake_key: Hex,
    pub(crate) handshake_nonce: Hex,
    pub(crate) application_key: Hex,
    pub(crate) application_nonce: Hex,
}

/// The order in which the generations of a leaf are asked for.
#[derive(Clone, Copy, Debug)]
enum Order {
    /// As a sender: one after the other.
    Sending,
    /// As a receiver, the lowest first: the ratchet is wound forward.
    Ascending,
    /// As a receiver, the highest first: later ones come from the kept keys.
    Descending,
}

const KINDS: [ContentKind; 2] = [ContentKind::Handshake, ContentKind::Application];

/// Runs a file.
pub(crate) fn run(provider: &Arc<dyn CryptoProvider>, json: &str) -> Result<Outcome, Error> {
    let cases: Vec<Case> = serde_json::from_str(json)?;
    Ok(Outcome::of_suites(provider, &cases, |case| case.cipher_suite, run_case))
}

fn run_case(suite: &Suite, case: &Case) -> Result<(), Mismatch> {
    let v = &case.sender_data;
    let secret = SenderDataSecret::from_secret(v.sender_data_secret.secret());
    let keys = secret.key_and_nonce(suite, &v.ciphertext)?;
    same("sender_data.key", keys.key.expose(), &v.key)?;
    same("sender_data.nonce", keys.nonce.expose(), &v.nonce)?;
    for order in [Order::Sending, Order::Ascending, Order::Descending] {
        let mut tree = new_tree(&case.encryption_secret, case.leaves.len())?;
        for (index, generations) in (0..).zip(&case.leaves) {
            let leaf = LeafIndex::new(index).ok_or_else(|| Mismatch::new("too many leaves"))?;
            for kind in KINDS {
                run_ratchet(suite, (&mut tree, order), (leaf, kind), generations)
                    .at(format!("leaf {leaf}, {kind:?}, {order:?}"))?;
            }
        }
    }
    Ok(())
}

/// The secret tree of `leaves` leaves.
pub(crate) fn new_tree(encryption_secret: &Hex, leaves: usize) -> Result<SecretTree, Mismatch> {
    let last = leaves.checked_sub(1).and_then(|last| LeafIndex::new(u32::try_from(last).ok()?));
    let size = TreeSize::holding(last.ok_or_else(|| Mismatch::new("no such number of leaves"))?);
    equal("number of leaves", u32::try_from(leaves).ok(), Some(size.leaf_count()))?;
    Ok(SecretTree::new(EncryptionSecret::from_secret(encryption_secret.secret()), size))
}

fn run_ratchet(
    suite: &Suite,
    (tree, order): (&mut SecretTree, Order),
    (leaf, kind): (LeafIndex, ContentKind),
    generations: &[Generation],
) -> Result<(), Mismatch> {
    let mut sorted: Vec<&Generation> = generations.iter().collect();
    sorted.sort_by_key(|entry| entry.generation);
    if matches!(order, Order::Descending) {
        sorted.reverse();
    }
    for entry in sorted {
        let prepared = match order {
            Order::Sending => send(suite, tree, (leaf, kind), entry.generation),
            Order::Ascending | Order::Descending => {
                tree.peek(suite, leaf, kind, entry.generation, &Limits::default()).map_err(Mismatch::from)
            }
        };
        let prepared = prepared.at(format!("generation {}", entry.generation))?;
        equal("generation", prepared.generation, entry.generation)?;
        let (key, nonce) = match kind {
            ContentKind::Handshake => (&entry.handshake_key, &entry.handshake_nonce),
            ContentKind::Application => (&entry.application_key, &entry.application_nonce),
        };
        same("key", prepared.key.expose(), key)?;
        same("nonce", prepared.nonce.expose(), nonce)?;
        tree.commit(prepared.change)?;
    }
    Ok(())
}

/// Uses up generations until `generation` is next, and prepares that.
fn send(
    suite: &Suite,
    tree: &mut SecretTree,
    (leaf, kind): (LeafIndex, ContentKind),
    generation: u32,
) -> Result<PreparedKey, Mismatch> {
    loop {
        let prepared = tree.next(suite, leaf, kind)?;
        if prepared.generation >= generation {
            return Ok(prepared);
        }
        tree.commit(prepared.change)?;
    }
}
