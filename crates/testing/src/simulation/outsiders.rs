//! Proposals from outside: external senders, and clients that ask to join.
//!
//! RFC 9420 §12.1.8.

use copath_group::{ExternalJoins, ExternalProposer, GroupError, TreeTransfer};
use copath_messages::{ExternalSender, GroupContext, GroupContextExtensions, GroupInfo, Proposal};

use super::clock::lifetime_of;
use super::fault::{Fault, FaultKind, ensure, fault};
use super::network::{Origin, SentProposal};
use super::registered::{note, registered};
use super::rules::Server;
use super::summary::Event;
use super::world::{World, encoded, refused};
use crate::Random;
use crate::{add, external_psk, remove};

impl World {
    /// A GroupInfo of a member that can make one; not always one of the newest epoch.
    fn some_group_info(&mut self, random: &mut Random) -> Result<Option<(usize, GroupInfo)>, Fault> {
        let able = |number: &usize| self.clients[*number].is_member() && !self.clients[*number].is_closed();
        let current: Vec<usize> = self.up_to_date(usize::MAX).into_iter().filter(able).collect();
        let all: Vec<usize> = (0..self.clients.len()).filter(able).collect();
        let sources = if random.chance(80) && !current.is_empty() { current } else { all };
        let Some(source) = random.pick(&sources) else { return Ok(None) };
        let member = &mut self.clients[source];
        member.sign_as_member();
        let signer = &*member.member.signer;
        match member.group().group_info(TreeTransfer::Outside, ExternalJoins::Impossible, signer) {
            Ok(info) => Ok(Some((source, info))),
            Err(error) => refused(member, "makes a GroupInfo", &error),
        }
    }

    /// A client asks to be added.
    pub(super) fn ask_to_join(&mut self, client: usize, random: &mut Random) -> Result<(), Fault> {
        let Some((_, info)) = self.some_group_info(random)? else { return Ok(()) };
        let context = info.group_context;
        let newcomer = &mut self.clients[client];
        newcomer.sign_as_outsider();
        let member = &mut newcomer.member;
        let key_package = member.key_package();
        let reference = key_package.reference(&member.suite).unwrap();
        let secrets = &member.key_packages[reference.as_ref()];
        let made = secrets.propose_self_add(&member.suite, &context.group_id, context.epoch, &*member.signer);
        let message = match made {
            Ok(message) => message,
            Err(error) => return refused(newcomer, "asks to join", &error),
        };
        self.summary.note(Event::AskedToJoin);
        let sent = SentProposal {
            epoch: context.epoch,
            by: Origin::Newcomer(client),
            lifetime: lifetime_of(&add(key_package)),
            bytes: encoded(&message),
        };
        self.spread(sent, random);
        Ok(())
    }

    /// An external sender proposes something, as a GroupInfo or the observer tells it the group's state.
    pub(super) fn propose_from_outside(&mut self, random: &mut Random) -> Result<(), Fault> {
        let Some((source, info)) = self.some_group_info(random)? else { return Ok(()) };
        let server = random.below(self.rules.servers.len());
        let sender = self.rules.servers[server].clone();
        let proposer = match self.proposer(&sender, &info, random)? {
            Some(proposer) => proposer,
            None => return self.no_sender(&sender, source, &info.group_context),
        };
        let Some(proposal) = self.proposal_from_outside(source, random) else { return Ok(()) };
        let message = match proposer.propose(proposal.clone(), &*sender.signer) {
            Ok(message) => message,
            Err(error) => {
                return fault(
                    FaultKind::Refused,
                    format!("a server proposes: expected success, found {error:?}"),
                );
            }
        };
        self.summary.note(Event::ProposedByServer);
        let epoch = info.group_context.epoch;
        let lifetime = lifetime_of(&proposal);
        let sent = SentProposal { epoch, by: Origin::Server(server), lifetime, bytes: encoded(&message) };
        self.spread(sent, random);
        Ok(())
    }

    /// The sender in the group of `info`, if it is among the external senders.
    fn proposer(
        &mut self,
        sender: &Server,
        info: &GroupInfo,
        random: &mut Random,
    ) -> Result<Option<ExternalProposer>, Fault> {
        let context = &info.group_context;
        let listed: Vec<ExternalSender> = context.extensions.external_senders().unwrap().unwrap_or_default();
        let index = listed.iter().position(|entry| *entry.signature_key == *sender.signer.public_key());
        let suite = self.clients[0].member.suite.clone();
        let found = ExternalProposer::of_group_info_in(suite.provider(), registered(), info, &*sender.signer);
        ensure(found.is_ok() == index.is_some(), FaultKind::Accepted, || {
            format!("a server that is at {index:?} of the external senders: found {found:?}")
        })?;
        let observed = self.observer.as_ref().map(|observer| observer.group.public_state());
        match (index, observed) {
            (Some(index), Some(state)) if state.epoch() == context.epoch && random.chance(50) => {
                self.summary.note(Event::ProposedByObserver);
                let group_id = context.group_id.clone();
                let index = u32::try_from(index).unwrap();
                let proposer = ExternalProposer::new(&suite, group_id, context.epoch, index);
                Ok(Some(proposer.with_registrations(registered())))
            }
            (Some(_), _) => Ok(found.ok()),
            (None, _) => Ok(None),
        }
    }

    /// Whoever isn't among the external senders is refused by members, whatever place it claims.
    fn no_sender(&mut self, sender: &Server, member: usize, context: &GroupContext) -> Result<(), Fault> {
        let suite = self.clients[member].member.suite.clone();
        let proposer = ExternalProposer::new(&suite, context.group_id.clone(), context.epoch, 0);
        let removal = remove(self.clients[member].group().own_leaf());
        let message = proposer.propose(removal, &*sender.signer).unwrap();
        let received = self.receive(member, &encoded(&message))?;
        self.summary.note(Event::ServerRefused);
        ensure(matches!(received, Err(GroupError::Rejected(_))), FaultKind::Accepted, || {
            format!(
                "client {member} gets a proposal of no external sender: expected a rejection, found {received:?}"
            )
        })
    }

    /// Something that an external sender may propose to the group as `member` sees it.
    fn proposal_from_outside(&mut self, member: usize, random: &mut Random) -> Option<Proposal> {
        match random.below(13) {
            0..5 => {
                let roster = self.roster(member);
                let outside: Vec<usize> =
                    (0..self.clients.len()).filter(|number| !roster.contains(number)).collect();
                self.key_package_of(&outside, random).map(add)
            }
            5..8 => {
                let others = self.clients[member].others();
                (others.len() > 1).then(|| random.pick(&others).map(remove)).flatten()
            }
            8..10 => {
                let suite = self.clients[member].member.suite.clone();
                let id = self.psks.len().to_be_bytes().to_vec();
                self.psks.insert(id.clone(), suite.random_bytes(suite.hash_length()).unwrap());
                Some(external_psk(&suite, &id))
            }
            10 => {
                let extensions = self.context_extensions(member, random);
                Some(Proposal::GroupContextExtensions(GroupContextExtensions { extensions }))
            }
            11 => Some(note(random)),
            _ => random.chance(30).then(|| self.reinit(member, random)),
        }
    }
}
