//! Proposals of members.
//!
//! RFC 9420 §12.1.

use copath_group::LeafChange;
use copath_interop_grpc::{
    AddExternalSignerRequest, AddProposalRequest, ExternalPskProposalRequest,
    GroupContextExtensionsProposalRequest, ProposalResponse, ReInitProposalRequest, RemoveProposalRequest,
    ResumptionPskProposalRequest, UpdateProposalRequest,
};
use copath_messages::{Extension, ExtensionType, ExternalSender, ExternalSenders, Proposal};

use crate::client::Client;
use crate::clock::now;
use crate::member::{Member, answers};
use crate::proposals::{Proposing, add, extensions, reinit};
use crate::{ClientError, decode};

impl Client {
    /// `AddProposal`.
    pub(crate) fn add_proposal(&self, request: AddProposalRequest) -> Result<ProposalResponse, ClientError> {
        self.propose(request.state_id, |_| add(&request.key_package))
    }

    /// `UpdateProposal`: a new encryption key, with the signature key kept.
    pub(crate) fn update_proposal(
        &self,
        request: UpdateProposalRequest,
    ) -> Result<ProposalResponse, ClientError> {
        self.with_member(request.state_id, |member| {
            let signer = &*member.actor.signer;
            let prepared = member.group.propose_update(&LeafChange::default(), signer, signer, now())?;
            Ok(ProposalResponse { proposal: member.release_proposal(prepared)? })
        })
    }

    /// `RemoveProposal`: the member is named by its identity.
    pub(crate) fn remove_proposal(
        &self,
        request: RemoveProposalRequest,
    ) -> Result<ProposalResponse, ClientError> {
        self.propose(request.state_id, |member| {
            Proposing::in_group(&member.group).remove(&request.removed_id)
        })
    }

    /// `ExternalPSKProposal`.
    pub(crate) fn external_psk_proposal(
        &self,
        request: ExternalPskProposalRequest,
    ) -> Result<ProposalResponse, ClientError> {
        self.propose(request.state_id, |member| {
            Proposing::in_group(&member.group).external_psk(&request.psk_id)
        })
    }

    /// `ResumptionPSKProposal`: of this group, usage application.
    pub(crate) fn resumption_psk_proposal(
        &self,
        request: ResumptionPskProposalRequest,
    ) -> Result<ProposalResponse, ClientError> {
        self.propose(request.state_id, |member| {
            Proposing::in_group(&member.group).resumption_psk(request.epoch_id)
        })
    }

    /// `GroupContextExtensionsProposal`.
    pub(crate) fn group_context_extensions_proposal(
        &self,
        request: GroupContextExtensionsProposalRequest,
    ) -> Result<ProposalResponse, ClientError> {
        self.propose(request.state_id, |_| Ok(extensions(decode::extensions(&request.extensions)?)))
    }

    /// `ReInitProposal`.
    pub(crate) fn reinit_proposal(
        &self,
        request: ReInitProposalRequest,
    ) -> Result<ProposalResponse, ClientError> {
        self.propose(request.state_id, |_| {
            let cipher_suite = decode::cipher_suite(request.cipher_suite)?;
            Ok(reinit(&request.group_id, cipher_suite, decode::extensions(&request.extensions)?))
        })
    }

    /// `AddExternalSigner`: the group's whole list of extensions, with one more external sender (RFC 9420 §12.1.8.1).
    pub(crate) fn add_external_signer(
        &self,
        request: AddExternalSignerRequest,
    ) -> Result<ProposalResponse, ClientError> {
        let sender: ExternalSender = decode::whole("external_sender", &request.external_sender)?;
        self.propose(request.state_id, |member| with_sender(member, sender))
    }

    fn propose(
        &self,
        state_id: u32,
        proposal: impl FnOnce(&Member) -> Result<Proposal, ClientError>,
    ) -> Result<ProposalResponse, ClientError> {
        self.with_member(state_id, |member| {
            let proposal = proposal(member)?;
            let needs = member.group.questions_about(&proposal)?;
            member.group.check_answers_about(&proposal, &answers(&needs, &member.psks))?;
            let prepared = member.group.propose(proposal, &*member.actor.signer, now())?;
            Ok(ProposalResponse { proposal: member.release_proposal(prepared)? })
        })
    }
}

fn with_sender(member: &Member, sender: ExternalSender) -> Result<Proposal, ClientError> {
    let mut all = member.group.context().extensions.clone();
    let mut senders = member.group.public_state().external_senders()?;
    senders.push(sender);
    let new = Extension::of(&ExternalSenders(senders)).map_err(copath_group::GroupError::from)?;
    match all.0.iter_mut().find(|extension| extension.extension_type == ExtensionType::EXTERNAL_SENDERS) {
        Some(present) => *present = new,
        None => all.0.push(new),
    }
    Ok(extensions(all))
}
