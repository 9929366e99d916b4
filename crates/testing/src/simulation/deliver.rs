//! Commits of others, in their order, and what they leave a member with.

use copath_group::{GroupError, Merged, Misuse};
use copath_messages::Psk;
use copath_records::RecordKind;

use super::client::{Client, Standing};
use super::fault::{Fault, FaultKind, ensure};
use super::summary::Event;
use super::world::{World, refused};
use crate::Outcome;
use crate::Random;

impl World {
    pub(super) fn deliver_commit(&mut self, client: usize, random: &mut Random) -> Result<(), Fault> {
        let recipient = &self.clients[client];
        if !recipient.connected || !recipient.is_member() {
            return Ok(());
        }
        let left = recipient.epoch();
        let behind = self.network.epoch() - left;
        let Some(commit) = self.network.commit(left) else { return Ok(()) };
        let (bytes, by, lifetimes) = (commit.bytes.clone(), commit.facts.by, commit.facts.lifetimes.clone());
        let mut fetched = false;
        loop {
            match self.receive(client, &bytes)? {
                Ok(Outcome::Echo) => {
                    self.summary.note(Event::Echo);
                    return self.accept(client, random);
                }
                Ok(Outcome::Merged(merged)) => {
                    let late = if behind > 1 { Event::CommitProcessedLate } else { Event::CommitProcessed };
                    self.summary.note(late);
                    return self.merged(client, left, &merged);
                }
                Err(GroupError::MissingPsk(id)) => match id.psk {
                    Psk::External { psk_id }
                        if !self.clients[client].member.psks.contains_key(psk_id.as_slice()) =>
                    {
                        self.learn_psk(client, &psk_id);
                    }
                    Psk::Resumption { psk_epoch, .. } if self.has_forgotten(client, psk_epoch) => {
                        return self.stuck(client);
                    }
                    _ => return refused(&self.clients[client], "lacks a PSK", &GroupError::MissingPsk(id)),
                },
                Err(GroupError::Misuse(Misuse::DroppedCommit)) if by == client => return self.stuck(client),
                Err(_) if !fetched => {
                    fetched = true;
                    self.fetch_proposals(client)?;
                }
                // It refused an Add that its clock says is late; the others took it (decision 0004).
                Err(_) if fetched && lifetimes.iter().any(|lifetime| !self.may_receive(client, lifetime)) => {
                    self.summary.note(Event::StuckByClock);
                    return self.stuck(client);
                }
                Err(error) => {
                    let what = format!("gets the commit of client {by} that ends epoch {left}");
                    return refused(&self.clients[client], &what, &error);
                }
                Ok(outcome) => {
                    let name = &self.clients[client].member.name;
                    let detail = format!("{name} gets a commit: expected an epoch, found {outcome:?}");
                    return super::fault::fault(FaultKind::Accepted, detail);
                }
            }
        }
    }

    fn merged(&mut self, client: usize, left: u64, merged: &Merged) -> Result<(), Fault> {
        let recipient = &mut self.clients[client];
        recipient.unsent.clear();
        if *merged == Merged::Removed {
            recipient.standing = Standing::Removed;
            recipient.stolen = None;
            self.summary.note(Event::Removed);
            ensure(recipient.group().is_removed(), FaultKind::Accepted, || {
                format!("client {client} is removed: expected that it knows, found it active")
            })?;
            return self.check_erased(client);
        }
        self.entered(client, left)
    }

    /// That a removed member has erased what it doesn't need to read late messages (rule 12.4.2-13).
    fn check_erased(&self, client: usize) -> Result<(), Fault> {
        let removed = &self.clients[client];
        for kind in
            [RecordKind::NODE_KEY, RecordKind::PROPOSAL, RecordKind::PENDING_COMMIT, RecordKind::WELCOME]
        {
            let kept = removed.records(kind).len();
            ensure(kept == 0, FaultKind::Kept, || {
                format!("client {client}, removed: expected no record of {kind:?}, found {kept}")
            })?;
        }
        // It has four secrets less of this length, at least.
        let octets =
            |client: &Client| client.records(RecordKind::EPOCH_SECRETS).iter().map(Vec::len).sum::<usize>();
        let others = self.clients.iter().filter(|other| other.is_member());
        let least = others.map(octets).min().unwrap_or(usize::MAX);
        let secret = removed.member.suite.hash_length();
        ensure(octets(removed) + 4 * secret <= least, FaultKind::Kept, || {
            let kept = octets(removed);
            format!(
                "client {client}, removed: expected fewer secrets than the {least} octets of members, found {kept}"
            )
        })
    }

    /// What is checked when `client` has left the epoch `left` for the next one.
    pub(super) fn entered(&mut self, client: usize, left: u64) -> Result<(), Fault> {
        ensure(self.clients[client].epoch() == left + 1, FaultKind::Disagreement, || {
            format!("client {client} left epoch {left} for {}", self.clients[client].epoch())
        })?;
        self.check_epoch(client)?;
        self.follow(client, left)
    }

    /// Whether `client` joined after `epoch`, or doesn't keep its resumption PSK any more.
    fn has_forgotten(&self, client: usize, epoch: u64) -> bool {
        let client = &self.clients[client];
        epoch < client.joined_at || epoch + client.member.settings.policy.resumption_epochs < client.epoch()
    }

    pub(super) fn learn_psk(&mut self, client: usize, id: &[u8]) {
        self.summary.note(Event::PskLearned);
        let psk = self.psks[id].clone();
        self.clients[client].member.psks.insert(id.to_vec(), psk);
    }

    fn stuck(&mut self, client: usize) -> Result<(), Fault> {
        self.clients[client].standing = Standing::Stuck;
        self.clients[client].stolen = None;
        self.summary.note(Event::Stuck);
        Ok(())
    }

    /// Brings all proposals and commits to everybody who is connected.
    pub(super) fn catch_up(&mut self, random: &mut Random) -> Result<(), Fault> {
        for client in 0..self.clients.len() {
            if !self.clients[client].connected {
                continue;
            }
            while self.clients[client].is_member() && self.clients[client].epoch() < self.network.epoch() {
                self.deliver_commit(client, random)?;
            }
        }
        Ok(())
    }
}
