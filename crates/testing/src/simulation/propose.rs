//! Proposals: made, sent, delivered in any order, lost and fetched.

use copath_credentials::Credential;
use copath_group::{GroupError, Misuse};
use copath_messages::{
    Extension, Extensions, ExternalSender, ExternalSenders, GroupContextExtensions, Proposal,
    RequiredCapabilities,
};

use super::client::{Client, Standing};
use super::fault::{Fault, FaultKind, ensure, fault};
use super::network::SentProposal;
use super::random::Random;
use super::summary::Event;
use super::world::{TIME, World, encoded, refused};
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
}

impl World {
    pub(super) fn propose(&mut self, client: usize, random: &mut Random) -> Result<(), Fault> {
        if !self.clients[client].is_member() {
            return Ok(());
        }
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
        ];
        match random.pick(&kinds) {
            Some(Kind::Update) => self.propose_update(client, random),
            Some(kind) => {
                let Some(proposal) = self.proposal(client, kind, random) else { return Ok(()) };
                self.summary.note(event(kind));
                let sender = &mut self.clients[client];
                sender.sign_as_member();
                let epoch = sender.epoch();
                match sender.member.propose(proposal) {
                    Ok(message) => self.spread(client, epoch, encoded(&message), random),
                    Err(error) => return refused(sender, "proposes", &error),
                }
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// A valid proposal of `kind` from where `client` stands, if there is one.
    pub(super) fn proposal(&mut self, client: usize, kind: Kind, random: &mut Random) -> Option<Proposal> {
        let sender = &self.clients[client];
        let suite = sender.member.suite.clone();
        let others = sender.others();
        match kind {
            Kind::Add => {
                let joiner = random.pick(&self.outsiders(client))?;
                let joiner = &mut self.clients[joiner];
                joiner.sign_as_outsider();
                Some(add(joiner.member.key_package()))
            }
            Kind::Update => None,
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
            Kind::Extensions => {
                let extensions = some_extensions(sender, random);
                Some(Proposal::GroupContextExtensions(GroupContextExtensions { extensions }))
            }
        }
    }

    /// The clients that aren't members as `client` sees it.
    fn outsiders(&self, client: usize) -> Vec<usize> {
        let group = self.clients[client].group();
        let roster: Vec<Credential> = group.members().map(|member| member.credential).collect();
        let outside = |number: &usize| !roster.contains(&self.clients[*number].member.leaf.credential);
        (0..self.clients.len()).filter(outside).collect()
    }

    fn propose_update(&mut self, client: usize, random: &mut Random) -> Result<(), Fault> {
        let sender = &mut self.clients[client];
        sender.sign_as_member();
        let rotates = random.chance(30);
        let next = if rotates { sender.new_signer() } else { sender.member.signer.clone() };
        let member = &mut sender.member;
        let change = copath_group::LeafChange::default();
        let prepared = match member.group().propose_update(&change, &*member.signer, &*next, TIME) {
            Ok(prepared) => prepared,
            Err(error) => return refused(sender, "updates", &error),
        };
        let message = member.carry_out(prepared);
        let epoch = sender.epoch();
        for queued in sender.group().pending_proposals() {
            if let Proposal::Update(update) = queued.proposal
                && queued.sender
                    == (copath_messages::Sender::Member { leaf_index: sender.group().own_leaf().as_u32() })
            {
                let key = update.leaf_node.encryption_key.to_vec();
                self.updates.entry(key).or_insert((client, self.moment));
            }
        }
        self.summary.note(if rotates { Event::ProposedRotation } else { Event::ProposedUpdate });
        self.spread(client, epoch, encoded(&message), random);
        Ok(())
    }

    /// Sends a proposal to everybody else; some copies are lost.
    fn spread(&mut self, by: usize, epoch: u64, bytes: Vec<u8>, random: &mut Random) {
        let number = self.network.proposals.len();
        self.network.proposals.push(SentProposal { epoch, by, bytes });
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

    /// Lets `client` process a proposal, which succeeds if it is of the client's epoch.
    pub(super) fn hand_over_proposal(&mut self, client: usize, number: usize) -> Result<(), Fault> {
        let sent = &self.network.proposals[number];
        let (epoch, by, bytes) = (sent.epoch, sent.by, sent.bytes.clone());
        let recipient = &self.clients[client];
        let fits = recipient.epoch() == epoch && recipient.standing != Standing::Removed;
        let before = recipient.group().pending_proposals().count();
        let received = self.receive(client, &bytes)?;
        let recipient = &self.clients[client];
        let queued = recipient.group().pending_proposals().count() - before;
        match received {
            Ok(Outcome::Queued) if fits && queued == 1 => Ok(()),
            Ok(Outcome::Known) if fits => Ok(()),
            // A copy of a PrivateMessage that was opened already.
            Err(GroupError::Rejected(violation))
                if fits && violation.rule() == copath_rules::rule!("6.3.1-11") && before > 0 =>
            {
                Ok(())
            }
            Err(GroupError::WrongEpoch { .. } | GroupError::Misuse(Misuse::Removed)) if !fits => {
                self.summary.note(Event::StaleProposal);
                Ok(())
            }
            Ok(outcome) => fault(
                FaultKind::Accepted,
                format!("{}: {outcome:?} at a proposal of epoch {epoch}", recipient.member.name),
            ),
            Err(error) => {
                refused(recipient, &format!("gets a proposal of client {by} and epoch {epoch}"), &error)
            }
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

fn event(kind: Kind) -> Event {
    match kind {
        Kind::Add => Event::ProposedAdd,
        Kind::Update => Event::ProposedUpdate,
        Kind::Remove => Event::ProposedRemove,
        Kind::Leave => Event::ProposedLeaving,
        Kind::ExternalPsk => Event::ProposedExternalPsk,
        Kind::ResumptionPsk => Event::ProposedResumptionPsk,
        Kind::Extensions => Event::ProposedExtensions,
    }
}

/// Extensions that every client supports.
fn some_extensions(client: &Client, random: &mut Random) -> Extensions {
    let mut extensions = Extensions::new();
    if random.chance(50) {
        extensions.0.push(Extension::of(&RequiredCapabilities::default()).unwrap());
    }
    let senders = (0..random.below(3)).map(|_| ExternalSender {
        signature_key: client.signers[0].public_key().into(),
        credential: Credential::basic(b"the delivery service"),
    });
    let senders = ExternalSenders(senders.collect());
    if !senders.0.is_empty() {
        extensions.0.push(Extension::of(&senders).unwrap());
    }
    extensions
}
