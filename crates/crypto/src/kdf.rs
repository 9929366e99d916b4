//! HKDF over a backend's HMAC.
//!
//! RFC 5869.

use zeroize::Zeroizing;

use crate::{CryptoError, Hash, HashOutput, Secret};

/// HKDF-Extract: HMAC of the concatenated `ikm` under `salt`.
pub fn extract(hash: &dyn Hash, salt: &[u8], ikm: &[&[u8]]) -> Secret {
    let mut prk = Secret::zero(hash.algorithm().output_length());
    hash.hmac(salt, ikm, prk.expose_mut());
    prk
}

/// HKDF-Expand of `prk` to `length` octets; `info` is concatenated.
///
/// # Errors
/// [`CryptoError::LengthOutOfRange`] above 255 times the hash's output, or with more than six parts of `info`.
pub fn expand(hash: &dyn Hash, prk: &[u8], info: &[&[u8]], length: usize) -> Result<Secret, CryptoError> {
    check_length(hash, length)?;
    Secret::try_fill(length, |output| expand_into(hash, prk, info, output))
}

/// HKDF-Expand of `prk` to as many octets as `output` has.
///
/// # Errors
/// As [`expand`].
pub(crate) fn expand_into(
    hash: &dyn Hash,
    prk: &[u8],
    info: &[&[u8]],
    output: &mut [u8],
) -> Result<(), CryptoError> {
    /// The previous block, the parts of `info`, the counter.
    const MAX_PARTS: usize = 8;
    check_length(hash, output.len())?;
    if info.len().saturating_add(2) > MAX_PARTS {
        return Err(CryptoError::LengthOutOfRange);
    }
    let size = hash.algorithm().output_length();
    let mut rest = output;
    let mut previous: &[u8] = &[];
    for counter in 1..=u8::MAX {
        let counter = [counter];
        let mut parts: [&[u8]; MAX_PARTS] = [&[]; MAX_PARTS];
        let all = core::iter::once(previous).chain(info.iter().copied()).chain([&counter[..]]);
        for (slot, part) in parts.iter_mut().zip(all) {
            *slot = part;
        }
        // Whole blocks go straight to where they belong; the next one starts with them.
        if rest.len() < size {
            last_block(hash, prk, &parts, rest);
            break;
        }
        let Some((block, after)) = core::mem::take(&mut rest).split_at_mut_checked(size) else { break };
        hash.hmac(prk, &parts, block);
        (previous, rest) = (block, after);
    }
    Ok(())
}

/// Refuses more than 255 blocks.
fn check_length(hash: &dyn Hash, length: usize) -> Result<(), CryptoError> {
    if length > hash.algorithm().output_length().saturating_mul(255) {
        return Err(CryptoError::LengthOutOfRange);
    }
    Ok(())
}

/// As much of a block as `out` takes.
fn last_block(hash: &dyn Hash, prk: &[u8], parts: &[&[u8]], out: &mut [u8]) {
    if out.is_empty() {
        return;
    }
    let mut block = Zeroizing::new([0; HashOutput::MAX_LENGTH]);
    let size = hash.algorithm().output_length().min(HashOutput::MAX_LENGTH);
    if let Some(block) = block.get_mut(..size) {
        hash.hmac(prk, parts, block);
    }
    for (to, from) in out.iter_mut().zip(block.iter()) {
        *to = *from;
    }
}
