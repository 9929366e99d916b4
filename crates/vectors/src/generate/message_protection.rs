//! `message-protection`: a proposal, a Commit and application data.

use copath_codec::Encode;
use copath_crypto::Suite;
use copath_messages::{
    Commit, FramedContentBody, Mac, PreSharedKey, PreSharedKeyId, Proposal, ProposalOrRef, ProposalRef, Psk,
    Remove,
};

use super::random;
use crate::Mismatch;
use crate::hex_bytes::Hex;
use crate::kinds::message_protection::{Case, Context, Sending};

/// One group of two.
pub(super) fn cases(suite: &Suite) -> Result<Vec<Case>, Mismatch> {
    let mut case = unprotected(suite)?;
    let context = Context::new(suite, &case)?;
    let sending = Sending::new(suite, &case, &context)?;
    let tag = Mac::from(suite.random_bytes(suite.hash_length())?);
    let [proposal, commit, application] = sending.bodies()?;
    let public = |body: &FramedContentBody, tag| -> Result<Hex, Mismatch> {
        Ok(sending.protect_public(body.clone(), tag)?.to_bytes()?.into())
    };
    let private = |body: &FramedContentBody, tag| -> Result<Hex, Mismatch> {
        Ok(sending.protect_private(body.clone(), tag)?.to_bytes()?.into())
    };
    let (proposal_pub, proposal_priv) = (public(&proposal, None)?, private(&proposal, None)?);
    let (commit_pub, commit_priv) = (public(&commit, Some(tag.clone()))?, private(&commit, Some(tag))?);
    let application_priv = private(&application, None)?;
    case.proposal_pub = proposal_pub;
    case.proposal_priv = proposal_priv;
    case.commit_pub = commit_pub;
    case.commit_priv = commit_priv;
    case.application_priv = application_priv;
    Ok(vec![case])
}

/// The group and what is to be said in it.
fn unprotected(suite: &Suite) -> Result<Case, Mismatch> {
    let length = suite.hash_length();
    let keys = suite.generate_signature_key_pair()?;
    let psk = Psk::External { psk_id: b"psk".into() };
    let psk = PreSharedKeyId { psk, psk_nonce: suite.random_bytes(length)?.into() };
    let by_value = ProposalOrRef::Proposal(Proposal::PreSharedKey(PreSharedKey { psk }));
    let by_reference = ProposalOrRef::Reference(ProposalRef::from(suite.random_bytes(length)?));
    let commit = Commit { proposals: vec![by_reference, by_value], path: None };
    Ok(Case {
        cipher_suite: suite.cipher_suite().0,
        group_id: random(suite, 16)?,
        epoch: 1 << 40,
        tree_hash: random(suite, length)?,
        confirmed_transcript_hash: random(suite, length)?,
        signature_priv: (&keys.private_key).into(),
        signature_pub: keys.public_key.into(),
        encryption_secret: random(suite, length)?,
        sender_data_secret: random(suite, length)?,
        membership_key: random(suite, length)?,
        proposal: Proposal::Remove(Remove { removed: 0 }).to_bytes()?.into(),
        proposal_pub: Hex::default(),
        proposal_priv: Hex::default(),
        commit: commit.to_bytes()?.into(),
        commit_pub: Hex::default(),
        commit_priv: Hex::default(),
        application: random(suite, 50)?,
        application_priv: Hex::default(),
    })
}
