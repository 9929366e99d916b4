//! `message-protection`: public and private messages.

use std::sync::Arc;

use copath_codec::{Decode, Encode};
use copath_crypto::{CryptoProvider, Secret, Signer, Suite};
use copath_messages::{
    AuthenticatedContent, Commit, ContentType, Extensions, FramedContent, FramedContentBody, GroupContext,
    Mac, MlsMessage, MlsMessageBody, PrivateMessage, Proposal, ProtocolVersion, PublicMessage, Sender,
    WireFormat,
};
use serde::{Deserialize, Serialize};

use super::secret_tree::new_tree;
use crate::framing::EpochKeys;
use crate::hex_bytes::Hex;
use crate::mismatch::{At, equal, require, same};
use crate::{Error, Mismatch, Outcome, keys};

/// A group of two, and messages of the second member.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) cipher_suite: u16,
    pub(crate) group_id: Hex,
    pub(crate) epoch: u64,
    pub(crate) tree_hash: Hex,
    pub(crate) confirmed_transcript_hash: Hex,
    pub(crate) signature_priv: Hex,
    pub(crate) signature_pub: Hex,
    pub(crate) encryption_secret: Hex,
    pub(crate) sender_data_secret: Hex,
    pub(crate) membership_key: Hex,
    pub(crate) proposal: Hex,
    pub(crate) proposal_pub: Hex,
    pub(crate) proposal_priv: Hex,
    pub(crate) commit: Hex,
    pub(crate) commit_pub: Hex,
    pub(crate) commit_priv: Hex,
    pub(crate) application: Hex,
    pub(crate) application_priv: Hex,
}

/// The members, of whom the second is the sender.
pub(crate) const MEMBERS: usize = 2;
/// The sender's leaf.
pub(crate) const SENDER: u32 = 1;

/// A case with its keys taken out.
#[derive(Debug)]
pub(crate) struct Sending<'a> {
    pub(crate) case: &'a Case,
    pub(crate) keys: EpochKeys<'a>,
    pub(crate) signer: Arc<dyn Signer>,
}

/// The secrets and the context that [`Sending`] borrows.
#[derive(Debug)]
pub(crate) struct Context {
    group_context: Vec<u8>,
    membership_key: Secret,
    sender_data_secret: Secret,
}

/// Runs a file.
pub(crate) fn run(provider: &Arc<dyn CryptoProvider>, json: &str) -> Result<Outcome, Error> {
    let cases: Vec<Case> = serde_json::from_str(json)?;
    Ok(Outcome::of_suites(provider, &cases, |case| case.cipher_suite, run_case))
}

fn run_case(suite: &Suite, case: &Case) -> Result<(), Mismatch> {
    let context = Context::new(suite, case)?;
    let sending = Sending::new(suite, case, &context)?;
    sending.open_public(&case.proposal_pub, &case.proposal).at("proposal_pub")?;
    sending.open_public(&case.commit_pub, &case.commit).at("commit_pub")?;
    let tags = [None, confirmation_tag(&case.commit_pub)?, None];
    let privates = [&case.proposal_priv, &case.commit_priv, &case.application_priv];
    for ((body, tag), private) in sending.bodies()?.into_iter().zip(tags).zip(privates) {
        let name = format!("{:?}", body.content_type());
        sending.open_private(private, &body).at(format!("{name}, the vector's PrivateMessage"))?;
        if body.content_type() == ContentType::Application {
            let refused = sending.protect_public(body.clone(), tag.clone()).is_err();
            require("application data was made a PublicMessage", refused)?;
        } else {
            let ours = sending.protect_public(body.clone(), tag.clone())?.to_bytes()?;
            sending.open_public(&ours.into(), &bytes(&body)?.into()).at(format!("{name}, ours, public"))?;
        }
        let ours = sending.protect_private(body.clone(), tag)?.to_bytes()?;
        sending.open_private(&ours.into(), &body).at(format!("{name}, ours, private"))?;
    }
    Ok(())
}

impl Context {
    /// Encodes the GroupContext of a case.
    pub(crate) fn new(suite: &Suite, case: &Case) -> Result<Self, Mismatch> {
        let group_context = GroupContext {
            version: ProtocolVersion::MLS10,
            cipher_suite: suite.cipher_suite(),
            group_id: case.group_id.to_vec().into(),
            epoch: case.epoch,
            tree_hash: case.tree_hash.to_vec().into(),
            confirmed_transcript_hash: case.confirmed_transcript_hash.to_vec().into(),
            extensions: Extensions::new(),
        };
        Ok(Self {
            group_context: group_context.to_bytes()?,
            membership_key: case.membership_key.secret(),
            sender_data_secret: case.sender_data_secret.secret(),
        })
    }
}

