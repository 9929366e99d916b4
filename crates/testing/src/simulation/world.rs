//! A world: one group, the clients that are or may come to be in it, the network between them, and what is known of
//! each epoch.

use std::collections::BTreeMap;

use copath_codec::{Decode, Encode};
use copath_crypto::CipherSuite;
use copath_group::{GroupError, Misuse};
use copath_messages::{Extensions, MlsMessage};

use super::carry::CrashPoint;
use super::client::{Client, Standing};
use super::clock::Published;
use super::fault::{Fault, FaultKind, ensure, ensure_same, fault};
use super::network::Network;
use super::observer::Observer;
use super::registered::registered;
use super::rules::Rules;
use super::step::{Action, Step};
use super::summary::{Event, Summary};
use super::view::{PublicView, View};
use crate::Outcome;
use crate::Random;

/// A simulated world.
#[derive(Debug)]
pub(super) struct World {
    /// Unlike that of all other worlds of a run.
    pub(super) id: usize,
    pub(super) suite: CipherSuite,
    /// What holds for all clients.
    pub(super) rules: Rules,
    pub(super) clients: Vec<Client>,
    pub(super) network: Network,
    /// What the first member to enter each epoch saw.
    pub(super) epochs: BTreeMap<u64, View>,
    /// What the observer saw of epochs.
    pub(super) observed: BTreeMap<u64, PublicView>,
    pub(super) observer: Option<Observer>,
    /// External PSKs by id; clients learn them when they need them.
    pub(super) psks: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Whose Update brought an encryption key, and when.
    pub(super) updates: BTreeMap<Vec<u8>, (usize, u64)>,
    /// Key packages that wait to be used.
    pub(super) published: Vec<Published>,
    /// Whether this is a successor that nobody has made yet.
    pub(super) is_awaited: bool,
    /// The world of the successor, once a ReInit has closed the group.
    pub(super) successor: Option<usize>,
    pub(super) summary: Summary,
    /// Steps taken.
    pub(super) moment: u64,
}

impl World {
    /// A world in which nobody has a group yet.
    pub(super) fn new(
        (id, suite): (usize, CipherSuite),
        rules: Rules,
        mut clients: Vec<Client>,
        random: &mut Random,
    ) -> Self {
        clients.iter_mut().for_each(|client| rules.apply(client, random));
        Self {
            id,
            suite,
            rules,
            clients,
            network: Network::default(),
            epochs: BTreeMap::new(),
            observed: BTreeMap::new(),
            observer: None,
            psks: BTreeMap::new(),
            updates: BTreeMap::new(),
            published: Vec::new(),
            is_awaited: false,
            successor: None,
            summary: Summary::default(),
            moment: 0,
        }
    }

    /// Starts over with a group of one.
    pub(super) fn found(&mut self, client: usize, random: &mut Random) {
        self.network = Network::default();
        self.epochs.clear();
        self.observed.clear();
        self.observer = None;
        self.is_awaited = false;
        self.clients.iter_mut().for_each(Client::start_over);
        let extensions =
            if random.chance(50) { self.context_extensions(client, random) } else { Extensions::default() };
        let founder = &mut self.clients[client];
        founder.sign_as_outsider();
        founder.member.create(extensions);
        founder.standing = Standing::Member;
        self.epochs.insert(0, View::of(founder.group()));
        self.summary.note(Event::Founded);
    }

    /// Carries out a step, and checks what has to hold after it.
    pub(super) fn take(&mut self, step: &Step, random: &mut Random) -> Result<(), Fault> {
        let Some(client) = self.actor(step) else { return Ok(()) };
        self.act(step.action, client, random)?;
        self.note_crashes();
        self.check(client)
    }

    /// That `client` agrees with everybody, and its store with its memory.
    pub(super) fn check(&mut self, client: usize) -> Result<(), Fault> {
        if self.clients[client].member.has_group() && self.clients[client].standing != Standing::Outside {
            match self.clients[client].standing {
                Standing::Forked => self.check_forked(client)?,
                _ => self.check_epoch(client)?,
            }
            self.clients[client].check_stored()?;
        }
        Ok(())
    }

    /// The client that a step is for: the one that it names, or the next one for which there is something to do.
    pub(super) fn actor(&self, step: &Step) -> Option<usize> {
        let all = self.clients.len();
        let mut turn = (0..all).map(|turn| (step.client + turn) % all);
        turn.find(|number| self.can_act(step.action, *number))
    }

