//! External joins, newcomers that propose themselves, external signers.

use copath_codec::{Decode, Encode};
use copath_interop_grpc as grpc;
use copath_messages::{Commit, ContentType, ExternalSender, MlsMessage, Proposal, ProposalOrRef, SenderType};
use copath_tree_math::LeafIndex;

use super::commit::Sent;
use super::proposals::EXTERNAL;
use super::seat::{Effect, Group, Proposed};
use super::{Player, Step};
use crate::config::{Action, ExternalJoin};
use crate::link::{self, Rpc};
use crate::octets::{self, Checked, Framing, require};
use crate::shadow::Package;

impl Player<'_> {
    pub(super) fn external_join(&mut self, join: &ExternalJoin) -> Step {
        self.end_shadow_of(&join.joiner);
        let info = self.group_info(&join.actor, join.external_tree)?;
        let psks: Vec<Vec<u8>> = join.psks.iter().map(|step| self.psk_of(*step)).collect();
        let value =
            |id: &Vec<u8>| self.psks.iter().find(|(known, _)| known == id).map(|(_, psk)| psk.clone());
        let request = grpc::ExternalJoinRequest {
            group_info: info.group_info,
            ratchet_tree: if join.external_tree { info.ratchet_tree } else { Vec::new() },
            encrypt_handshake: self.game.handshake.is_private(),
            identity: join.joiner.as_bytes().to_vec(),
            remove_prior: join.remove_prior,
            psks: psks
                .iter()
                .map(|id| grpc::PreSharedKey {
                    psk_id: id.clone(),
                    psk_secret: value(id).unwrap_or_default(),
                })
                .collect(),
        };
        let joined = self.ask::<link::ExternalJoin>(&join.joiner, &request)?;
        let checked = self.check_external_commit(&joined.commit, join, &psks);
        self.judge(&join.joiner, link::ExternalJoin::METHOD, checked)?;
        self.seat_mut(&join.joiner).state = Some(joined.state_id);
        let sent = Sent {
            committer: &join.joiner,
            method: link::ExternalJoin::METHOD,
            commit: joined.commit,
            proposals: Vec::new(),
        };
        let mut told = vec![(join.joiner.clone(), joined.epoch_authenticator)];
        let others: Vec<String> = [std::slice::from_ref(&join.actor), &join.members].concat();
        self.handle_commit(&sent, &others, &mut told)?;
        self.follow(&sent, None)?;
        self.group.epoch += 1;
        self.group.pending = false;
        if join.remove_prior {
            self.group.leave(&join.joiner);
        }
        self.group.roster.push(join.joiner.clone());
        self.group.roster.sort();
        let present: Vec<String> = told.iter().map(|(actor, _)| actor.clone()).collect();
        self.group.present = present.iter().cloned().collect();
        self.group.tree = None;
        self.agree(&present, &told)?;
        self.check_extensions(&join.joiner, &[])
    }

    fn group_info(&mut self, actor: &str, external_tree: bool) -> Step<grpc::GroupInfoResponse> {
        let request = grpc::GroupInfoRequest { state_id: self.state(actor)?, external_tree };
        let info = self.ask::<link::GroupInfo>(actor, &request)?;
        let octets = (info.group_info.as_slice(), info.ratchet_tree.as_slice());
        let checked = octets::group_info(octets, self.group.suite, Some(external_tree), self.place());
        let checked = checked.and_then(|(found, _)| {
            let external_pub = found.extensions.external_pub().map_err(|error| error.to_string())?;
            require(external_pub.is_some(), || "the GroupInfo has no external_pub".into())
        });
        self.judge(actor, link::GroupInfo::METHOD, checked)?;
        Ok(info)
    }

    fn check_external_commit(&self, message: &[u8], join: &ExternalJoin, psks: &[Vec<u8>]) -> Checked {
        let framing = Self::outside(SenderType::NewMemberCommit);
        let public = octets::handshake(message, framing, ContentType::Commit, self.place())?;
        let public = public.ok_or("the external commit can't be read")?;
        let commit = octets::commit_of(&public)?;
        require(commit.path.is_some(), || "the external commit has no path".into())?;
        external_proposals(commit, join, psks, &self.group)
    }

    /// Proposals of somebody who isn't a member, and the one that makes somebody an external sender.
    pub(super) fn outsider_proposes(&mut self, action: &Action) -> Step<Proposed> {
        match action {
            Action::NewMemberAddProposal { actor, joiner } => self.new_member_proposes(actor, joiner),
            Action::AddExternalSigner { actor, signer } => self.add_external_signer(actor, signer),
            Action::ExternalSignerProposal { actor, member, description } => {
                let (effect, described) = self.described(description);
                let info = self.group_info(member, true)?;
                let request = grpc::ExternalSignerProposalRequest {
                    signer_id: self.seat(actor).signer.unwrap_or_default(),
                    signer_index: 0,
                    group_info: info.group_info,
                    ratchet_tree: info.ratchet_tree,
                    description: Some(described),
                };
                let message = self.ask::<link::ExternalSignerProposal>(actor, &request)?.proposal;
                self.proposed(actor, link::ExternalSignerProposal::METHOD, (message, effect), EXTERNAL)
            }
            other => {
                let what = format!("{} makes no proposal", other.name());
                let actor = other.actors().first().copied().unwrap_or_default().to_owned();
                Err(self.failure(&actor, None, super::Fault::Wrong(what)))
            }
        }
    }

    fn new_member_proposes(&mut self, actor: &str, joiner: &str) -> Step<Proposed> {
        let info = self.group_info(actor, false)?;
        let request = grpc::NewMemberAddProposalRequest {
            group_info: info.group_info,
            identity: joiner.as_bytes().to_vec(),
        };
        let made = self.ask::<link::NewMemberAddProposal>(joiner, &request)?;
        let checked = added_key_package(&made.proposal, self.place());
        let message = self.judge(joiner, link::NewMemberAddProposal::METHOD, checked)?;
        let parsed = octets::key_package(&message, self.group.suite, joiner);
        let key_package = self.judge(joiner, link::NewMemberAddProposal::METHOD, parsed)?;
        let seat = self.seat_mut(joiner);
        seat.transaction = Some(made.transaction_id);
        seat.package = Some(Package {
            message: message.clone(),
            key_package,
            init_priv: made.init_priv,
            encryption_priv: made.encryption_priv,
            signature_priv: made.signature_priv,
        });
        let effect = Effect::Add { joiner: joiner.to_owned(), key_package: message };
        let framing = Self::outside(SenderType::NewMemberProposal);
        self.proposed(joiner, link::NewMemberAddProposal::METHOD, (made.proposal, effect), framing)
    }

    fn add_external_signer(&mut self, actor: &str, signer: &str) -> Step<Proposed> {
        let request = grpc::CreateExternalSignerRequest {
            cipher_suite: u32::from(self.group.suite),
            identity: signer.as_bytes().to_vec(),
        };
        let created = self.ask::<link::CreateExternalSigner>(signer, &request)?;
        let sender = ExternalSender::from_bytes(&created.external_sender);
        let checked =
            sender.map_err(|error| format!("the external sender isn't one: {error}")).and_then(|sender| {
                let who = octets::identity_of(&sender.credential);
                require(who == signer, || format!("the external sender is \"{who}\" instead of \"{signer}\""))
            });
        self.judge(signer, link::CreateExternalSigner::METHOD, checked)?;
        self.seat_mut(signer).signer = Some(created.signer_id);
        let external_sender = created.external_sender;
        let effect = Effect::Signer(external_sender.clone());
        self.member_proposes::<link::AddExternalSigner>(actor, effect, |state_id| {
            grpc::AddExternalSignerRequest { state_id, external_sender }
        })
    }
}

