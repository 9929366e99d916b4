//! What a commit contains, where that can be seen: in a PublicMessage, or by the shadow.

use copath_codec::Decode;
use copath_group::CommitSummary;
use copath_messages::{Commit, MlsMessage, MlsMessageBody, ProposalOrRef};

use super::proposals::{is_psk, matches};
use super::seat::{Effect, Group, Proposed};
use crate::octets::{self, Checked, require};

/// The proposals that a commit was asked to cover.
pub(super) struct Asked<'a> {
    pub(super) by_reference: &'a [Proposed],
    pub(super) by_value: &'a [Effect],
}

impl Asked<'_> {
    pub(super) fn effects(&self) -> Vec<Effect> {
        let referred = self.by_reference.iter().map(|proposed| proposed.effect.clone());
        referred.chain(self.by_value.iter().cloned()).collect()
    }

    /// Whether RFC 9420 §12.4 demands a path.
    pub(super) fn demands_path(&self) -> bool {
        let effects = self.effects();
        let demanding = |effect: &Effect| {
            matches!(
                effect,
                Effect::Update(_) | Effect::Remove(_) | Effect::Extensions(_) | Effect::Signer(_)
            )
        };
        effects.is_empty() || effects.iter().any(demanding)
    }
}

/// A commit in a PublicMessage covers what it was asked to cover, and nothing else.
pub(super) fn commit_covers(commit: &Commit, asked: &Asked<'_>, group: &Group) -> Checked {
    let suite = octets::suite(group.suite)?;
    let (mut values, mut references) = (Vec::new(), Vec::new());
    for entry in &commit.proposals {
        match entry {
            ProposalOrRef::Proposal(proposal) => values.push(proposal),
            ProposalOrRef::Reference(reference) => references.push(reference),
        }
    }
    for effect in asked.by_value {
        let found = values.iter().any(|proposal| matches(proposal, effect, group).is_ok());
        require(found, || format!("the commit doesn't contain by value: {effect:?}"))?;
    }
    for proposed in asked.by_reference {
        let Ok(MlsMessage { body: MlsMessageBody::PublicMessage(message), .. }) =
            MlsMessage::from_bytes(&proposed.message)
        else {
            continue;
        };
        let content = message.into_authenticated_content();
        let reference = content.proposal_reference(&suite).map_err(|error| error.to_string())?;
        let found = references.contains(&&reference);
        require(found, || format!("the commit doesn't refer to: {:?}", proposed.effect))?;
    }
    let (found, wanted) = (commit.proposals.len(), asked.by_value.len() + asked.by_reference.len());
    require(found == wanted, || format!("the commit covers {found} proposals instead of {wanted}"))
}

/// What the shadow read in a commit is what it was asked to cover.
pub(super) fn summary_covers(summary: &CommitSummary, asked: &Asked<'_>, group: &Group) -> Checked {
    let effects = asked.effects();
    let count = |kind: fn(&Effect) -> bool| effects.iter().filter(|effect| kind(effect)).count();
    let psks: Vec<_> = effects
        .iter()
        .filter(|effect| matches!(effect, Effect::ExternalPsk(_) | Effect::ResumptionPsk(_)))
        .collect();
    for effect in &psks {
        let found = summary.psks.iter().any(|id| is_psk(&id.psk, effect, &group.id));
        require(found, || format!("the commit doesn't inject: {effect:?}"))?;
    }
    let same = |what: &str, found: usize, wanted: usize| {
        require(found == wanted, || format!("the commit has {found} {what} instead of {wanted}"))
    };
    same("PSKs", summary.psks.len(), psks.len())?;
    same("Adds", summary.added.len(), count(|effect| matches!(effect, Effect::Add { .. })))?;
    same("Updates", summary.updated.len(), count(|effect| matches!(effect, Effect::Update(_))))?;
    same("Removes", summary.removed.len(), count(|effect| matches!(effect, Effect::Remove(_))))?;
    let changes = count(|effect| matches!(effect, Effect::Extensions(_) | Effect::Signer(_))) > 0;
    require(summary.extensions.is_none() || changes, || "the commit changes the extensions, unasked".into())
}
