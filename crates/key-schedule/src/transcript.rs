//! Transcript hashes.
//!
//! RFC 9420 §8.2. In epoch 0 the confirmed transcript hash is empty and the interim one is computed from the
//! confirmation tag like any other (rule 8.2-04).

use copath_codec::Writer;
use copath_crypto::{HashOutput, Suite};

use crate::KeyScheduleError;

/// The confirmed transcript hash of the epoch that a Commit starts.
///
/// RFC 9420 §8.2. `interim_before` is the interim transcript hash of the epoch that the Commit was sent in,
/// `confirmed_transcript_hash_input` the encoded `ConfirmedTranscriptHashInput` of the Commit.
#[must_use]
pub fn confirmed(suite: &Suite, interim_before: &[u8], confirmed_transcript_hash_input: &[u8]) -> HashOutput {
    suite.hash(&[interim_before, confirmed_transcript_hash_input])
}

/// The interim transcript hash of an epoch, from its confirmed transcript hash and its confirmation tag.
///
/// RFC 9420 §8.2.
///
/// # Errors
/// [`KeyScheduleError::TooLong`] if the tag is longer than a vector can be.
pub fn interim(
    suite: &Suite,
    confirmed_transcript_hash: &[u8],
    confirmation_tag: &[u8],
) -> Result<HashOutput, KeyScheduleError> {
    let mut input = Writer::with_capacity(confirmation_tag.len().saturating_add(2));
    input.opaque(confirmation_tag);
    Ok(suite.hash(&[confirmed_transcript_hash, &input.finish()?]))
}
