//! What goes into the transcript hashes.
//!
//! RFC 9420 §8.2. The hashes themselves belong to the key schedule.

use alloc::vec::Vec;

use copath_codec::{EncodeError, Writer};

use crate::AuthenticatedContent;

/// The ConfirmedTranscriptHashInput of a Commit: wire format, content and signature.
///
/// # Errors
/// A vector is too long.
pub fn confirmed_transcript_hash_input(commit: &AuthenticatedContent) -> Result<Vec<u8>, EncodeError> {
    let mut writer = Writer::new();
    writer.value(&commit.wire_format).value(&commit.content).value(&commit.auth.signature);
    writer.finish()
}

/// The InterimTranscriptHashInput: the confirmation tag of the Commit, or of the group's creation for epoch 0.
///
/// # Errors
/// The tag is too long.
pub fn interim_transcript_hash_input(confirmation_tag: &[u8]) -> Result<Vec<u8>, EncodeError> {
    let mut writer = Writer::new();
    writer.opaque(confirmation_tag);
    writer.finish()
}