/// The key package in a newcomer's Add, as an MLSMessage.
fn added_key_package(message: &[u8], place: octets::For<'_>) -> Checked<Vec<u8>> {
    let framing = Framing::Outside(SenderType::NewMemberProposal);
    let public = octets::handshake(message, framing, ContentType::Proposal, place)?;
    let public = public.ok_or("the proposal can't be read")?;
    let Proposal::Add(add) = octets::proposal_of(&public)? else {
        return Err("the newcomer's proposal isn't an Add".into());
    };
    MlsMessage::new((*add.key_package).clone()).to_bytes().map_err(|error| error.to_string())
}

/// RFC 9420 §12.4.3.2: one ExternalInit, the PSKs, and a Remove of the prior leaf if that was asked for.
fn external_proposals(commit: &Commit, join: &ExternalJoin, psks: &[Vec<u8>], group: &Group) -> Checked {
    let (mut inits, mut removed, mut injected) = (0, Vec::new(), Vec::new());
    for entry in &commit.proposals {
        match entry {
            ProposalOrRef::Proposal(Proposal::ExternalInit(_)) => inits += 1,
            ProposalOrRef::Proposal(Proposal::Remove(remove)) => removed.push(remove.removed),
            ProposalOrRef::Proposal(Proposal::PreSharedKey(psk)) => injected.push(&psk.psk.psk),
            _ => return Err("the external commit contains a proposal that nobody asked for".into()),
        }
    }
    require(inits == 1, || format!("the external commit has {inits} ExternalInits"))?;
    let wanted = usize::from(join.remove_prior);
    require(removed.len() == wanted, || {
        format!(
            "the external commit has {} Removes although remove_prior is {}",
            removed.len(),
            join.remove_prior
        )
    })?;
    for leaf in removed {
        let leaf = group.tree.as_ref().and_then(|tree| tree.leaf(LeafIndex::new(leaf)?));
        let who = leaf.map(|leaf| octets::identity_of(&leaf.credential()));
        require(who.as_ref().is_none_or(|who| *who == join.joiner), || {
            format!("the external commit removes {who:?} instead of the joiner's prior leaf")
        })?;
    }
    for id in psks {
        let effect = Effect::ExternalPsk(id.clone());
        let found = injected.iter().any(|psk| super::proposals::is_psk(psk, &effect, &group.id));
        require(found, || "the external commit lacks a PSK that it was given".into())?;
    }
    require(injected.len() == psks.len(), || {
        format!("the external commit injects {} PSKs instead of {}", injected.len(), psks.len())
    })
}
