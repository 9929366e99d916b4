//! `transcript-hashes`: transcript hashes and confirmation tags.

use std::sync::Arc;

use copath_codec::{Decode, Encode};
use copath_crypto::{CryptoProvider, HashOutput, Suite};
use copath_key_schedule::{ConfirmationKey, transcript};
use copath_messages::transcript::confirmed_transcript_hash_input;
use copath_messages::{AuthenticatedContent, ContentType};
use serde::{Deserialize, Serialize};

use crate::hex_bytes::Hex;
use crate::mismatch::{equal, require, same};
use crate::{Error, Mismatch, Outcome};

/// The hashes before and after a Commit.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) cipher_suite: u16,
    pub(crate) confirmation_key: Hex,
    pub(crate) authenticated_content: Hex,
    pub(crate) interim_transcript_hash_before: Hex,
    pub(crate) confirmed_transcript_hash_after: Hex,
    pub(crate) interim_transcript_hash_after: Hex,
}

/// Runs a file.
pub(crate) fn run(provider: &Arc<dyn CryptoProvider>, json: &str) -> Result<Outcome, Error> {
    let cases: Vec<Case> = serde_json::from_str(json)?;
    Ok(Outcome::of_suites(provider, &cases, |case| case.cipher_suite, run_case))
}

fn run_case(suite: &Suite, case: &Case) -> Result<(), Mismatch> {
    let commit = AuthenticatedContent::from_bytes(&case.authenticated_content)?;
    same("authenticated_content, encoded again", &commit.to_bytes()?, &case.authenticated_content)?;
    equal("content type", commit.content.content_type(), ContentType::Commit)?;
    let confirmed = confirmed_after(suite, &case.interim_transcript_hash_before, &commit)?;
    same("confirmed_transcript_hash_after", confirmed.as_slice(), &case.confirmed_transcript_hash_after)?;
    let tag = commit.auth.confirmation_tag.ok_or_else(|| Mismatch::new("no confirmation tag"))?;
    let key = ConfirmationKey::from_secret(case.confirmation_key.secret());
    require("the confirmation tag doesn't verify", key.tag(suite, confirmed.as_slice()).ct_eq(&tag))?;
    let interim = transcript::interim(suite, confirmed.as_slice(), &tag)?;
    same("interim_transcript_hash_after", interim.as_slice(), &case.interim_transcript_hash_after)
}

/// The confirmed transcript hash after a Commit.
pub(crate) fn confirmed_after(
    suite: &Suite,
    interim_before: &[u8],
    commit: &AuthenticatedContent,
) -> Result<HashOutput, Mismatch> {
    Ok(transcript::confirmed(suite, interim_before, &confirmed_transcript_hash_input(commit)?))
}
