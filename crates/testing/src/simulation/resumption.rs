//! Groups that come out of other groups: successors after a ReInit, and branches.
//!
//! RFC 9420 §11.2 and §11.3.

use copath_group::{
    BranchParameters, Group, GroupError, ParentNeed, Resumption, ResumptionDraft, ResumptionParameters,
};
use copath_messages::{KeyPackage, MlsMessageBody};

use super::client::Standing;
use super::extensions::members_of;
use super::fault::{Fault, FaultKind, ensure, fault};
use super::step::Step;
use super::summary::Event;
use super::universe::Universe;
use super::world::{World, decoded, encoded, refused};
use crate::Random;

/// The epoch of a group after its first commit.
const FIRST_SHARED_EPOCH: u64 = 1;

/// What becomes of who makes a new group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// All goes well.
    Goes,
    /// It crashes when the group is stored, and goes on.
    Recovers,
    /// It crashes and never comes back to it: somebody else has to.
    Vanishes,
}

impl Universe {
    /// Members of a closed group make its successor, several perhaps; the delivery service takes the first.
    pub(super) fn succeed(&mut self, place: usize, random: &mut Random) -> Result<(), Fault> {
        let Some(new) = self.worlds[place].successor.and_then(|id| self.place_of(id)) else { return Ok(()) };
        let mut candidates: Vec<usize> = (0..self.worlds[place].clients.len())
            .filter(|number| self.worlds[place].clients[*number].is_closed())
            .collect();
        if random.chance(30)
            && let Some(member) = random.pick(&candidates)
        {
            return self.worlds[place].check_closed(member);
        }
        let makers = if random.chance(30) { 2 } else { 1 };
        for _ in 0..makers {
            let Some(maker) = random.take(&mut candidates) else { return Ok(()) };
            if self.worlds[new].clients[maker].is_member() {
                continue;
            }
            let mut others = members_of(self.worlds[place].clients[maker].group(), &self.worlds[place]);
            others.retain(|other| *other != maker);
            self.make_successor((place, new), maker, &others, random)?;
        }
        Ok(())
    }

    fn make_successor(
        &mut self,
        (place, new): (usize, usize),
        maker: usize,
        others: &[usize],
        random: &mut Random,
    ) -> Result<(), Fault> {
        let [old, new] = self.worlds.get_disjoint_mut([place, new]).unwrap();
        let packages = new.key_packages_for(maker, others, random);
        let old = old.clients[maker].group();
        let suite = new.clients[maker].member.suite.clone();
        let drafted = |parameters: &ResumptionParameters, resumption: &Resumption<'_>| {
            old.draft_successor(&suite, parameters, resumption)
        };
        let Some(group) = new.draft_new(maker, packages, drafted)? else { return Ok(()) };
        if !new.is_awaited {
            // Another member was faster, and the group's id is taken.
            new.summary.note(Event::SecondSuccessorRefused);
            return Ok(());
        }
        let fate = random.pick(&[Fate::Goes, Fate::Goes, Fate::Recovers, Fate::Vanishes]).unwrap();
        if fate == Fate::Vanishes {
            if random.chance(50) {
                new.clients[maker].member.enter(group);
                new.clients[maker].member.forget();
            }
            new.summary.note(Event::InitiatorVanished);
            return Ok(());
        }
        new.is_awaited = false;
        new.enter_first(maker, group, fate)?;
        new.summary.note(Event::SuccessorMade);
        if others.is_empty() { Ok(()) } else { new.welcome(maker, random) }
    }

    /// A member makes a branch with some of the others; the group goes on.
    pub(super) fn branch(&mut self, place: usize, step: &Step, random: &mut Random) -> Result<(), Fault> {
        let Some(maker) = self.worlds[place].actor(step) else { return Ok(()) };
        let open = self.worlds.iter().filter(|world| world.network.reinit().is_none()).count();
        if open > 2 || random.chance(50) {
            return Ok(());
        }
        let mut candidates = self.worlds[place].roster(maker);
        candidates.retain(|other| *other != maker);
        let mut chosen = Vec::new();
        for _ in 0..=random.below(candidates.len()) {
            chosen.extend(random.take(&mut candidates));
        }
        let suite = self.worlds[place].suite;
        let mut new = self.beside(place, suite, random);
        let packages = new.key_packages_for(maker, &chosen, random);
        let parent = self.worlds[place].clients[maker].group();
        let branch = BranchParameters::default();
        let drafted = |parameters: &ResumptionParameters, resumption: &Resumption<'_>| {
            parent.draft_branch(&branch, parameters, resumption)
        };
        let Some(group) = new.draft_new(maker, packages, drafted)? else {
            self.past.add(&new.summary);
            return Ok(());
        };
        let fate = random.pick(&[Fate::Goes, Fate::Recovers]).unwrap();
        new.enter_first(maker, group, fate)?;
        new.summary.note(Event::Branched);
        new.welcome(maker, random)?;
        self.worlds.push(new);
        Ok(())
    }

    /// A client gets a message of another group: as it is, and as if it were of its own.
    pub(super) fn eavesdrop(&mut self, place: usize, step: &Step, random: &mut Random) -> Result<(), Fault> {
        let other = random.below(self.worlds.len());
        let network = &self.worlds[other].network;
        let Some(message) =
            random.pick(&network.data.iter().map(|sent| sent.bytes.clone()).collect::<Vec<_>>())
        else {
            return Ok(());
        };
        let Some(client) = self.worlds[place].actor(step).filter(|_| other != place) else { return Ok(()) };
        let world = &mut self.worlds[place];
        let received = world.receive(client, &message)?;
        ensure(received == Err(GroupError::WrongGroup), FaultKind::Accepted, || {
            format!(
                "client {client} gets a message of another group: expected WrongGroup, found {received:?}"
            )
        })?;
        let mut relabelled = decoded(&message);
        if let MlsMessageBody::PrivateMessage(message) = &mut relabelled.body {
            message.group_id = world.clients[client].group().group_id().clone();
            message.epoch = world.clients[client].epoch();
        }
        let received = world.receive(client, &encoded(&relabelled))?;
        world.summary.note(Event::OtherGroupRefused);
        ensure(received.is_err(), FaultKind::Accepted, || {
            format!(
                "client {client} reads a message of another group: expected a refusal, found {received:?}"
            )
        })
    }
}