impl<'a> Sending<'a> {
    /// The keys of a case.
    pub(crate) fn new(suite: &'a Suite, case: &'a Case, context: &'a Context) -> Result<Self, Mismatch> {
        let epoch = EpochKeys {
            suite,
            group_context: &context.group_context,
            membership_key: &context.membership_key,
            sender_data_secret: &context.sender_data_secret,
            signature_key: &case.signature_pub,
        };
        let signer = keys::signer(suite, &case.signature_priv, &case.signature_pub)?;
        Ok(Self { case, keys: epoch, signer })
    }

    /// Proposal, Commit and application data of the case.
    pub(crate) fn bodies(&self) -> Result<[FramedContentBody; 3], Mismatch> {
        Ok([
            FramedContentBody::Proposal(Proposal::from_bytes(&self.case.proposal)?),
            FramedContentBody::Commit(Commit::from_bytes(&self.case.commit)?),
            FramedContentBody::Application(self.case.application.to_vec().into()),
        ])
    }

    /// A PublicMessage of ours.
    pub(crate) fn protect_public(
        &self,
        body: FramedContentBody,
        tag: Option<Mac>,
    ) -> Result<MlsMessage, Mismatch> {
        let signed = self.keys.sign(&*self.signer, self.framed(body), (WireFormat::PUBLIC_MESSAGE, tag))?;
        Ok(self.keys.protect_public(signed)?.into())
    }

    /// A PrivateMessage of ours, the first of its kind.
    pub(crate) fn protect_private(
        &self,
        body: FramedContentBody,
        tag: Option<Mac>,
    ) -> Result<MlsMessage, Mismatch> {
        let signed = self.keys.sign(&*self.signer, self.framed(body), (WireFormat::PRIVATE_MESSAGE, tag))?;
        let mut tree = new_tree(&self.case.encryption_secret, MEMBERS)?;
        Ok(self.keys.protect_private(&mut tree, &signed)?.into())
    }

    fn framed(&self, body: FramedContentBody) -> FramedContent {
        FramedContent {
            group_id: self.case.group_id.to_vec().into(),
            epoch: self.case.epoch,
            sender: Sender::Member { leaf_index: SENDER },
            authenticated_data: b"authenticated".into(),
            body,
        }
    }

    fn open_public(&self, message: &Hex, raw: &Hex) -> Result<(), Mismatch> {
        let opened = self.keys.unprotect_public(public(message)?)?;
        self.check(&opened)?;
        same("content", &bytes(&opened.content.body)?, raw)
    }

    fn open_private(&self, message: &Hex, body: &FramedContentBody) -> Result<(), Mismatch> {
        let mut tree = new_tree(&self.case.encryption_secret, MEMBERS)?;
        let opened = self.keys.unprotect_private(&mut tree, &private(message)?)?;
        self.check(&opened)?;
        same("content", &bytes(&opened.content.body)?, &bytes(body)?)
    }

    fn check(&self, opened: &AuthenticatedContent) -> Result<(), Mismatch> {
        equal("sender", opened.content.sender, Sender::Member { leaf_index: SENDER })?;
        same("group_id", &opened.content.group_id, &self.case.group_id)?;
        equal("epoch", opened.content.epoch, self.case.epoch)
    }
}

/// The raw form of a body: application data as it is, the rest encoded.
fn bytes(body: &FramedContentBody) -> Result<Vec<u8>, Mismatch> {
    Ok(match body {
        FramedContentBody::Application(data) => data.to_vec(),
        FramedContentBody::Proposal(proposal) => proposal.to_bytes()?,
        FramedContentBody::Commit(commit) => commit.to_bytes()?,
    })
}

fn public(message: &Hex) -> Result<PublicMessage, Mismatch> {
    match MlsMessage::from_bytes(message)?.body {
        MlsMessageBody::PublicMessage(public) => Ok(public),
        _ => Err(Mismatch::new("not a PublicMessage")),
    }
}

fn private(message: &Hex) -> Result<PrivateMessage, Mismatch> {
    match MlsMessage::from_bytes(message)?.body {
        MlsMessageBody::PrivateMessage(private) => Ok(private),
        _ => Err(Mismatch::new("not a PrivateMessage")),
    }
}

/// The confirmation tag that goes with the vector's Commit.
fn confirmation_tag(commit_pub: &Hex) -> Result<Option<Mac>, Mismatch> {
    Ok(public(commit_pub)?.auth.confirmation_tag)
}
