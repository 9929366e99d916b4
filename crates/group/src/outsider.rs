//! Proposals from outside of a group.
//!
//! RFC 9420 §12.1.8: an external sender proposes what its entry in the group's external_senders extension entitles it
//! to, and a client proposes to add itself. Both know of the group no more than its id, epoch and suite, as in a
//! GroupInfo. The members decide whether to commit.

use copath_codec::{DecodeContext, Opaque};
use copath_crypto::{CryptoProvider, Signer, Suite};
use copath_messages::{
    Add, FramedContent, FramedContentBody, GroupId, GroupInfo, MlsMessage, Proposal, ProtocolVersion,
    PublicMessage, Sender, WireFormat,
};
use copath_rules::{Part, Violation, rule};

use crate::places::check_context_to_send;
use crate::rules::{check_extensions, check_psk, check_reinit, check_sender};
use crate::{GroupError, KeyPackageSecrets, Misuse};
use alloc::boxed::Box;
use alloc::sync::Arc;

/// An external sender in one epoch of a group (RFC 9420 §12.1.8.1).
#[derive(Clone, Debug)]
pub struct ExternalProposer {
    suite: Suite,
    group_id: GroupId,
    epoch: u64,
    sender_index: u32,
}

impl ExternalProposer {
    /// The sender at position `sender_index` of the group's external_senders extension.
    pub fn new(suite: &Suite, group_id: GroupId, epoch: u64, sender_index: u32) -> Self {
        Self { suite: suite.clone(), group_id, epoch, sender_index }
    }

    /// The sender with the key of `signer` in the group of `group_info`. The GroupInfo isn't verified: a wrong one
    /// makes proposals that the members refuse.
    ///
    /// # Errors
    /// Rule 12.1.8-01 if the group has no external senders, [`Misuse::WrongSigner`] if `signer` isn't among them; the
    /// backend doesn't have the suite.
    pub fn of_group_info(
        provider: &Arc<dyn CryptoProvider>,
        group_info: &GroupInfo,
        signer: &dyn Signer,
    ) -> Result<Self, GroupError> {
        let context = &group_info.group_context;
        let suite = Suite::new(provider, context.cipher_suite)?;
        let senders = context
            .extensions
            .external_senders()?
            .ok_or_else(|| Violation::new(rule!("12.1.8-01")).at(Part::GroupContext))?;
        let own = (0u32..).zip(&senders).find(|(_, sender)| *sender.signature_key == *signer.public_key());
        let (sender_index, _) = own.ok_or(Misuse::WrongSigner)?;
        Ok(Self { suite, group_id: context.group_id.clone(), epoch: context.epoch, sender_index })
    }

    /// Signs a proposal: Add, Remove, PreSharedKey, ReInit or GroupContextExtensions. Always a PublicMessage.
    ///
    /// # Errors
    /// Rule 12.1.8-03 for other proposals; those of §12.1 that can be checked without the group.
    pub fn propose(&self, proposal: Proposal, signer: &dyn Signer) -> Result<MlsMessage, GroupError> {
        let sender = Sender::External { sender_index: self.sender_index };
        self.check(&proposal)?;
        sign(&self.suite, (self.group_id.clone(), self.epoch), sender, proposal, signer)
    }

    /// What RFC 9420 §12.1 says of a proposal by itself.
    fn check(&self, proposal: &Proposal) -> Result<(), GroupError> {
        match proposal {
            Proposal::Add(add) => Ok(add.key_package.check(&self.suite)?),
            Proposal::PreSharedKey(psk) => Ok(check_psk(&self.suite, psk)?),
            Proposal::ReInit(reinit) => {
                check_reinit(ProtocolVersion::MLS10, reinit)?;
                check_context_to_send(&reinit.extensions)
            }
            Proposal::GroupContextExtensions(change) => {
                check_extensions(change, DecodeContext::rfc9420())?;
                check_context_to_send(&change.extensions)
            }
            _ => Ok(()),
        }
    }
}

impl KeyPackageSecrets {
    /// A proposal to add this key package, signed by its own client, which asks to join (RFC 9420 §12.1.8:
    /// new_member_proposal). Store the secrets before sending it. Always a PublicMessage.
    ///
    /// # Errors
    /// [`Misuse::WrongSigner`] if `signer` hasn't the key of the key package's leaf.
    pub fn propose_self_add(
        &self,
        suite: &Suite,
        group_id: &GroupId,
        epoch: u64,
        signer: &dyn Signer,
    ) -> Result<MlsMessage, GroupError> {
        if *self.key_package.leaf_node.signature_key != *signer.public_key() {
            return Err(Misuse::WrongSigner.into());
        }
        self.key_package.check(suite)?;
        let proposal = Proposal::Add(Add { key_package: Box::new(self.key_package.clone()) });
        sign(suite, (group_id.clone(), epoch), Sender::NewMemberProposal, proposal, signer)
    }
}

/// RFC 9420 §6.1: without the group context, which an outsider needn't know.
fn sign(
    suite: &Suite,
    (group_id, epoch): (GroupId, u64),
    sender: Sender,
    proposal: Proposal,
    signer: &dyn Signer,
) -> Result<MlsMessage, GroupError> {
    let body = FramedContentBody::Proposal(proposal);
    check_sender(&sender, &body)?;
    let content = FramedContent { group_id, epoch, sender, authenticated_data: Opaque::default(), body };
    let signed = content.sign(suite, signer, WireFormat::PUBLIC_MESSAGE, None)?;
    Ok(PublicMessage { content: signed.content, auth: signed.auth, membership_tag: None }.into())
}
