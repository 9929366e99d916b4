//! Pre-shared keys.

use alloc::vec::Vec;

use copath_crypto::{Secret, Suite};
use copath_rules::{Violation, rule};

use crate::{KeyScheduleError, PskSecret};

/// One pre-shared key of a Commit.
#[derive(Clone, Copy, Debug)]
pub struct PskInput<'a> {
    /// The encoded `PreSharedKeyID`, its nonce included.
    pub id: &'a [u8],
    /// The key itself.
    pub psk: &'a Secret,
}

/// All pre-shared keys of a Commit in one, in the order of the list.
///
/// RFC 9420 §8.4. Each key is extracted and expanded under its `PSKLabel`; the result is the salt that the sum so
/// far is extracted with (the formula, not the figure: rule 8.4-03). An empty list gives [`PskSecret::absent`].
///
/// # Errors
/// A violation of rule 8.4-06 above 65535 keys, which `PSKLabel` can't express.
pub fn psk_secret(suite: &Suite, psks: &[PskInput<'_>]) -> Result<PskSecret, KeyScheduleError> {
    let count = u16::try_from(psks.len()).map_err(|_| Violation::new(rule!("8.4-06")))?;
    let zero = Secret::zero(suite.hash_length());
    let mut sum = Secret::zero(suite.hash_length());
    for (index, input) in (0..count).zip(psks) {
        let extracted = suite.extract(&zero, input.psk);
        let label = psk_label(input.id, index, count);
        let salt = suite.expand_with_label(&extracted, "derived psk", &label, suite.hash_length())?;
        sum = suite.extract(&salt, &sum);
    }
    Ok(PskSecret::from_secret(sum))
}

/// The encoded `PSKLabel`.
fn psk_label(id: &[u8], index: u16, count: u16) -> Vec<u8> {
    let mut label = Vec::with_capacity(id.len().saturating_add(4));
    label.extend_from_slice(id);
    label.extend_from_slice(&index.to_be_bytes());
    label.extend_from_slice(&count.to_be_bytes());
    label
}
