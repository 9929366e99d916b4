//! Joining: by Welcome and by external commit.

use copath_group::{
    ExternalJoinOptions, ExternalJoins, Group, GroupError, Misuse, PolicyRefusal, Resync, TreeTransfer,
};
use copath_messages::{
    FramedContentBody, MlsMessage, MlsMessageBody, PreSharedKeyId, Psk, ResumptionPskUsage,
};

use super::client::Standing;
use super::fault::{Fault, FaultKind, ensure, fault};
use super::network::{CommitFacts, InFlight};
use super::registered::self_remove;
use super::summary::Event;
use super::world::{World, decoded, encoded, refused};
use crate::Random;

impl World {
    pub(super) fn deliver_welcome(&mut self, client: usize, random: &mut Random) -> Result<(), Fault> {
        if !self.clients[client].connected {
            return Ok(());
        }
        if random.chance(15) {
            self.misdirect(client, random)?;
        }
        let Some(number) = random.take(&mut self.clients[client].mail) else { return Ok(()) };
        let recipient = &self.clients[client];
        let outdated = match recipient.standing {
            Standing::Outside => false,
            // It will see its removal before it can join again.
            Standing::Member => true,
            Standing::Stuck | Standing::Removed | Standing::Forked => {
                self.network.mail[number].epoch <= recipient.epoch()
            }
        };
        if outdated { Ok(()) } else { self.join(client, number) }
    }

    fn join(&mut self, client: usize, number: usize) -> Result<(), Fault> {
        loop {
            match self.open_welcome(client, number)? {
                Ok(()) => break,
                Err(GroupError::MissingPsk(id)) => match id.psk {
                    Psk::External { psk_id } => self.learn_psk(client, &psk_id),
                    Psk::Resumption { psk_epoch, .. } => {
                        let own = &self.clients[client].member;
                        let known = own.has_group() && own.group().resumption_psk(psk_epoch).is_some();
                        self.summary.note(Event::WelcomeWithoutPsk);
                        return ensure(!known, FaultKind::Refused, || {
                            format!(
                                "client {client} joins: expected that it knows the PSK of epoch {psk_epoch}"
                            )
                        });
                    }
                },
                Err(GroupError::MissingParent(need)) => return self.parent_missing(client, number, &need),
                // What it knows of the group, or of the one that it comes out of, isn't what the others know.
                Err(_) if self.clients[client].is_on_a_fork() => {
                    self.summary.note(Event::ParentForgotten);
                    return Ok(());
                }
                Err(error) => return refused(&self.clients[client], "joins", &error),
            }
        }
        let epoch = self.network.mail[number].epoch;
        self.summary.note(if self.network.epoch() - epoch > 2 {
            Event::JoinedLate
        } else {
            Event::JoinedByWelcome
        });
        self.joined(client);
        ensure(self.clients[client].epoch() == epoch, FaultKind::Disagreement, || {
            format!("client {client} joined at {}, not {epoch}", self.clients[client].epoch())
        })?;
        self.check_epoch(client)?;
        let again = self.open_welcome(client, number)?;
        ensure(again == Err(GroupError::NoKeyPackage), FaultKind::Accepted, || {
            format!("client {client} joins twice by one Welcome: {again:?}")
        })
    }

    /// Tries a Welcome; a refusal changes nothing.
    fn open_welcome(&mut self, client: usize, number: usize) -> Result<Result<(), GroupError>, Fault> {
        let mail = &self.network.mail[number];
        let welcome = decoded(&mail.bytes);
        let recipient = &mut self.clients[client];
        let before = recipient.digest();
        let joined = recipient.member.join(&welcome, mail.tree.clone());
        ensure(joined.is_ok() || recipient.digest() == before, FaultKind::Changed, || {
            format!("{} at a Welcome: {joined:?}", recipient.member.name)
        })?;
        Ok(joined)
    }

    /// A Welcome for somebody else.
    fn misdirect(&mut self, client: usize, random: &mut Random) -> Result<(), Fault> {
        let number = random.below(self.network.mail.len());
        if number >= self.network.mail.len() || self.clients[client].mail.contains(&number) {
            return Ok(());
        }
        let addressees = super::network::addressees(&decoded(&self.network.mail[number].bytes));
        let own = &self.clients[client].member.key_packages;
        if addressees.iter().any(|reference| own.contains_key(reference)) {
            return Ok(());
        }
        let refusal = self.open_welcome(client, number)?;
        self.summary.note(Event::WelcomeRefused);
        ensure(refusal == Err(GroupError::NoKeyPackage), FaultKind::Accepted, || {
            format!("client {client} at somebody else's Welcome: {refusal:?}")
        })
    }

    pub(super) fn joined(&mut self, client: usize) {
        let joiner = &mut self.clients[client];
        joiner.unsent.clear();
        joiner.standing = Standing::Member;
        joiner.forks.lock().unwrap().remove(&**joiner.group().group_id());
        joiner.joined_at = joiner.epoch();
        joiner.stolen = None;
    }

