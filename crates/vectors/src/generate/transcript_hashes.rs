//! `transcript-hashes`: a Commit in either framing.

use copath_codec::{Encode, Opaque};
use copath_crypto::Suite;
use copath_key_schedule::{ConfirmationKey, transcript};
use copath_messages::{
    Commit, FramedContent, FramedContentBody, Proposal, ProposalOrRef, Remove, Sender, WireFormat,
};

use super::random;
use crate::Mismatch;
use crate::kinds::transcript_hashes::{Case, confirmed_after};

/// One case for each framing.
pub(super) fn cases(suite: &Suite) -> Result<Vec<Case>, Mismatch> {
    let framings = [WireFormat::PUBLIC_MESSAGE, WireFormat::PRIVATE_MESSAGE];
    framings.into_iter().map(|wire_format| case(suite, wire_format)).collect()
}

fn case(suite: &Suite, wire_format: WireFormat) -> Result<Case, Mismatch> {
    let keys = suite.generate_signature_key_pair()?;
    let signer = suite.signature().signer(&keys.private_key)?;
    let remove = Proposal::Remove(Remove { removed: 1 });
    let content = FramedContent {
        group_id: random(suite, 16)?.to_vec().into(),
        epoch: 7,
        sender: Sender::Member { leaf_index: 2 },
        authenticated_data: Opaque::from(b"authenticated"),
        body: FramedContentBody::Commit(Commit {
            proposals: vec![ProposalOrRef::Proposal(remove)],
            path: None,
        }),
    };
    let group_context = random(suite, 100)?;
    let mut commit = content.sign(suite, &*signer, wire_format, Some(&group_context))?;
    let before = random(suite, suite.hash_length())?;
    let confirmation_key = random(suite, suite.hash_length())?;
    let confirmed = confirmed_after(suite, &before, &commit)?;
    let key = ConfirmationKey::from_secret(confirmation_key.secret());
    let tag = key.tag(suite, confirmed.as_slice());
    commit.auth.confirmation_tag = Some(tag.as_slice().into());
    let interim = transcript::interim(suite, confirmed.as_slice(), tag.as_slice())?;
    Ok(Case {
        cipher_suite: suite.cipher_suite().0,
        confirmation_key,
        authenticated_content: commit.to_bytes()?.into(),
        interim_transcript_hash_before: before,
        confirmed_transcript_hash_after: (&confirmed).into(),
        interim_transcript_hash_after: (&interim).into(),
    })
}
