//! Proposals: made, sent, delivered in any order, lost and fetched.

use copath_group::{GroupError, LeafChange, Misuse, PolicyRefusal};
use copath_messages::{Proposal, Sender};

use super::carry::Crash;
use super::client::Standing;
use super::clock::lifetime_of;
use super::fault::{Fault, FaultKind, ensure, fault};
use super::network::{Origin, SentProposal};
use super::registered::{custom, self_remove};
use super::summary::Event;
use super::world::{World, encoded, refused};
use crate::Random;
use crate::{Outcome, add, external_psk, remove, resumption_psk};

/// A kind of proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Add,
    Update,
    Remove,
    Leave,
    ExternalPsk,
    ResumptionPsk,
    Extensions,
    ReInit,
    Custom,
    SelfRemove,
}

/// How a proposal is to travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Travel {
    /// By itself, for somebody to commit.
    Alone,
    /// Inside a commit.
    ByValue,
}

impl World {
    pub(super) fn propose(&mut self, client: usize, random: &mut Random) -> Result<(), Fault> {
        let kinds = [
            Kind::Add,
            Kind::Add,
            Kind::Update,
            Kind::Update,
            Kind::Remove,
            Kind::Leave,
            Kind::ExternalPsk,
            Kind::ResumptionPsk,
            Kind::Extensions,
            Kind::Custom,
            Kind::SelfRemove,
        ];
        let kind = if random.chance(4) { Kind::ReInit } else { random.pick(&kinds).unwrap() };
        self.clients[client].sign_as_member();
        match kind {
            Kind::Update => return self.propose_update(client, random),
            Kind::SelfRemove => return self.propose_self_remove(client, random),
            _ => {}
        }
        let Some(proposal) = self.proposal(client, kind, Travel::Alone, random)? else { return Ok(()) };
        self.clients[client].sign_as_member();
        self.summary.note(event(kind));
        let sender = &self.clients[client];
        match sender.group().propose(proposal.clone(), &*sender.member.signer, sender.member.now) {
            Ok(prepared) => self.send_proposal(client, prepared, lifetime_of(&proposal), random),
            Err(error) => refused(sender, &format!("proposes ({kind:?})"), &error),
        }
    }

    /// Carries out and spreads a proposal; one that a crash keeps from being sent is remembered as such.
    fn send_proposal(
        &mut self,
        client: usize,
        prepared: copath_group::Prepared<copath_messages::MlsMessage>,
        lifetime: Option<copath_messages::Lifetime>,
        random: &mut Random,
    ) -> Result<(), Fault> {
        let sender = &mut self.clients[client];
        let epoch = sender.epoch();
        let before = sender.own_references();
        match sender.send(prepared) {
            Ok(message) => {
                let by = Origin::Member(client);
                self.spread(SentProposal { epoch, by, lifetime, bytes: encoded(&message) }, random);
            }
            Err(Crash::Done) => {
                sender.unsent.extend(sender.own_references().difference(&before).cloned());
                self.summary.note(Event::ProposalLost);
            }
            Err(Crash::Undone) => {}
        }
        Ok(())
    }

    /// A valid proposal of `kind` from where `client` stands, if there is one.
    pub(super) fn proposal(
        &mut self,
        client: usize,
        kind: Kind,
        travel: Travel,
        random: &mut Random,
    ) -> Result<Option<Proposal>, Fault> {
        let sender = &self.clients[client];
        let suite = sender.member.suite.clone();
        let others = sender.others();
        let proposal = match kind {
            Kind::Add => return self.addition(client, random),
            Kind::Update | Kind::SelfRemove => None,
            Kind::Custom => Some(custom(random)),
            Kind::Remove if others.len() < 2 => None,
            Kind::Remove => random.pick(&others).map(remove),
            Kind::Leave if others.is_empty() => None,
            Kind::Leave => Some(remove(sender.group().own_leaf())),
            Kind::ExternalPsk => {
                let id = self.psks.len().to_be_bytes().to_vec();
                let psk = suite.random_bytes(suite.hash_length()).unwrap();
                self.psks.insert(id.clone(), psk.clone());
                self.clients[client].member.psks.insert(id.clone(), psk);
                Some(external_psk(&suite, &id))
            }
            Kind::ResumptionPsk => {
                let back = u64::try_from(random.below(5)).unwrap();
                let epoch = sender.epoch().saturating_sub(back).max(sender.joined_at);
                Some(resumption_psk(&suite, sender.group().group_id(), epoch))
            }
            Kind::Extensions => return self.extensions_change(client, travel == Travel::ByValue, random),
            Kind::ReInit => Some(self.reinit(client, random)),
        };
        Ok(proposal)
    }

