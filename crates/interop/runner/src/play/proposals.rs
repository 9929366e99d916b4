//! Proposals: making them, and what they have to look like.

use copath_interop_grpc as grpc;
use copath_messages::{ContentType, Proposal, Psk, PublicMessage, SenderType};
use copath_tree_math::LeafIndex;

use super::seat::{Effect, Group, Made, Next, PlainExtension, Proposed};
use super::{Player, Step, random_octets};
use crate::config::{Action, Description, Extension, StepIndex, Successor};
use crate::link::{self, Rpc};
use crate::octets::{self, Checked, Framing, require};

impl Player<'_> {
    pub(super) fn propose(&mut self, action: &Action) -> Step<Proposed> {
        match action {
            Action::AddProposal { actor, key_package } => {
                let effect = self.add_of(*key_package);
                let key_package = key_package_of(&effect);
                self.member_proposes::<link::AddProposal>(actor, effect, |state_id| {
                    grpc::AddProposalRequest { state_id, key_package }
                })
            }
            Action::UpdateProposal { actor } => {
                let effect = Effect::Update(actor.clone());
                self.member_proposes::<link::UpdateProposal>(actor, effect, |state_id| {
                    grpc::UpdateProposalRequest { state_id }
                })
            }
            Action::RemoveProposal { actor, removed } => {
                let effect = Effect::Remove(removed.clone());
                let removed_id = removed.as_bytes().to_vec();
                self.member_proposes::<link::RemoveProposal>(actor, effect, |state_id| {
                    grpc::RemoveProposalRequest { state_id, removed_id }
                })
            }
            Action::ExternalPskProposal { actor, psk } => {
                let psk_id = self.psk_of(*psk);
                let effect = Effect::ExternalPsk(psk_id.clone());
                self.member_proposes::<link::ExternalPskProposal>(actor, effect, |state_id| {
                    grpc::ExternalPskProposalRequest { state_id, psk_id }
                })
            }
            Action::ResumptionPskProposal { actor, epoch } => {
                let (effect, epoch_id) = (Effect::ResumptionPsk(*epoch), *epoch);
                self.member_proposes::<link::ResumptionPskProposal>(actor, effect, |state_id| {
                    grpc::ResumptionPskProposalRequest { state_id, epoch_id }
                })
            }
            Action::GroupContextExtensionsProposal { actor, extensions } => {
                let effect = Effect::Extensions(plain(extensions));
                let extensions = wire(extensions);
                self.member_proposes::<link::GroupContextExtensionsProposal>(actor, effect, |state_id| {
                    grpc::GroupContextExtensionsProposalRequest { state_id, extensions }
                })
            }
            other => self.outsider_proposes(other),
        }
    }

    /// A member proposes; the message is checked as far as it can be read.
    pub(super) fn member_proposes<R>(
        &mut self,
        actor: &str,
        effect: Effect,
        request: impl FnOnce(u32) -> R::Request,
    ) -> Step<Proposed>
    where
        R: Rpc<Response = grpc::ProposalResponse>,
    {
        self.end_shadow_of(actor);
        let state = self.state(actor)?;
        let message = self.ask::<R>(actor, &request(state))?.proposal;
        self.proposed(actor, R::METHOD, (message, effect), self.game.handshake.framing())
    }

    /// Checks a proposal that somebody has sent.
    pub(super) fn proposed(
        &mut self,
        actor: &str,
        method: &'static str,
        (message, effect): (Vec<u8>, Effect),
        framing: Framing,
    ) -> Step<Proposed> {
        let public = octets::handshake(&message, framing, ContentType::Proposal, self.place());
        let public = self.judge(actor, method, public)?;
        if let Some(public) = public {
            let checked = says(&public, &effect, &self.group);
            self.judge(actor, method, checked)?;
        }
        Ok(Proposed { message, effect })
    }

    /// The Add of the key package that a step made.
    pub(super) fn add_of(&self, step: StepIndex) -> Effect {
        match &self.made[step] {
            Made::KeyPackage { actor, message } => {
                Effect::Add { joiner: actor.clone(), key_package: message.clone() }
            }
            _ => Effect::Add { joiner: String::new(), key_package: Vec::new() },
        }
    }

    /// A proposal in words, as a script and as the service has it.
    pub(super) fn described(&mut self, description: &Description) -> (Effect, grpc::ProposalDescription) {
        let mut wired = grpc::ProposalDescription::default();
        let (kind, effect) = match description {
            Description::Add { key_package } => {
                let effect = self.add_of(*key_package);
                wired.key_package = key_package_of(&effect);
                ("add", effect)
            }
            Description::Remove { removed } => {
                wired.removed_id = removed.as_bytes().to_vec();
                ("remove", Effect::Remove(removed.clone()))
            }
            Description::ExternalPsk { psk } => {
                wired.psk_id = self.psk_of(*psk);
                ("externalPSK", Effect::ExternalPsk(wired.psk_id.clone()))
            }
            Description::ResumptionPsk { epoch } => {
                wired.epoch_id = *epoch;
                ("resumptionPSK", Effect::ResumptionPsk(*epoch))
            }
            Description::GroupContextExtensions { extensions } => {
                wired.extensions = self::wire(extensions);
                ("groupContextExtensions", Effect::Extensions(plain(extensions)))
            }
            Description::ReInit(successor) => {
                let next = self.next_of(successor);
                wired.group_id.clone_from(&next.group_id);
                wired.cipher_suite = u32::from(next.suite);
                wired.extensions = self::wire(&successor.extensions);
                ("reinit", Effect::ReInit(next))
            }
        };
        wired.proposal_type = kind.as_bytes().to_vec();
        (effect, wired)
    }

    /// The successor: of another suite that all clients have, if there is one and it is asked for.
    pub(super) fn next_of(&mut self, successor: &Successor) -> Next {
        let clients = self.seats.values().map(|seat| self.game.clients[seat.client]);
        let clients: Vec<_> = clients.collect();
        let common = |suite: &u16| clients.iter().all(|client| client.suites.contains(suite));
        let mut others: Vec<u16> = (1..=7).filter(common).collect();
        others.retain(|suite| *suite != self.group.suite);
        let suite = self.random.pick(&others).filter(|_| successor.change_suite);
        let group_id =
            if successor.change_group_id { random_octets(&mut self.random) } else { self.group.id.clone() };
        Next { group_id, suite: suite.unwrap_or(self.group.suite), extensions: plain(&successor.extensions) }
    }
}

