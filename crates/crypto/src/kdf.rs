//! HKDF over a backend's HMAC.
//!
//! RFC 5869.

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
    /// The previous block, the parts of `info`, the counter.
    const MAX_PARTS: usize = 8;
    let size = hash.algorithm().output_length();
    if length > size.saturating_mul(255) || info.len().saturating_add(2) > MAX_PARTS {
        return Err(CryptoError::LengthOutOfRange);
    }
    let mut output = Secret::zero(length);
    let mut block = Secret::zero(HashOutput::MAX_LENGTH.max(size));
    let mut previous = Secret::zero(0);
    for (chunk, counter) in output.expose_mut().chunks_mut(size).zip(1..=u8::MAX) {
        let counter = [counter];
        let mut parts: [&[u8]; MAX_PARTS] = [&[]; MAX_PARTS];
        let all = core::iter::once(previous.expose()).chain(info.iter().copied()).chain([&counter[..]]);
        for (slot, part) in parts.iter_mut().zip(all) {
            *slot = part;
        }
        let block = block.expose_mut().get_mut(..size).ok_or(CryptoError::LengthOutOfRange)?;
        hash.hmac(prk, &parts, block);
        for (to, from) in chunk.iter_mut().zip(block.iter()) {
            *to = *from;
        }
        if chunk.len() == size {
            previous = Secret::copy_of(block);
        }
    }
    Ok(output)
}