    fn can_act(&self, action: Action, number: usize) -> bool {
        let client = &self.clients[number];
        match action {
            Action::Propose | Action::Send => client.is_member() && !client.is_closed(),
            Action::Commit => {
                client.is_member() && !client.is_closed() && !client.group().has_pending_commit()
            }
            Action::Steal => client.is_member(),
            Action::Drop => client.is_member() && client.group().has_pending_commit(),
            Action::DeliverCommit => client.is_member() && client.epoch() < self.network.epoch(),
            Action::DeliverProposal => client.is_member() && !client.proposals.is_empty(),
            Action::DeliverData => client.standing != Standing::Outside && !client.data.is_empty(),
            Action::DeliverWelcome => !client.mail.is_empty(),
            Action::JoinExternally => {
                !client.is_member() && !self.is_awaited && self.network.reinit().is_none()
            }
            Action::Publish => true,
            Action::AskToJoin => client.standing == Standing::Outside && self.has_members(),
            Action::Succeed => client.is_closed(),
            Action::Branch => client.is_member() && !client.is_closed() && client.group().member_count() > 1,
            Action::ServerPropose | Action::Observe => self.has_members() && number == 0,
            _ => client.standing != Standing::Outside,
        }
    }

    fn act(&mut self, action: Action, client: usize, random: &mut Random) -> Result<(), Fault> {
        match action {
            Action::Propose => self.propose(client, random),
            Action::Commit => self.commit(client, random),
            Action::Race => self.race(random),
            Action::Submit => self.submit(random),
            Action::Drop => self.drop_commit(client, random),
            Action::DeliverCommit => self.deliver_commit(client, random),
            Action::DeliverProposal => self.deliver_proposal(client, random),
            Action::DeliverData => self.deliver_data(client, random),
            Action::DeliverWelcome => self.deliver_welcome(client, random),
            Action::Send => self.send(client, random),
            Action::JoinExternally => self.join_externally(client, random),
            Action::AskToJoin => self.ask_to_join(client, random),
            Action::ServerPropose => self.propose_from_outside(random),
            Action::Observe => self.observe(random),
            Action::Reload => self.reload(client),
            Action::Corrupt => self.corrupt(client, random),
            Action::CatchUp => self.catch_up(random),
            Action::Publish => {
                self.publish(client, random);
                Ok(())
            }
            Action::Crash => {
                self.clients[client].crash = random.pick(&CrashPoint::ALL);
                Ok(())
            }
            Action::Partition => {
                self.partition(client);
                Ok(())
            }
            Action::Steal => {
                self.steal(client);
                Ok(())
            }
            // These concern more than one world.
            Action::Succeed | Action::Branch | Action::Eavesdrop => Ok(()),
        }
    }

    /// Brings everything to everybody, and checks that all members agree.
    pub(super) fn settle(&mut self, random: &mut Random) -> Result<(), Fault> {
        for client in &mut self.clients {
            client.connected = true;
            client.crash = None;
        }
        while !self.network.in_flight.is_empty() {
            self.submit(random)?;
        }
        self.catch_up(random)?;
        for client in 0..self.clients.len() {
            for _ in 0..self.clients[client].mail.len() {
                self.deliver_welcome(client, random)?;
            }
        }
        self.catch_up(random)?;
        while self.observer.as_ref().is_some_and(|observer| observer.epoch() < self.network.epoch()) {
            self.observe(random)?;
        }
        for client in 0..self.clients.len() {
            self.read_all(client)?;
            self.check(client)?;
        }
        Ok(())
    }

    /// That `client` sees its epoch as everybody else does.
    pub(super) fn check_epoch(&mut self, client: usize) -> Result<(), Fault> {
        let client = &self.clients[client];
        let mut seen = View::of(client.group());
        if client.group().is_removed() {
            // It has erased the exporter secret, and agrees on the rest.
            match self.epochs.get(&client.epoch()) {
                Some(known) => seen.exported.clone_from(&known.exported),
                None => return Ok(()),
            }
        }
        let epoch = client.epoch();
        let who = || format!("{} in epoch {epoch} of group {}", client.member.name, self.id);
        if let Some(observed) = self.observed.get(&epoch) {
            ensure_same(seen.public.difference(observed), FaultKind::Disagreement, || {
                format!("{}, and the observer", who())
            })?;
        }
        let known = self.epochs.entry(epoch).or_insert_with(|| seen.clone());
        ensure_same(seen.difference(known), FaultKind::Disagreement, who)
    }

