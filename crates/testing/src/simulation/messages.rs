//! Application messages: in bursts, out of order, across epochs, again.

use copath_group::{GroupError, Misuse};

use super::carry::Crash;
use super::client::Standing;
use super::fault::{Fault, FaultKind, ensure, fault};
use super::network::SentData;
use super::summary::Event;
use super::world::{World, encoded, refused};
use crate::Random;

/// What has to become of a message at a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It is read: this is what happens then.
    Read(Event),
    /// It is known to be one's own.
    Own,
    /// It is refused, for this reason.
    Refused(Event),
}

impl World {
    pub(super) fn send(&mut self, client: usize, random: &mut Random) -> Result<(), Fault> {
        let burst = 1 + random.below(4);
        if self.clients[client].is_member() {
            for _ in 0..burst {
                self.send_one(client, random)?;
            }
        }
        Ok(())
    }

    fn send_one(&mut self, client: usize, random: &mut Random) -> Result<(), Fault> {
        let sender = &mut self.clients[client];
        sender.sign_as_member();
        let pending = sender.group().pending_proposals().count() > 0;
        let number = self.network.data.len();
        let data = [number.to_be_bytes().as_slice(), &vec![0; random.below(100)]].concat();
        let encrypted = sender.group().encrypt(&data, b"", &*sender.member.signer);
        match encrypted {
            Ok(prepared) if !pending => {
                let message = match sender.send(prepared) {
                    Ok(message) => message,
                    Err(Crash::Done) => {
                        self.summary.note(Event::SentAndLost);
                        return Ok(());
                    }
                    Err(Crash::Undone) => return Ok(()),
                };
                let signature_key = sender.member.signer.public_key().to_vec();
                let sent = SentData {
                    epoch: sender.epoch(),
                    by: client,
                    signature_key,
                    data,
                    bytes: encoded(&message),
                };
                self.network.data.push(sent);
                self.clients.iter_mut().for_each(|client| client.data.push(number));
                self.summary.note(Event::Sent);
                Ok(())
            }
            Err(GroupError::Misuse(Misuse::PendingProposals)) if pending => {
                self.summary.note(Event::SendRefused);
                Ok(())
            }
            Ok(_) => fault(FaultKind::Accepted, "sent while proposals are pending"),
            Err(error) => refused(sender, "sends", &error),
        }
    }

    pub(super) fn deliver_data(&mut self, client: usize, random: &mut Random) -> Result<(), Fault> {
        for _ in 0..=random.below(3) {
            let recipient = &mut self.clients[client];
            if !recipient.connected
                || !recipient.member.has_group()
                || recipient.standing == Standing::Outside
            {
                return Ok(());
            }
            let known = recipient.joined_at..=recipient.epoch();
            let fits = |number: usize| known.contains(&self.network.data[number].epoch);
            let Some(number) = random.take_mostly(&mut recipient.data, fits) else { return Ok(()) };
            if self.hand_over(client, number)? == Fate::Refused(Event::Overtaking) || random.chance(15) {
                self.clients[client].data.push(number);
            }
        }
        Ok(())
    }

    /// Lets `client` get everything that is on its way.
    pub(super) fn read_all(&mut self, client: usize) -> Result<(), Fault> {
        if self.clients[client].standing == Standing::Outside {
            return Ok(());
        }
        for number in std::mem::take(&mut self.clients[client].data) {
            self.hand_over(client, number)?;
        }
        Ok(())
    }

    fn hand_over(&mut self, client: usize, number: usize) -> Result<Fate, Fault> {
        let fate = self.fate(client, number);
        let bytes = self.network.data[number].bytes.clone();
        let recipient = &mut self.clients[client];
        let before = recipient.digest();
        let message = super::world::decoded(&bytes);
        let received = recipient.group().receive(&message, recipient.member.now);
        match (fate, received) {
            (Fate::Read(event), Ok(copath_group::Received::Application(prepared))) => {
                let read = recipient.carry_out(prepared);
                match read {
                    Ok(read) => {
                        self.summary.note(event);
                        self.check_read(client, number, &read)?;
                    }
                    // The key is used up, and what it opened is lost with the crash.
                    Err(Crash::Done) => {
                        self.clients[client].read.insert(number);
                        self.summary.note(Event::ReadAndLost);
                    }
                    Err(Crash::Undone) => self.clients[client].data.push(number),
                }
            }
            (Fate::Own, Ok(copath_group::Received::Known)) => self.summary.note(Event::OwnMessage),
            (Fate::Refused(event), Err(_)) => {
                ensure(before == recipient.digest(), FaultKind::Changed, || format!("by message {number}"))?;
                self.summary.note(event);
            }
            (Fate::Read(_), Err(error)) => {
                return refused(recipient, &format!("reads message {number}"), &error);
            }
            (fate, received) => {
                let name = &recipient.member.name;
                return fault(
                    FaultKind::Accepted,
                    format!("{name} gets message {number}: expected {fate:?}, found {received:?}"),
                );
            }
        }
        Ok(fate)
    }

    /// What the rules make of message `number` at `client`.
    fn fate(&self, client: usize, number: usize) -> Fate {
        let recipient = &self.clients[client];
        let sent = &self.network.data[number];
        let epoch = recipient.epoch();
        let window = recipient.member.settings.policy.past_epochs;
        if sent.epoch < recipient.joined_at {
            Fate::Refused(Event::BeforeJoining)
        } else if sent.epoch > epoch && recipient.standing == Standing::Removed {
            Fate::Refused(Event::AfterRemoval)
        } else if sent.epoch > epoch {
            Fate::Refused(Event::Overtaking)
        } else if sent.epoch == epoch && recipient.standing == Standing::Forked {
            Fate::Refused(Event::OtherFork)
        } else if epoch - sent.epoch > window {
            Fate::Refused(Event::TooLate)
        } else if sent.by == client {
            Fate::Own
        } else if recipient.read.contains(&number) {
            Fate::Refused(Event::Duplicate)
        } else if recipient.standing == Standing::Removed {
            Fate::Read(Event::ReadAfterRemoval)
        } else if sent.epoch < epoch {
            Fate::Read(Event::ReadLate)
        } else if self.read_later(client, number) {
            Fate::Read(Event::ReadOutOfOrder)
        } else {
            Fate::Read(Event::Read)
        }
    }

    /// Whether `client` has read a later message of the same sender and epoch.
    fn read_later(&self, client: usize, number: usize) -> bool {
        let sent = &self.network.data[number];
        let later = self.clients[client].read.range(number..).map(|later| &self.network.data[*later]);
        later.into_iter().any(|later| later.by == sent.by && later.epoch == sent.epoch)
    }

    fn check_read(
        &mut self,
        client: usize,
        number: usize,
        read: &copath_group::ApplicationMessage,
    ) -> Result<(), Fault> {
        let sent = &self.network.data[number];
        let sender = &self.clients[sent.by];
        let faithful = read.data == sent.data
            && read.epoch == sent.epoch
            && read.sender.signature_key.as_slice() == sent.signature_key
            && read.sender.credential == sender.member.leaf.credential;
        ensure(faithful, FaultKind::Altered, || {
            format!("client {client} reads message {number} as {read:?}")
        })?;
        let first = self.clients[client].read.insert(number);
        ensure(first, FaultKind::Accepted, || format!("client {client} reads message {number} twice"))
    }
}
