//! Proposals from outside of a group.
//!
//! RFC 9420 §12.1.8: an external sender proposes what its entry in the group's external_senders extension entitles it
//! to, and a client proposes to add itself. Both know of the group no more than its id, epoch and suite, as in a
//! GroupInfo. The members decide whether to commit.

use copath_codec::Opaque;
use copath_crypto::{CryptoProvider, Signer, Suite};
use copath_messages::{
    Add, CustomProposal, FramedContent, FramedContentBody, GroupId, GroupInfo, MlsMessage, Proposal,
    ProtocolVersion, PublicMessage, Sender, WireFormat,
};
use copath_rules::{Part, Violation, rule};

use crate::places::check_context_to_send;
use crate::refusal::{Refusal, RefusalReason};
use crate::rules::{check_custom_alone, check_extensions, check_psk, check_reinit, check_sender};
use crate::{GroupError, Inclusion, KeyPackageSecrets, Misuse, Registrations};
use alloc::boxed::Box;
use alloc::sync::Arc;

/// An external sender in one epoch of a group (RFC 9420 §12.1.8.1).
#[derive(Clone, Debug)]
pub struct ExternalProposer {
    suite: Suite,
    group_id: GroupId,
    epoch: u64,
    sender_index: u32,
    registrations: Arc<Registrations>,
}

impl ExternalProposer {
    /// The sender at position `sender_index` of the group's external_senders extension.
    pub fn new(suite: &Suite, group_id: GroupId, epoch: u64, sender_index: u32) -> Self {
        Self { suite: suite.clone(), group_id, epoch, sender_index, registrations: Arc::default() }
    }

    /// The same sender, which knows these types beyond RFC 9420.
    #[must_use]
    pub fn with_registrations(mut self, registrations: &Arc<Registrations>) -> Self {
        self.registrations = Arc::clone(registrations);
        self
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
        Self::of_group_info_in(provider, &Arc::default(), group_info, signer)
    }

    /// As [`ExternalProposer::of_group_info`], for a sender that knows these types beyond RFC 9420.
    ///
    /// # Errors
    /// As [`ExternalProposer::of_group_info`].
    pub fn of_group_info_in(
        provider: &Arc<dyn CryptoProvider>,
        registrations: &Arc<Registrations>,
        group_info: &GroupInfo,
        signer: &dyn Signer,
    ) -> Result<Self, GroupError> {
        let context = &group_info.group_context;
        let suite = Suite::new(provider, context.cipher_suite)?;
        let senders = context
            .extensions
            .external_senders_in(registrations.decode_context())?
            .ok_or_else(|| Violation::new(rule!("12.1.8-01")).at(Part::GroupContext))?;
        let own = (0u32..).zip(&senders).find(|(_, sender)| *sender.signature_key == *signer.public_key());
        let (sender_index, _) = own.ok_or(Misuse::WrongSigner)?;
        let sender = Self::new(&suite, context.group_id.clone(), context.epoch, sender_index);
        Ok(sender.with_registrations(registrations))
    }

    /// Signs a proposal: Add, Remove, PreSharedKey, ReInit, GroupContextExtensions, or one that is registered as open
    /// to external senders. Always a PublicMessage.
    ///
    /// # Errors
    /// Rule 12.1.8-03 for other proposals; those of §12.1 that can be checked without the group.
    pub fn propose(&self, proposal: Proposal, signer: &dyn Signer) -> Result<MlsMessage, GroupError> {
        let sender = Sender::External { sender_index: self.sender_index };
        self.check(&proposal)?;
        let body = FramedContentBody::Proposal(proposal);
        check_sender(&self.registrations, &sender, &body)?;
        sign(&self.suite, (self.group_id.clone(), self.epoch), sender, body, signer)
    }

    /// What RFC 9420 §12.1 says of a proposal by itself.
    fn check(&self, proposal: &Proposal) -> Result<(), GroupError> {
        match proposal {
            Proposal::Add(add) => Ok(add.key_package.check(&self.suite)?),
            Proposal::PreSharedKey(psk) => Ok(check_psk(&self.suite, psk)?),
            Proposal::ReInit(reinit) => {
                check_reinit(ProtocolVersion::MLS10, reinit)?;
                check_context_to_send(&self.registrations, &reinit.extensions)
            }
            Proposal::GroupContextExtensions(change) => {
                check_extensions(change, &self.registrations)?;
                check_context_to_send(&self.registrations, &change.extensions)
            }
            Proposal::Custom(custom) => self.check_custom(custom),
            _ => Ok(()),
        }
    }

    fn check_custom(&self, custom: &CustomProposal) -> Result<(), GroupError> {
        let definition = check_custom_alone(&self.registrations, custom)?;
        if definition.inclusion() == Inclusion::ByValue {
            return Err(Refusal::of_proposal(custom.proposal_type, RefusalReason::ByReference).into());
        }
        Ok(())
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
        let body = FramedContentBody::Proposal(proposal);
        sign(suite, (group_id.clone(), epoch), Sender::NewMemberProposal, body, signer)
    }
}

/// RFC 9420 §6.1: without the group context, which an outsider needn't know.
fn sign(
    suite: &Suite,
    (group_id, epoch): (GroupId, u64),
    sender: Sender,
    body: FramedContentBody,
    signer: &dyn Signer,
) -> Result<MlsMessage, GroupError> {
    let content = FramedContent { group_id, epoch, sender, authenticated_data: Opaque::default(), body };
    let signed = content.sign(suite, signer, WireFormat::PUBLIC_MESSAGE, None)?;
    Ok(PublicMessage { content: signed.content, auth: signed.auth, membership_tag: None }.into())
}
