//! SelfRemove: a member leaves by a proposal that external commits can cover too.
//!
//! draft-ietf-mls-extensions, "SelfRemove Proposal".

use copath_codec::BodyShape;
use copath_credentials::Timestamp;
use copath_crypto::Signer;
use copath_messages::{CustomProposal, MlsMessage, Proposal, ProposalType};
use copath_ratchet_tree::Feature;
use copath_rules::{Part, Violation, rule};

use crate::refusal::{Refusal, RefusalReason};
use crate::registrations::{Framing, Inclusion, ProposalDefinition, ProposalEffect, Registrations};
use crate::transition::Prepared;
use crate::{Group, GroupError, Misuse};

impl Registrations {
    /// Registers SelfRemove with the draft's code point.
    ///
    /// # Errors
    /// [`Misuse::Registration`] if the code point is taken.
    pub fn with_self_remove(self) -> Result<Self, Misuse> {
        let code = self.code_points().self_remove;
        self.with_proposal(definition(code, "self_remove"))
    }

    /// Registers SelfRemove with the code point that is in use beside the draft's.
    ///
    /// # Errors
    /// [`Misuse::Registration`] if the code point is taken.
    pub fn with_superseded_self_remove(self) -> Result<Self, Misuse> {
        let code = self.code_points().superseded_self_remove;
        self.with_proposal(definition(code, "self_remove (superseded)"))
    }
}

/// An empty proposal, always a PublicMessage, that commits cover by reference, external ones too; it asks for a path,
/// and stands after Updates and before Removes.
fn definition(code: ProposalType, name: &'static str) -> ProposalDefinition {
    ProposalDefinition::new(code, name, BodyShape::Empty)
        .requiring_path()
        .in_external_commits()
        .included(Inclusion::ByReference)
        .framed(Framing::PublicMessage)
        .with_effect(ProposalEffect::RemovesSender)
        .judged_after(ProposalType::UPDATE)
}

impl Group {
    /// The ProposalRefs of pending proposals that external commits may cover: who gives out a GroupInfo gives out their
    /// messages with it ([`ExternalJoinOptions::pending`](crate::ExternalJoinOptions)).
    pub fn pending_for_joiners(&self) -> impl Iterator<Item = &[u8]> {
        self.queue.open_to_external_commits(&self.registrations)
    }

    /// Proposes to leave the group, by the first registered form that all members support. Until somebody else commits
    /// it, this client stays a member; it can't send application messages, and its own commits don't cover it.
    ///
    /// # Errors
    /// [`RefusalReason::Unregistered`] if no form is registered, rule 12.2-15 if a member supports none,
    /// [`RefusalReason::Repeated`] if it was proposed in this epoch already.
    pub fn propose_self_remove(
        &self,
        signer: &dyn Signer,
        now: Timestamp,
    ) -> Result<Prepared<MlsMessage>, GroupError> {
        let code_points = self.registrations.code_points();
        let forms = [code_points.self_remove, code_points.superseded_self_remove];
        let mut registered = forms.into_iter().filter(|code| {
            let definition = self.registrations.proposal(*code);
            definition.is_some_and(|definition| definition.effect() == ProposalEffect::RemovesSender)
        });
        let Some(first) = registered.clone().next() else {
            return Err(Refusal::of_proposal(code_points.self_remove, RefusalReason::Unregistered).into());
        };
        let supported = registered.find(|code| self.tree().supported_by_all(Feature::Proposal(*code)));
        let proposal_type =
            supported.ok_or_else(|| Violation::new(rule!("12.2-15")).at(Part::ProposalType(first.0)))?;
        let body = alloc::vec::Vec::new();
        self.propose(Proposal::Custom(CustomProposal { proposal_type, body }), signer, now)
    }
}
