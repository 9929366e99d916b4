//! Stolen state: what an attacker can do with a copy of a store, and for how long.
//!
//! RFC 9420 §16.6: a member that replaces its keys is safe from a copy of its old state.

use std::collections::BTreeSet;

use copath_group::Merged;
use copath_records::RecordKind;

use super::client::payloads;
use super::fault::{Fault, FaultKind, ensure};
use super::summary::Event;
use super::world::{World, decoded};
use crate::{Member, Outcome};

/// A copy of a client's store, used to follow the group.
#[derive(Debug)]
pub(super) struct Stolen {
    thief: Member,
    at: u64,
}

/// The kinds of records whose content may not survive a recovery.
const KEYS: [RecordKind; 2] = [RecordKind::NODE_KEY, RecordKind::EPOCH_SECRETS];

impl World {
    pub(super) fn steal(&mut self, client: usize) {
        let victim = &mut self.clients[client];
        if victim.is_member() {
            victim.stolen = Some(Stolen { thief: victim.member.stolen_copy(), at: self.moment });
            self.summary.note(Event::Stolen);
        }
    }

    /// Lets the thief try the commit by which `client` has just left the epoch `left`.
    pub(super) fn follow(&mut self, client: usize, left: u64) -> Result<(), Fault> {
        let Some(mut stolen) = self.clients[client].stolen.take() else { return Ok(()) };
        let commit = self.network.commit(left).unwrap();
        let heals = commit.facts.heals(client, stolen.at);
        let message = decoded(&commit.bytes);
        stolen.thief.psks.clone_from(&self.psks);
        for number in self.network.proposals_of(left) {
            // Some are one's own, or known; the others are queued.
            let _ = stolen.thief.receive(&decoded(&self.network.proposals[number].bytes));
        }
        if stolen.thief.group().epoch() != left {
            return Ok(());
        }
        let outcome = stolen.thief.receive(&message);
        let outcome = match outcome {
            Ok(Outcome::Echo) => {
                let prepared = stolen.thief.group().accept_pending_commit().unwrap();
                Ok(Outcome::Merged(stolen.thief.carry_out(prepared)))
            }
            outcome => outcome,
        };
        let follows = matches!(outcome, Ok(Outcome::Merged(Merged::Epoch(_) | Merged::Reinitialized(_))))
            && stolen.thief.group().epoch_authenticator() == self.epochs[&(left + 1)].authenticator;
        if heals {
            self.summary.note(Event::Healed);
            ensure(!follows, FaultKind::NotHealed, || {
                format!("the thief of client {client} enters {}", left + 1)
            })?;
            return self.check_healed(client, &stolen);
        }
        if follows {
            self.summary.note(Event::ThiefFollowed);
            self.clients[client].stolen = Some(stolen);
        }
        Ok(())
    }

    /// That the client has no secret any more that the thief has: the API refuses the thief one's own commits, which
    /// proves nothing.
    fn check_healed(&self, client: usize, stolen: &Stolen) -> Result<(), Fault> {
        for kind in KEYS {
            let known: BTreeSet<Vec<u8>> =
                payloads(&*stolen.thief.store, kind, stolen.thief.group().group_id()).into_iter().collect();
            let kept =
                self.clients[client].records(kind).iter().filter(|record| known.contains(*record)).count();
            ensure(kept == 0, FaultKind::NotHealed, || {
                format!("client {client} keeps {kept} records of {kind:?}")
            })?;
        }
        Ok(())
    }
}