    /// That a closed group refuses everything but what was sent before (RFC 9420 §11.2).
    pub(super) fn check_closed(&mut self, client: usize) -> Result<(), Fault> {
        let closed = &mut self.clients[client];
        closed.sign_as_member();
        let (group, signer, now) = (closed.group(), &*closed.member.signer, closed.member.now);
        let leaf = copath_group::LeafChange::default();
        let remove = crate::remove(group.own_leaf());
        let refusals = [
            ("sends data", group.encrypt(b"", b"", signer).map(drop)),
            ("proposes", group.propose(remove, signer, now).map(drop)),
            ("updates", group.propose_update(&leaf, signer, signer, now).map(drop)),
            ("commits", group.draft_commit(copath_group::CommitOptions::new(), now).map(drop)),
            (
                "invites",
                group
                    .group_info(
                        copath_group::TreeTransfer::Outside,
                        copath_group::ExternalJoins::Possible,
                        signer,
                    )
                    .map(drop),
            ),
        ];
        for (what, refusal) in refusals {
            ensure(refusal == Err(Misuse::Reinitialized.into()), FaultKind::Accepted, || {
                format!("client {client} {what} in a closed group: expected a refusal, found {refusal:?}")
            })?;
        }
        self.summary.note(Event::ClosedRefused);
        Ok(())
    }

    /// Lets `client` process `bytes`, and checks that a refusal changes nothing.
    pub(super) fn receive(
        &mut self,
        client: usize,
        bytes: &[u8],
    ) -> Result<Result<Outcome, GroupError>, Fault> {
        let client = &mut self.clients[client];
        let before = client.digest();
        let received = match client.group().decode(bytes) {
            Ok(message) => client.process(&message),
            Err(error) => Err(error),
        };
        let refused = matches!(received, Err(_) | Ok(Outcome::Known | Outcome::Echo));
        ensure(
            !refused || client.crashed.is_some() || before == client.digest(),
            FaultKind::Changed,
            || format!("{} after {received:?}", client.member.name),
        )?;
        Ok(received)
    }

    /// The clients that take part, at the newest epoch, beside `client`.
    pub(super) fn up_to_date(&self, client: usize) -> Vec<usize> {
        let current = |number: &usize| {
            let other = &self.clients[*number];
            *number != client && other.is_member() && other.epoch() == self.network.epoch()
        };
        (0..self.clients.len()).filter(current).collect()
    }

    /// Whether anybody takes part.
    pub(super) fn has_members(&self) -> bool {
        self.clients.iter().any(Client::is_member)
    }

    fn partition(&mut self, client: usize) {
        let client = &mut self.clients[client];
        client.connected = !client.connected;
        if !client.connected {
            self.summary.note(Event::Partitioned);
        }
    }

    /// Where everybody is, for the log.
    pub(super) fn positions(&self) -> String {
        let position = |client: &Client| match client.member.has_group() {
            true => format!("{:?} {}", client.standing, client.epoch()),
            false => "-".to_owned(),
        };
        let clients: Vec<String> = self.clients.iter().map(position).collect();
        format!("epoch {}, clients {}", self.network.epoch(), clients.join(", "))
    }

    fn note_crashes(&mut self) {
        for client in &mut self.clients {
            match client.crashed.take() {
                None => {}
                Some(CrashPoint::Prepared) => self.summary.note(Event::CrashedBeforeStore),
                Some(CrashPoint::Stored) => self.summary.note(Event::CrashedBeforeApply),
                Some(CrashPoint::Applied) => self.summary.note(Event::CrashedBeforeRelease),
            }
        }
    }
}

/// A message as it travels.
pub(super) fn encoded(message: &MlsMessage) -> Vec<u8> {
    message.to_bytes().unwrap()
}

/// A message as it arrives.
pub(super) fn decoded(bytes: &[u8]) -> MlsMessage {
    MlsMessage::from_bytes_in(bytes, registered().decode_context()).unwrap()
}

/// Fails because something valid was refused.
pub(super) fn refused<T>(client: &Client, what: &str, error: &GroupError) -> Result<T, Fault> {
    fault(FaultKind::Refused, format!("{} {what}: expected success, found {error:?}", client.member.name))
}
