//! All clients in one process, what they do at random, and what is checked when they start.

use std::path::Path;
use std::sync::{Arc, Mutex};

use copath::messages::{MlsMessage, MlsMessageBody};
use copath::{CryptoProvider, Error, Group, NewGroup, OutgoingKind, Suite};
use copath_codec::Decode;
use copath_provider_rustcrypto::RustCrypto;

use crate::delivery::{Delivery, Kind};
use crate::dice::Dice;
use crate::person::{Broken, NOW, PSK, Person, SUITE, Sabotage, group_id};
use crate::seals;

pub(crate) const PEOPLE: u8 = 5;
pub(crate) const GROUPS: u8 = 3;

/// How many messages a thread sends at once.
const ROUNDS: u8 = 3;

pub(crate) struct World {
    pub(crate) delivery: Delivery,
    people: Vec<Person>,
    dice: Dice,
    suite: Suite,
}

impl World {
    /// Starts all clients and sees that what they had is there and that no key was used twice.
    pub(crate) fn start(directory: &Path, seed: u64, sabotage: Sabotage) -> Result<(Self, usize), Broken> {
        let delivery = Delivery::open(&directory.join("delivery"));
        let sealed = seals::check(&directory.join("seals"), &delivery)?;
        let mut dice = Dice::new(seed);
        let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded(dice.seed()));
        let provider = seals::logged(provider, &directory.join("seals"));
        let suite = Suite::new(&provider, SUITE).unwrap();
        let people = (0..PEOPLE)
            .map(|number| Person::start(directory, number, &provider, sabotage))
            .collect::<Result<_, _>>()?;
        Ok((Self { delivery, people, dice, suite }, sealed))
    }

    /// Sends what may not have been sent, reads all that was sent, and sees that all agree.
    pub(crate) fn settle(&mut self) -> Result<(), Broken> {
        loop {
            let before = self.delivery.entries.len();
            for person in 0..self.people.len() {
                self.send_again(person)?;
            }
            for person in &mut self.people {
                while person.read_next(&self.delivery)? {}
            }
            if self.delivery.entries.len() == before {
                break;
            }
        }
        self.people.iter().try_for_each(Person::has_handled_all)?;
        self.agree()
    }

    fn agree(&self) -> Result<(), Broken> {
        for group in 0..GROUPS {
            let handles = self.people.iter().filter_map(|person| person.groups.get(&group));
            let mut active = handles.filter(|handle| !handle.is_removed());
            let Some(first) = active.next() else { continue };
            for other in active {
                if (first.epoch(), first.epoch_authenticator())
                    != (other.epoch(), other.epoch_authenticator())
                {
                    let who = [first, other].map(|group| (group.own_handle().leaf(), group.epoch()));
                    return Err(format!("group {group}: members disagree: {who:?}"));
                }
            }
        }
        Ok(())
    }

    /// What a client does for each group when it starts.
    fn send_again(&mut self, at: usize) -> Result<(), Broken> {
        let person = &mut self.people[at];
        let (number, dice, delivery) = (person.number, &mut self.dice, &mut self.delivery);
        let fail = |error: Error| format!("client {number} can't send again: {error}");
        for (group, handle) in &mut person.groups {
            let to = (number, number, *group);
            for outgoing in handle.outgoing().collect::<Vec<_>>() {
                let sent = delivery.find(&outgoing.message).is_some();
                match outgoing.kind {
                    OutgoingKind::Commit if sent => {}
                    OutgoingKind::Commit if dice.chance(30) => handle.drop_commit().map_err(fail)?,
                    OutgoingKind::Welcome => {
                        send_welcome(delivery, &self.suite, (number, *group), &outgoing.message);
                    }
                    _ if sent => {}
                    _ => drop(delivery.append(Kind::Message, to, &outgoing.message)),
                }
                handle.sent(&outgoing.message).map_err(fail)?;
            }
            welcome(delivery, &self.suite, (number, *group), handle).map_err(fail)?;
        }
        for id in person.client.external_joins().map_err(fail)? {
            let join = person.client.external_join(&id).map_err(fail)?;
            match delivery.find(join.message()) {
                Some(_) => {}
                None if dice.chance(30) => join.drop_join().map_err(fail)?,
                None => drop(delivery.append(Kind::Message, (number, number, id[1]), join.message())),
            }
        }
        Ok(())
    }

    /// Something at random.
    pub(crate) fn step(&mut self) -> Result<(), Broken> {
        let at = self.dice.below(self.people.len());
        let group = self.dice.below(usize::from(GROUPS)) as u8;
        if self.dice.chance(40) {
            for _ in 0..1 + self.dice.below(6) {
                self.people[at].read_next(&self.delivery)?;
            }
            return Ok(());
        }
        if self.dice.chance(3) {
            return self.look_after_stores(at, group);
        }
        let usable = self.people[at].groups.get(&group).is_some_and(|group| !group.is_removed());
        let outcome = match (usable, self.dice.below(10)) {
            (false, _) => self.enter(at, group),
            (true, 0..3) => self.say(at, group),
            (true, 3) => self.talk_everywhere(at),
            (true, 4..6) => self.propose(at, group),
            _ => self.commit(at, group),
        };
        match outcome {
            Ok(()) => Ok(()),
            // What the state of a group doesn't allow now, or what a rule forbids: nothing has changed.
            Err(Error::Misuse(copath::Misuse::Group(_)) | Error::Rejected(_)) => Ok(()),
            Err(error) => Err(format!("client {at} in group {group}: {error}")),
        }
    }

    fn say(&mut self, at: usize, group: u8) -> Result<(), Error> {
        let number = at as u8;
        let mut data = vec![number];
        data.extend_from_slice(&self.dice.seed());
        let Some(handle) = self.people[at].groups.get_mut(&group) else { return Ok(()) };
        let message = handle.encrypt(&data)?;
        self.delivery.append(Kind::Message, (number, number, group), &message);
        if self.dice.chance(90) { handle.sent(&message) } else { Ok(()) }
    }

    /// A thread for each group of a client.
    fn talk_everywhere(&mut self, at: usize) -> Result<(), Error> {
        let number = at as u8;
        let seed = self.dice.seed();
        let delivery = Mutex::new(&mut self.delivery);
        let talk = |group: u8, handle: &mut Group| -> Result<(), Error> {
            for round in 0..ROUNDS {
                let message = match handle.encrypt(&[&[number, group, round][..], &seed].concat()) {
                    Err(Error::Misuse(copath::Misuse::Group(_))) => return Ok(()),
                    message => message?,
                };
                delivery.lock().unwrap().append(Kind::Message, (number, number, group), &message);
                handle.sent(&message)?;
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let groups = self.people[at].groups.iter_mut();
            let threads: Vec<_> =
                groups.map(|(group, handle)| scope.spawn(|| talk(*group, handle))).collect();
            threads.into_iter().try_for_each(|thread| thread.join().unwrap())
        })
    }

    /// Moves a group to the other store of its client, or changes the keys of the one that is encrypted.
    fn look_after_stores(&mut self, at: usize, group: u8) -> Result<(), Broken> {
        let person = &mut self.people[at];
        if self.dice.chance(50) {
            return person
                .relocate(group)
                .map_err(|error| format!("client {at} can't move {group}: {error}"));
        }
        for home in &mut person.homes {
            if let Some(encryption) = &mut home.encryption {
                let rotated = encryption.rotate(&mut self.dice);
                rotated.map_err(|error| format!("client {at} can't change its keys: {error}"))?;
            }
        }
        Ok(())
    }

    fn propose(&mut self, at: usize, group: u8) -> Result<(), Error> {
        let number = at as u8;
        let newcomer = self.dice.below(usize::from(PEOPLE)) as u8;
        let Some(handle) = self.people[at].groups.get_mut(&group) else { return Ok(()) };
        let message = match self.dice.below(4) {
            0 => handle.propose_psk(PSK, NOW)?,
            1 => match self.delivery.key_package(newcomer, group) {
                Some(package) => handle.propose_add(package, NOW)?,
                None => return Ok(()),
            },
            _ => handle.propose_update(NOW)?,
        };
        self.delivery.append(Kind::Message, (number, number, group), &message);
        handle.sent(&message)
    }

    fn commit(&mut self, at: usize, group: u8) -> Result<(), Error> {
        let number = at as u8;
        let Some(handle) = self.people[at].groups.get_mut(&group) else { return Ok(()) };
        let message = if handle.lost_intents().is_some() {
            if self.dice.chance(30) {
                return handle.forget_lost_intents();
            }
            match handle.redo(NOW)?.message {
                Some(message) => message,
                None => return Ok(()),
            }
        } else {
            prepare(handle, &mut self.dice, &self.delivery, group)?
        };
        let sent = self.delivery.append(Kind::Message, (number, number, group), &message);
        let first = self.delivery.is_accepted(sent) && handle.pending_commit() == Some(&message);
        if first && self.dice.chance(50) {
            handle.accept_commit()?;
            welcome(&mut self.delivery, &self.suite, (number, group), handle)?;
        }
        Ok(())
    }

    /// A client that isn't in a group: it makes the group, asks to be added, or comes by itself.
    fn enter(&mut self, at: usize, group: u8) -> Result<(), Error> {
        let number = at as u8;
        let started = self.people.iter().any(|person| person.groups.contains_key(&group));
        if !started {
            if u8::try_from(at) == Ok(group) {
                let made =
                    self.people[at].client.create_group(NewGroup::new().group_id(group_id(group)), NOW)?;
                self.people[at].groups.insert(group, made);
            }
            return Ok(());
        }
        if self.dice.chance(80) {
            if self.delivery.key_package(number, group).is_none() {
                let package = self.people[at].client.key_package(NOW)?;
                self.delivery.append(Kind::KeyPackage, (number, number, group), &package);
            }
            return Ok(());
        }
        let member = self.people.iter().filter_map(|person| person.groups.get(&group));
        let Some(member) = member.into_iter().find(|group| !group.is_removed()) else { return Ok(()) };
        let info = member.group_info()?;
        if self.people[at].client.external_joins()?.contains(&group_id(group)) {
            return Ok(());
        }
        let join = self.people[at].client.rejoin(&info, None, NOW)?;
        self.delivery.append(Kind::Message, (number, number, group), join.message());
        Ok(())
    }
}

