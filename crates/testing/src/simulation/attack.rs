//! Damaged messages, and clients that go on from their stores.

use super::client::Standing;
use super::fault::{Fault, FaultKind, ensure, fault};
use super::summary::Event;
use super::world::World;
use crate::Outcome;
use crate::Random;

impl World {
    /// Lets a client get a damaged copy of a message, which has to be refused.
    pub(super) fn corrupt(&mut self, client: usize, random: &mut Random) -> Result<(), Fault> {
        if !self.clients[client].member.has_group() || self.clients[client].standing == Standing::Outside {
            return Ok(());
        }
        let Some(mut bytes) = self.some_message(client, random) else { return Ok(()) };
        damage(&mut bytes, random);
        match self.receive(client, &bytes)? {
            Err(_) | Ok(Outcome::Known) => {
                self.summary.note(Event::Corrupted);
                Ok(())
            }
            Ok(outcome) => {
                fault(FaultKind::Accepted, format!("client {client}: {outcome:?} at a damaged message"))
            }
        }
    }

    /// A message, preferably one that the client could process now if it weren't damaged.
    fn some_message(&self, client: usize, random: &mut Random) -> Option<Vec<u8>> {
        let epoch = self.clients[client].epoch();
        let relevant = random.chance(80);
        let network = &self.network;
        let sent: Vec<(u64, &Vec<u8>)> = match random.below(3) {
            0 => network.commits().map(|(epoch, commit)| (epoch, &commit.bytes)).collect(),
            1 => network.proposals.iter().map(|sent| (sent.epoch, &sent.bytes)).collect(),
            _ => network.data.iter().map(|sent| (sent.epoch, &sent.bytes)).collect(),
        };
        let fitting: Vec<_> = sent.iter().filter(|(of, _)| *of == epoch).copied().collect();
        let chosen = if relevant && !fitting.is_empty() { fitting } else { sent };
        random.pick(&chosen).map(|(_, bytes)| bytes.clone())
    }

    /// The client goes on from its store, which has to be the same.
    pub(super) fn reload(&mut self, client: usize) -> Result<(), Fault> {
        let client = &mut self.clients[client];
        if !client.member.has_group() || client.standing == Standing::Outside {
            return Ok(());
        }
        client.check_stored()?;
        client.member.reload();
        ensure(client.member.has_group(), FaultKind::Reload, || {
            format!("{} has lost its group", client.member.name)
        })?;
        let pending = client.group().has_pending_commit();
        self.summary.note(if pending { Event::ReloadedPending } else { Event::Reloaded });
        Ok(())
    }
}

/// Changes, cuts off, adds or swaps octets.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len());
    match random.below(10) {
        0 => bytes.truncate(at),
        1 => bytes.push(0),
        2 => bytes.insert(at, 0),
        _ => bytes[at] ^= 1 << random.below(8),
    }
}