    /// An Add of a client that isn't a member as `client` sees it.
    fn addition(&mut self, client: usize, random: &mut Random) -> Result<Option<Proposal>, Fault> {
        let roster = self.roster(client);
        let extensions = &self.clients[client].group().context().extensions;
        let outside = |number: &usize| !roster.contains(number) && self.fits(*number, extensions);
        let outside: Vec<usize> = (0..self.clients.len()).filter(outside).collect();
        let Some(key_package) = self.key_package_of(&outside, random) else { return Ok(None) };
        let proposal = add(key_package);
        self.clients[client].sign_as_member();
        Ok(self.may_send(client, &proposal)?.then_some(proposal))
    }

    fn propose_update(&mut self, client: usize, random: &mut Random) -> Result<(), Fault> {
        let sender = &mut self.clients[client];
        let rotates = random.chance(30);
        let next = if rotates { sender.new_signer() } else { sender.member.signer.clone() };
        let member = &sender.member;
        let change = LeafChange::default();
        let prepared = match member.group().propose_update(&change, &*member.signer, &*next, member.now) {
            Ok(prepared) => prepared,
            Err(error) => return refused(sender, "updates", &error),
        };
        self.summary.note(if rotates { Event::ProposedRotation } else { Event::ProposedUpdate });
        self.send_proposal(client, prepared, None, random)?;
        let group = self.clients[client].group();
        let own = Sender::Member { leaf_index: group.own_leaf().as_u32() };
        for queued in group.pending_proposals() {
            if let Proposal::Update(update) = queued.proposal
                && queued.proposed_by.sender == own
            {
                let key = update.leaf_node.encryption_key.to_vec();
                self.updates.entry(key).or_insert((client, self.moment));
            }
        }
        Ok(())
    }

    /// A member proposes to leave, once in an epoch.
    fn propose_self_remove(&mut self, client: usize, random: &mut Random) -> Result<(), Fault> {
        let sender = &self.clients[client];
        let own = sender.own_references();
        let repeated = sender.group().pending_proposals().any(|queued| {
            own.contains(&queued.reference) && queued.proposal.proposal_type() == self_remove()
        });
        match sender.group().propose_self_remove(&*sender.member.signer, sender.member.now) {
            Ok(prepared) if !repeated => {
                self.summary.note(Event::ProposedSelfRemove);
                self.send_proposal(client, prepared, None, random)
            }
            Err(_) if repeated => Ok(()),
            Ok(_) => fault(FaultKind::Accepted, format!("client {client} leaves twice in one epoch")),
            Err(error) => refused(sender, "leaves", &error),
        }
    }

    /// Sends a proposal to everybody; some copies are lost.
    pub(super) fn spread(&mut self, proposal: SentProposal, random: &mut Random) {
        let number = self.network.proposals.len();
        self.network.proposals.push(proposal);
        for client in &mut self.clients {
            if !random.chance(12) {
                client.proposals.push(number);
            }
        }
    }

    pub(super) fn deliver_proposal(&mut self, client: usize, random: &mut Random) -> Result<(), Fault> {
        let recipient = &mut self.clients[client];
        if !recipient.connected || recipient.standing == Standing::Outside {
            return Ok(());
        }
        let epoch = recipient.epoch();
        let fits = |number: usize| self.network.proposals[number].epoch == epoch;
        let Some(number) = random.take_mostly(&mut recipient.proposals, fits) else { return Ok(()) };
        if random.chance(15) || self.network.proposals[number].epoch > recipient.epoch() {
            recipient.proposals.push(number);
        }
        self.hand_over_proposal(client, number)
    }