fn prepare(handle: &mut Group, dice: &mut Dice, delivery: &Delivery, group: u8) -> Result<Vec<u8>, Error> {
    let own = handle.own_handle();
    let others: Vec<_> =
        handle.members().map(|member| member.handle).filter(|member| *member != own).collect();
    let members = handle.member_count() as usize;
    let mut commit = handle.commit();
    match dice.below(6) {
        0 if !others.is_empty() && dice.below(usize::from(PEOPLE)) < members => {
            commit = commit.remove(others[dice.below(others.len())]);
        }
        1..4 => {
            let newcomer = dice.below(usize::from(PEOPLE)) as u8;
            if let Some(package) = delivery.key_package(newcomer, group) {
                commit = commit.add(package);
            }
        }
        4 => commit = commit.psk(PSK).without_path(),
        _ => {}
    }
    commit.prepare(NOW)
}

/// Sends the Welcomes that are owed.
fn welcome(delivery: &mut Delivery, suite: &Suite, from: (u8, u8), handle: &mut Group) -> Result<(), Error> {
    if !handle.owes_welcome() {
        return Ok(());
    }
    let message = handle.welcome()?;
    send_welcome(delivery, suite, from, &message);
    handle.welcome_sent()
}

/// To each client whose key package it is for.
fn send_welcome(delivery: &mut Delivery, suite: &Suite, (from, group): (u8, u8), message: &[u8]) {
    let MlsMessageBody::Welcome(welcome) = MlsMessage::from_bytes(message).unwrap().body else { return };
    let packages: Vec<_> = delivery
        .entries
        .iter()
        .filter(|entry| entry.kind == Kind::KeyPackage)
        .filter_map(|entry| match MlsMessage::from_bytes(&entry.octets).unwrap().body {
            MlsMessageBody::KeyPackage(package) => Some((entry.from, package.reference(suite).unwrap())),
            _ => None,
        })
        .collect();
    for (to, reference) in packages {
        if welcome.secrets.iter().any(|secret| secret.new_member.as_ref() == reference.as_ref()) {
            delivery.append(Kind::Welcome, (from, to, group), message);
        }
    }
}
