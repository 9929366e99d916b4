//! `secret-tree`: all secrets derived from the root, and every ratchet from its start.

use copath_crypto::{Secret, Suite};

use super::random;
use crate::Mismatch;
use crate::hex_bytes::Hex;
use crate::kinds::secret_tree::{Case, Generation, SenderData};

/// Generations that are shown of each ratchet.
const GENERATIONS: [u32; 3] = [0, 1, 6];

/// One case for each number of leaves.
pub(super) fn cases(suite: &Suite) -> Result<Vec<Case>, Mismatch> {
    [1, 2, 8].into_iter().map(|leaves| case(suite, leaves)).collect()
}

fn case(suite: &Suite, leaves: usize) -> Result<Case, Mismatch> {
    let encryption_secret = random(suite, suite.hash_length())?;
    let mut level = vec![encryption_secret.secret()];
    while level.len() < leaves {
        level = halve(suite, &level)?;
    }
    let leaves = level.iter().map(|leaf| generations(suite, leaf)).collect::<Result<_, _>>()?;
    // The sample is the start of a ciphertext that is longer than a hash, or all of a shorter one.
    let length = if level.len() > 1 { 2 * suite.hash_length() } else { 20 };
    let sender_data = sender_data(suite, length)?;
    Ok(Case { cipher_suite: suite.cipher_suite().0, sender_data, encryption_secret, leaves })
}

/// The next level of the tree (RFC 9420 §9).
fn halve(suite: &Suite, level: &[Secret]) -> Result<Vec<Secret>, Mismatch> {
    let mut children = Vec::new();
    for parent in level {
        for side in ["left", "right"] {
            children.push(suite.expand_with_label(parent, "tree", side.as_bytes(), suite.hash_length())?);
        }
    }
    Ok(children)
}

fn generations(suite: &Suite, leaf: &Secret) -> Result<Vec<Generation>, Mismatch> {
    let mut handshake = suite.expand_with_label(leaf, "handshake", &[], suite.hash_length())?;
    let mut application = suite.expand_with_label(leaf, "application", &[], suite.hash_length())?;
    let mut shown = Vec::new();
    for generation in 0..=GENERATIONS.into_iter().max().unwrap_or(0) {
        let context = generation.to_be_bytes();
        if GENERATIONS.contains(&generation) {
            let (handshake_key, handshake_nonce) = key_and_nonce(suite, &handshake, &context)?;
            let (application_key, application_nonce) = key_and_nonce(suite, &application, &context)?;
            shown.push(Generation {
                generation,
                handshake_key,
                handshake_nonce,
                application_key,
                application_nonce,
            });
        }
        handshake = suite.expand_with_label(&handshake, "secret", &context, suite.hash_length())?;
        application = suite.expand_with_label(&application, "secret", &context, suite.hash_length())?;
    }
    Ok(shown)
}

fn key_and_nonce(suite: &Suite, secret: &Secret, context: &[u8]) -> Result<(Hex, Hex), Mismatch> {
    let key = suite.expand_with_label(secret, "key", context, suite.aead().key_length())?;
    let nonce = suite.expand_with_label(secret, "nonce", context, suite.aead().nonce_length())?;
    Ok(((&key).into(), (&nonce).into()))
}

fn sender_data(suite: &Suite, length: usize) -> Result<SenderData, Mismatch> {
    let sender_data_secret = random(suite, suite.hash_length())?;
    let ciphertext = random(suite, length)?;
    let sample = ciphertext.get(..suite.hash_length()).unwrap_or(&ciphertext);
    let (key, nonce) = key_and_nonce(suite, &sender_data_secret.secret(), sample)?;
    Ok(SenderData { sender_data_secret, ciphertext, key, nonce })
}