fn key_package_of(effect: &Effect) -> Vec<u8> {
    match effect {
        Effect::Add { key_package, .. } => key_package.clone(),
        _ => Vec::new(),
    }
}

pub(super) fn plain(extensions: &[Extension]) -> Vec<PlainExtension> {
    extensions.iter().map(|one| (one.extension_type, one.extension_data.clone())).collect()
}

pub(super) fn wire(extensions: &[Extension]) -> Vec<grpc::Extension> {
    let wired = |one: &Extension| grpc::Extension {
        extension_type: u32::from(one.extension_type),
        extension_data: one.extension_data.clone(),
    };
    extensions.iter().map(wired).collect()
}

/// Whether a PublicMessage says what was asked for.
fn says(message: &PublicMessage, effect: &Effect, group: &Group) -> Checked {
    let proposal = octets::proposal_of(message)?;
    if let (Proposal::Update(update), Effect::Update(actor)) = (proposal, effect) {
        let who = octets::identity_of(&update.leaf_node.credential);
        return require(who == *actor, || format!("the Update is of \"{who}\" instead of \"{actor}\""));
    }
    matches(proposal, effect, group)
}

/// Whether a proposal is what was asked for.
pub(super) fn matches(proposal: &Proposal, effect: &Effect, group: &Group) -> Checked {
    let holds = match (proposal, effect) {
        (Proposal::Add(add), Effect::Add { joiner, .. }) => {
            octets::identity_of(&add.key_package.leaf_node.credential) == *joiner
        }
        (Proposal::Remove(remove), Effect::Remove(removed)) => {
            let leaf = group.tree.as_ref().and_then(|tree| tree.leaf(LeafIndex::new(remove.removed)?));
            leaf.is_none_or(|leaf| octets::identity_of(&leaf.credential()) == *removed)
        }
        (Proposal::PreSharedKey(proposal), effect) => is_psk(&proposal.psk.psk, effect, &group.id),
        (Proposal::GroupContextExtensions(proposal), Effect::Extensions(wanted)) => {
            octets::plain(&proposal.extensions) == *wanted
        }
        (Proposal::GroupContextExtensions(proposal), Effect::Signer(sender)) => {
            octets::plain(&proposal.extensions)
                .iter()
                .any(|(code, body)| *code == 5 && contains(body, sender))
        }
        (Proposal::ReInit(proposal), Effect::ReInit(next)) => {
            proposal.group_id[..] == next.group_id[..]
                && proposal.cipher_suite.0 == next.suite
                && octets::plain(&proposal.extensions) == next.extensions
        }
        _ => false,
    };
    require(holds, || format!("{:?} isn't what was asked for: {effect:?}", proposal.proposal_type()))
}

/// Whether that PSK was asked for.
pub(super) fn is_psk(psk: &Psk, effect: &Effect, group_id: &[u8]) -> bool {
    match (psk, effect) {
        (Psk::External { psk_id }, Effect::ExternalPsk(id)) => psk_id[..] == id[..],
        (Psk::Resumption { psk_group_id, psk_epoch, .. }, Effect::ResumptionPsk(epoch)) => {
            psk_group_id[..] == *group_id && psk_epoch == epoch
        }
        _ => false,
    }
}

/// Whether `part` occurs in `octets`.
pub(super) fn contains(octets: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && octets.windows(part.len()).any(|window| window == part)
}

/// The sender of a proposal from outside.
pub(super) const EXTERNAL: Framing = Framing::Outside(SenderType::External);
