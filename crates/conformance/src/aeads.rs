//! AEADs: known answers, and everything that must not open.

use std::sync::Arc;

use copath_crypto::{Aead, AeadAlgorithm, CryptoError, CryptoProvider};

use crate::data::symmetric::{SEALED, Sealed};
use crate::report::{Failure, Report, holds, refused, same};

/// Each AEAD with its Nk (RFC 9180 §7.3).
const AEADS: [(AeadAlgorithm, usize); 3] = [
    (AeadAlgorithm::AES_128_GCM, 16),
    (AeadAlgorithm::AES_256_GCM, 32),
    (AeadAlgorithm::CHACHA20_POLY1305, 32),
];

pub(crate) fn run(provider: &Arc<dyn CryptoProvider>, report: &mut Report) {
    for (algorithm, key_length) in AEADS {
        let Some(aead) = provider.aead(algorithm) else {
            report.add_absent(algorithm);
            continue;
        };
        let lengths = (aead.key_length(), aead.nonce_length(), aead.tag_length());
        report.add(algorithm, "answers for its algorithm", holds(aead.algorithm() == algorithm));
        report.add(algorithm, "RFC 9180 §7.3, lengths", holds(lengths == (key_length, 12, 16)));
        for vector in SEALED.iter().filter(|vector| vector.algorithm == algorithm) {
            report.add(algorithm, vector.source, known_answer(&*aead, vector));
            report.add(algorithm, format!("{}, tampered with", vector.source), tampered(&*aead, vector));
        }
        report.add(algorithm, "keys and nonces of wrong lengths", wrong_lengths(&*aead));
    }
}

fn known_answer(aead: &dyn Aead, vector: &Sealed) -> Result<(), Failure> {
    let mut buffer = vector.plaintext.to_vec();
    aead.seal(vector.key, vector.nonce, vector.aad, &mut buffer)?;
    same(&buffer, vector.ciphertext)?;
    aead.open(vector.key, vector.nonce, vector.aad, &mut buffer)?;
    same(&buffer, vector.plaintext)
}

/// Every octet of the ciphertext flipped, every shorter and one longer one, other key, nonce and associated data.
fn tampered(aead: &dyn Aead, vector: &Sealed) -> Result<(), Failure> {
    let fails = |key: &[u8], nonce: &[u8], aad: &[u8], ciphertext: &[u8]| {
        let mut buffer = ciphertext.to_vec();
        refused(aead.open(key, nonce, aad, &mut buffer), &[CryptoError::DecryptionFailed])?;
        let leaked = !vector.plaintext.is_empty() && buffer.starts_with(vector.plaintext);
        holds(!leaked)
    };
    let Sealed { key, nonce, aad, ciphertext, .. } = vector;
    for at in 0..ciphertext.len() {
        fails(key, nonce, aad, &flipped(ciphertext, at))?;
        fails(key, nonce, aad, ciphertext.get(..at).unwrap_or_default())?;
    }
    fails(key, nonce, aad, &[*ciphertext, &[0]].concat())?;
    fails(&flipped(key, 0), nonce, aad, ciphertext)?;
    fails(key, &flipped(nonce, 11), aad, ciphertext)?;
    fails(key, nonce, &[*aad, &[0]].concat(), ciphertext)
}

fn wrong_lengths(aead: &dyn Aead) -> Result<(), Failure> {
    let (key_length, nonce_length) = (aead.key_length(), aead.nonce_length());
    let keys = [0, key_length - 1, key_length + 1, 2 * key_length].map(|length| (length, nonce_length));
    let nonces = [0, nonce_length - 1, nonce_length + 1, 16].map(|length| (key_length, length));
    for (key, nonce) in keys.into_iter().chain(nonces) {
        let (key, nonce) = (vec![1; key], vec![2; nonce]);
        let mut buffer = b"plaintext".to_vec();
        refused(aead.seal(&key, &nonce, &[], &mut buffer), &[CryptoError::LengthOutOfRange])?;
        same(&buffer, b"plaintext")?;
        let mut buffer = vec![0; 40];
        refused(aead.open(&key, &nonce, &[], &mut buffer), &[CryptoError::DecryptionFailed])?;
    }
    Ok(())
}

fn flipped(octets: &[u8], at: usize) -> Vec<u8> {
    let mut octets = octets.to_vec();
    if let Some(octet) = octets.get_mut(at) {
        *octet ^= 1;
    }
    octets
}
