//! A delivery service in memory: one inbox for each member.

use copath::{Event, Group, Timestamp};

use crate::failure::Failure;

/// Somebody who is in the group and at the table.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) name: String,
    pub(crate) group: Group,
    inbox: Vec<Vec<u8>>,
}

impl Seat {
    pub(crate) fn new(name: &str, group: Group) -> Self {
        Self { name: name.into(), group, inbox: Vec::new() }
    }
}

/// In which order an inbox is emptied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// As the messages were sent.
    AsSent,
    /// The last one first.
    Backwards,
}

/// Those who take part, with their inboxes.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) seats: Vec<Seat>,
    pub(crate) now: Timestamp,
}

impl Table {
    /// The seat of that number, counted around the table.
    pub(crate) fn seat(&mut self, number: usize) -> Result<&mut Seat, Failure> {
        let around = number.checked_rem(self.seats.len()).unwrap_or_default();
        self.seats.get_mut(around).ok_or(Failure::Undelivered { name: "nobody".into() })
    }

    /// Puts a message into everybody's inbox but that of the sender.
    pub(crate) fn post(&mut self, sender: &str, message: &[u8]) {
        for seat in self.seats.iter_mut().filter(|seat| seat.name != sender) {
            seat.inbox.push(message.to_vec());
        }
    }

    /// Empties all inboxes; what each seat made of each message.
    pub(crate) fn deliver(&mut self, order: Order) -> Result<Vec<(String, Event)>, Failure> {
        let mut events = Vec::new();
        for seat in &mut self.seats {
            let mut messages = std::mem::take(&mut seat.inbox);
            if order == Order::Backwards {
                messages.reverse();
            }
            for message in messages {
                events.push((seat.name.clone(), seat.group.receive_and_merge(&message, self.now)?));
            }
        }
        Ok(events)
    }

    /// Checks that all seats agree on the epoch: its number, its tree and its secrets.
    pub(crate) fn check_agreement(&self) -> Result<(), Failure> {
        let Some((first, others)) = self.seats.split_first() else { return Ok(()) };
        let (a, epoch) = (&first.group, first.group.epoch());
        let disagrees = |b: &Group| {
            b.epoch() != epoch
                || b.epoch_authenticator() != a.epoch_authenticator()
                || b.context() != a.context()
        };
        match others.iter().find(|other| disagrees(&other.group)) {
            None => Ok(()),
            Some(other) => {
                let (first, other) = (first.name.clone(), other.name.clone());
                Err(Failure::Disagreement { epoch, first, other })
            }
        }
    }
}