    /// Makes an external commit, from outside or to replace an older leaf.
    pub(super) fn join_externally(&mut self, client: usize, random: &mut Random) -> Result<(), Fault> {
        let joiner = &self.clients[client];
        if !joiner.connected || self.network.is_joining(client) || (joiner.is_member() && !random.chance(20))
        {
            return Ok(());
        }
        if !self.has_members() {
            if !self.is_awaited {
                self.found(client, random);
            }
            return Ok(());
        }
        let Some(source) = random.pick(&self.up_to_date(client)) else { return Ok(()) };
        let transfer = random.pick(&[TreeTransfer::Inside, TreeTransfer::Outside]).unwrap();
        let source = &mut self.clients[source];
        source.sign_as_member();
        let group = source.group();
        let info = group.group_info(transfer, ExternalJoins::Possible, &*source.member.signer);
        let info = match info {
            Ok(info) => info,
            Err(error) => return refused(source, "makes a GroupInfo", &error),
        };
        let beside = (transfer == TreeTransfer::Outside).then(|| group.export_ratchet_tree().unwrap());
        let epoch = info.group_context.epoch;
        let tree = beside.map(|tree| self.tree_for_joiners(epoch, tree, random)).transpose()?;
        let welcome_here = self.fits(client, &info.group_context.extensions);
        let options = self.join_options(client, epoch, random);
        let over_leaving = !options.pending.is_empty();
        let proven = self.rules.resync == Resync::Allowed
            || options.replaces.is_none()
            || options.psks.iter().any(|id| matches!(id.psk, Psk::Resumption { .. }));
        let joiner = &mut self.clients[client];
        joiner.sign_as_outsider();
        let pending = match joiner.member.prepare_external_join(info, tree, options) {
            Ok(pending) if welcome_here && proven => pending,
            Err(GroupError::Misuse(Misuse::Policy(PolicyRefusal::Resync))) if !proven => {
                self.summary.note(Event::ResyncRefused);
                return Ok(());
            }
            Ok(_) => {
                let detail = format!("client {client} joins without an extension or a proof that it needs");
                return fault(FaultKind::Accepted, detail);
            }
            Err(_) if !welcome_here => {
                self.summary.note(Event::JoinNotSupported);
                return Ok(());
            }
            Err(error) => return refused(joiner, "joins externally", &error),
        };
        if over_leaving {
            self.summary.note(Event::JoinedOverSelfRemove);
        }
        let facts = CommitFacts::of_join(client, self.moment);
        self.network.in_flight.push(InFlight {
            epoch: self.network.epoch(),
            bytes: encoded(&pending.message),
            facts,
            join: Some(Box::new(pending.group)),
        });
        Ok(())
    }

    /// Replaces the leaf that the joiner has in the newest epoch, and perhaps injects an external PSK.
    fn join_options(&mut self, client: usize, epoch: u64, random: &mut Random) -> ExternalJoinOptions {
        let credential = &self.clients[client].member.leaf.credential;
        let source = self.up_to_date(client).into_iter().find(|other| self.clients[*other].epoch() == epoch);
        let mut members = source.into_iter().flat_map(|source| self.clients[source].group().members());
        let old = members.find(|member| member.credential == *credential);
        let mut options = ExternalJoinOptions::default();
        options.replaces = old.map(|member| member.handle.leaf());
        drop(members);
        let known: Vec<Vec<u8>> = self.psks.keys().cloned().collect();
        if let Some(id) = random.pick(&known)
            && random.chance(30)
        {
            self.clients[client].member.psks.clone_from(&self.psks);
            let psk = Psk::External { psk_id: id.into() };
            options.psks.push(PreSharedKeyId { psk, psk_nonce: Vec::new().into() });
        }
        if random.chance(60) {
            options.pending = self.leaving(epoch);
        }
        let proves = self.rules.resync == Resync::WithResumptionPsk;
        if (proves && options.replaces.is_some()) || random.chance(30) {
            options.psks.extend(self.old_membership(client));
        }
        options
    }

    /// The messages by which members leave in `epoch`.
    pub(super) fn leaving(&self, epoch: u64) -> Vec<MlsMessage> {
        let of_epoch = self.network.proposals.iter().filter(|sent| sent.epoch == epoch);
        let messages = of_epoch.map(|sent| decoded(&sent.bytes));
        messages.filter(leaves).collect()
    }

    /// The newest resumption PSK of its old state, for a client that comes back.
    fn old_membership(&self, client: usize) -> Option<PreSharedKeyId> {
        let member = &self.clients[client].member;
        let old = member.has_group().then(|| member.group())?;
        let is_forked = self.clients[client].standing == Standing::Forked;
        let psk_epoch = old.epoch() - u64::from(is_forked);
        old.resumption_psk(psk_epoch)?;
        let psk_group_id = old.group_id().clone();
        let psk = Psk::Resumption { usage: ResumptionPskUsage::Application, psk_group_id, psk_epoch };
        Some(PreSharedKeyId { psk, psk_nonce: Vec::new().into() })
    }

    /// The delivery service has accepted the external commit of `client`.
    pub(super) fn joined_externally(
        &mut self,
        client: usize,
        group: Group,
        random: &mut Random,
    ) -> Result<(), Fault> {
        if random.chance(8) {
            // It crashed before it stored the group: it has to join once more.
            self.summary.note(Event::JoinLost);
            return Ok(());
        }
        let joiner = &mut self.clients[client];
        let had_leaf = matches!(joiner.standing, Standing::Member | Standing::Stuck | Standing::Forked);
        self.summary.note(if had_leaf { Event::Resynchronized } else { Event::JoinedExternally });
        joiner.member.enter(group);
        self.joined(client);
        self.check_epoch(client)
    }
}

/// Whether the message is a SelfRemove.
fn leaves(message: &MlsMessage) -> bool {
    match &message.body {
        MlsMessageBody::PublicMessage(message) => match &message.content.body {
            FramedContentBody::Proposal(proposal) => proposal.proposal_type() == self_remove(),
            _ => false,
        },
        _ => false,
    }
}
