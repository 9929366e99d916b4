//! `psk_secret`: lists of keys of different lengths.

use copath_crypto::Suite;

use super::random;
use crate::Mismatch;
use crate::kinds::psk_secret::{Case, Entry, combine};

/// One case for each number of keys.
pub(super) fn cases(suite: &Suite) -> Result<Vec<Case>, Mismatch> {
    [0, 1, 2, 5].into_iter().map(|count| case(suite, count)).collect()
}

fn case(suite: &Suite, count: usize) -> Result<Case, Mismatch> {
    let mut psks = Vec::new();
    for number in 0..count {
        psks.push(Entry {
            psk_id: random(suite, number)?,
            psk: random(suite, 70usize.saturating_mul(number))?,
            psk_nonce: random(suite, suite.hash_length())?,
        });
    }
    let psk_secret = (&combine(suite, &psks)?).into();
    Ok(Case { cipher_suite: suite.cipher_suite().0, psks, psk_secret })
}
