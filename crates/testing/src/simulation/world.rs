//! The world: clients, the network between them, and what is known of each epoch.

use std::collections::BTreeMap;
use std::sync::Arc;

use copath_codec::{Decode, Encode};
use copath_group::{GroupError, HandshakeFormat, Padding};
use copath_messages::{Extensions, MlsMessage};

use super::Config;
use super::client::{Client, Standing, View};
use super::fault::{Fault, FaultKind, ensure, fault};
use super::key_use::{KeyWatch, KeysUsed};
use super::network::Network;
use super::random::Random;
use super::step::{Action, Step};
use super::summary::{Event, Summary};
use crate::{NOW, Outcome};

/// A simulated world.
#[derive(Debug)]
pub(super) struct World {
    pub(super) clients: Vec<Client>,
    pub(super) network: Network,
    /// What the first member to enter each epoch saw.
    pub(super) epochs: BTreeMap<u64, View>,
    /// External PSKs by id; clients learn them when they need them.
    pub(super) psks: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Whose Update brought an encryption key, and when.
    pub(super) updates: BTreeMap<Vec<u8>, (usize, u64)>,
    pub(super) summary: Summary,
    /// Steps taken.
    pub(super) moment: u64,
    keys_used: Arc<KeysUsed>,
}

impl World {
    /// A group of one, and clients outside of it.
    pub(super) fn new(config: &Config) -> Self {
        let (provider, keys_used) = KeyWatch::watch((config.provider)(config.seed));
        let mut random = Random::new(config.seed ^ 0x5eed);
        let names = (0..config.clients.max(1)).map(|number| format!("client {number}"));
        let clients = names.map(|name| {
            let mut client = Client::new(&provider, config.suite, &name);
            let policy = &mut client.member.settings.policy;
            policy.past_epochs = u64::try_from(random.below(5)).unwrap();
            if random.chance(40) {
                policy.handshake_format = HandshakeFormat::Public;
            }
            policy.padding = random.pick(&[Padding::None, Padding::Multiple(64), Padding::Padme]).unwrap();
            client
        });
        let clients = clients.collect();
        let mut world = Self {
            clients,
            network: Network::default(),
            epochs: BTreeMap::new(),
            psks: BTreeMap::new(),
            updates: BTreeMap::new(),
            summary: Summary::default(),
            moment: 0,
            keys_used,
        };
        world.found(0);
        world
    }

    /// Starts over with a group of one.
    pub(super) fn found(&mut self, client: usize) {
        self.network = Network::default();
        self.epochs.clear();
        self.clients.iter_mut().for_each(Client::start_over);
        let founder = &mut self.clients[client];
        founder.sign_as_outsider();
        founder.member.create(Extensions::default());
        founder.standing = Standing::Member;
        self.epochs.insert(0, View::of(founder.group()));
        self.summary.note(Event::Founded);
    }

    /// Carries out a step, and checks what has to hold after it.
    pub(super) fn take(&mut self, step: &Step) -> Result<(), Fault> {
        self.moment += 1;
        let mut random = Random::new(step.choice);
        let client = self.actor(step);
        self.act(step.action, client, &mut random)?;
        ensure(!self.keys_used.any_twice(), FaultKind::KeyReuse, || format!("at {:?}", step.action))?;
        if self.clients[client].member.has_group() {
            self.check_epoch(client)?;
            self.clients[client].check_stored()?;
        }
        Ok(())
    }

    /// The client that a step is for: the one that it names, or the next one for which there is something to do.
    fn actor(&self, step: &Step) -> usize {
        let all = self.clients.len();
        let mut turn = (0..all).map(|turn| (step.client + turn) % all);
        let can_act = |number: usize| {
            let client = &self.clients[number];
            match step.action {
                Action::Propose | Action::Commit | Action::Send | Action::Steal => client.is_member(),
                Action::Drop => client.is_member() && client.group().has_pending_commit(),
                Action::DeliverCommit => client.is_member() && client.epoch() < self.network.epoch(),
                Action::DeliverProposal => client.is_member() && !client.proposals.is_empty(),
                Action::DeliverData => client.standing != Standing::Outside && !client.data.is_empty(),
                Action::DeliverWelcome => !client.mail.is_empty(),
                Action::JoinExternally => !client.is_member(),
                _ => client.standing != Standing::Outside,
            }
        };
        turn.find(|number| can_act(*number)).unwrap_or(step.client % all)
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
            Action::Reload => self.reload(client),
            Action::Corrupt => self.corrupt(client, random),
            Action::Partition => {
                self.partition(client);
                Ok(())
            }
            Action::Steal => {
                self.steal(client);
                Ok(())
            }
            Action::CatchUp => self.catch_up(random),
        }
    }

    /// Brings everything to everybody, and checks that all members agree.
    pub(super) fn settle(&mut self, random: &mut Random) -> Result<(), Fault> {
        self.clients.iter_mut().for_each(|client| client.connected = true);
        while !self.network.in_flight.is_empty() {
            self.submit(random)?;
        }
        self.catch_up(random)?;
        for client in 0..self.clients.len() {
            while !self.clients[client].mail.is_empty() {
                self.deliver_welcome(client, random)?;
            }
        }
        self.catch_up(random)?;
        for client in 0..self.clients.len() {
            self.read_all(client)?;
            if self.clients[client].is_member() {
                self.check_epoch(client)?;
                self.clients[client].check_stored()?;
            }
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
        let known = self.epochs.entry(client.epoch()).or_insert_with(|| seen.clone());
        ensure(*known == seen, FaultKind::Disagreement, || {
            format!("{} sees {seen:?}, others {known:?}", client.member.name)
        })
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
            Ok(message) => client.member.receive(&message),
            Err(error) => Err(error),
        };
        let refused = matches!(received, Err(_) | Ok(Outcome::Known | Outcome::Echo));
        ensure(!refused || before == client.digest(), FaultKind::Changed, || {
            format!("{} at {received:?}", client.member.name)
        })?;
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

    fn partition(&mut self, client: usize) {
        let client = &mut self.clients[client];
        client.connected = !client.connected;
        if !client.connected {
            self.summary.note(Event::Partitioned);
        }
    }
}

/// A message as it travels.
pub(super) fn encoded(message: &MlsMessage) -> Vec<u8> {
    message.to_bytes().unwrap()
}

/// A message as it arrives.
pub(super) fn decoded(bytes: &[u8]) -> MlsMessage {
    MlsMessage::from_bytes(bytes).unwrap()
}

/// Fails because something valid was refused.
pub(super) fn refused<T>(client: &Client, what: &str, error: &GroupError) -> Result<T, Fault> {
    fault(FaultKind::Refused, format!("{} {what}: {error:?}", client.member.name))
}

/// The time, which stands still.
pub(super) const TIME: copath_credentials::Timestamp = NOW;