impl World {
    /// A fresh key package of each, mostly made when the clock of `maker` allowed it.
    fn key_packages_for(&mut self, maker: usize, clients: &[usize], random: &mut Random) -> Vec<KeyPackage> {
        let now = self.clients[maker].member.now;
        let in_time = random.chance(85);
        clients
            .iter()
            .map(|number| {
                let client = &mut self.clients[*number];
                client.sign_as_outsider();
                let clock = client.member.now;
                if in_time {
                    client.member.now = clock.min(now);
                }
                let key_package = client.member.key_package();
                client.member.now = clock;
                key_package
            })
            .collect()
    }

    /// The group that `maker` drafts and finishes.
    fn draft_new(
        &mut self,
        maker: usize,
        key_packages: Vec<KeyPackage>,
        draft: impl FnOnce(&ResumptionParameters, &Resumption<'_>) -> Result<ResumptionDraft, GroupError>,
    ) -> Result<Option<Group>, Fault> {
        let client = &mut self.clients[maker];
        client.sign_as_outsider();
        // The others' clocks may be ahead.
        let may_send = |package: &KeyPackage| {
            let lifetime = super::clock::lifetime_of(&crate::add(package.clone()));
            lifetime.is_none_or(|lifetime| lifetime.contains(client.member.now))
        };
        let all_valid = key_packages.iter().all(may_send);
        let parameters = client.member.resumption_parameters(key_packages);
        let drafted = draft(&parameters, &client.member.resumption());
        let member = &mut client.member;
        let made = drafted.and_then(|draft| {
            let answers = member.answer(draft.needs());
            draft.finish(&*member.signer, answers)
        });
        match made {
            Ok(group) if all_valid => Ok(Some(group)),
            Err(error) if !all_valid && error.rule() == Some(copath_rules::rule!("7.3-09")) => {
                self.summary.note(Event::ExpiredNotSent);
                Ok(None)
            }
            Err(error) => refused(client, "makes a group out of another", &error),
            Ok(_) => fault(FaultKind::Accepted, format!("client {maker} uses a key package out of its time")),
        }
    }

    /// `maker` has the new group.
    fn enter_first(&mut self, maker: usize, group: Group, fate: Fate) -> Result<(), Fault> {
        let client = &mut self.clients[maker];
        client.member.enter(group);
        if fate == Fate::Recovers {
            client.member.reload();
            self.summary.note(Event::InitiatorRecovered);
        }
        self.network.first_epoch = FIRST_SHARED_EPOCH;
        self.joined(maker);
        self.check(maker)
    }

    /// A client can't join for want of the group that the new one comes out of: it hasn't come so far, or has
    /// forgotten it.
    pub(super) fn parent_missing(
        &mut self,
        client: usize,
        number: usize,
        need: &ParentNeed,
    ) -> Result<(), Fault> {
        let member = &self.clients[client].member;
        let provider = member.suite.provider();
        let parent = Group::load(&*member.store, provider, &member.settings, &need.group_id).unwrap();
        let known = parent.as_ref().is_some_and(|parent| {
            !parent.is_removed()
                && (parent.epoch() == need.epoch || parent.past_epochs().contains(&need.epoch))
        });
        ensure(!known, FaultKind::Refused, || {
            format!(
                "client {client} joins: expected that it knows the parent's epoch {}, found none",
                need.epoch
            )
        })?;
        if parent.is_some_and(|parent| !parent.is_removed() && parent.epoch() < need.epoch) {
            self.clients[client].mail.push(number);
            self.summary.note(Event::ParentBehind);
        } else {
            self.summary.note(Event::ParentForgotten);
        }
        ensure(self.clients[client].standing != Standing::Member, FaultKind::Accepted, || {
            format!("client {client} is a member and isn't")
        })
    }
}