    /// Lets `client` process a proposal, which succeeds if it is of the client's epoch and the policy allows it.
    pub(super) fn hand_over_proposal(&mut self, client: usize, number: usize) -> Result<(), Fault> {
        let sent = &self.network.proposals[number];
        let (epoch, by, lifetime, bytes) = (sent.epoch, sent.by, sent.lifetime, sent.bytes.clone());
        let recipient = &self.clients[client];
        let fits = recipient.epoch() == epoch && recipient.standing != Standing::Removed;
        let unwanted = matches!(by, Origin::Newcomer(_)) && !self.rules.takes_requests();
        let late = by != Origin::Member(client)
            && lifetime.is_some_and(|lifetime| !self.may_receive(client, &lifetime));
        let before = recipient.group().pending_proposals().count();
        let received = self.receive(client, &bytes)?;
        let recipient = &self.clients[client];
        let queued = recipient.group().pending_proposals().count() - before;
        match received {
            Err(GroupError::Misuse(Misuse::Policy(PolicyRefusal::JoinRequest))) if fits && unwanted => {
                self.summary.note(Event::JoinRequestRefused);
                Ok(())
            }
            Err(error) if fits && late && error.rule() == Some(copath_rules::rule!("7.3-10")) => {
                self.summary.note(Event::ExpiredNotReceived);
                Ok(())
            }
            Ok(Outcome::Queued) if fits && queued == 1 && !unwanted && !late => {
                self.note_queued(by);
                Ok(())
            }
            Ok(Outcome::Known) if fits && !unwanted => Ok(()),
            // A copy of a PrivateMessage that was opened already.
            Err(GroupError::Rejected(violation))
                if fits && violation.rule() == copath_rules::rule!("6.3.1-11") && before > 0 =>
            {
                Ok(())
            }
            Err(
                GroupError::WrongEpoch { .. } | GroupError::Misuse(Misuse::Removed | Misuse::Reinitialized),
            ) if !fits => {
                self.summary.note(Event::StaleProposal);
                Ok(())
            }
            Ok(outcome) => {
                let name = &recipient.member.name;
                fault(
                    FaultKind::Accepted,
                    format!(
                        "{name} gets a proposal of {by:?} and epoch {epoch}: expected a refusal, found {outcome:?}"
                    ),
                )
            }
            Err(error) => refused(recipient, &format!("gets a proposal of {by:?} and epoch {epoch}"), &error),
        }
    }

    fn note_queued(&mut self, by: Origin) {
        match by {
            Origin::Member(_) => {}
            Origin::Server(_) => self.summary.note(Event::QueuedFromServer),
            Origin::Newcomer(_) => self.summary.note(Event::QueuedJoinRequest),
        }
    }

    /// Fetches all proposals of the client's epoch, those that were lost included.
    pub(super) fn fetch_proposals(&mut self, client: usize) -> Result<(), Fault> {
        for number in self.network.proposals_of(self.clients[client].epoch()) {
            let before = self.clients[client].group().pending_proposals().count();
            self.hand_over_proposal(client, number)?;
            let recipient = &mut self.clients[client];
            recipient.proposals.retain(|waiting| *waiting != number);
            if recipient.group().pending_proposals().count() > before {
                self.summary.note(Event::FetchedProposal);
            }
        }
        let own = &self.clients[client];
        ensure(own.is_member(), FaultKind::Refused, || format!("{} fetches in vain", own.member.name))
    }
}

pub(super) fn event(kind: Kind) -> Event {
    match kind {
        Kind::Add => Event::ProposedAdd,
        Kind::Update => Event::ProposedUpdate,
        Kind::Remove => Event::ProposedRemove,
        Kind::Leave => Event::ProposedLeaving,
        Kind::ExternalPsk => Event::ProposedExternalPsk,
        Kind::ResumptionPsk => Event::ProposedResumptionPsk,
        Kind::Extensions => Event::ProposedExtensions,
        Kind::ReInit => Event::ProposedReInit,
        Kind::Custom => Event::ProposedCustom,
        Kind::SelfRemove => Event::ProposedSelfRemove,
    }
}
