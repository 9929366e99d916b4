//! Time: it passes, clocks differ, key packages expire.

use copath_credentials::Timestamp;
use copath_group::{CommitOptions, GroupError, Misuse};
use copath_messages::{KeyPackage, LeafNodeSource, Lifetime, Proposal};
use copath_ratchet_tree::OldLeaves;

use super::fault::{Fault, FaultKind, ensure};
use super::summary::Event;
use super::world::World;
use crate::NOW;
use crate::Random;

const MINUTE: usize = 60;
const HOUR: usize = 60 * MINUTE;
const DAY: usize = 24 * HOUR;

/// The clocks of a simulation.
#[derive(Debug)]
pub(super) struct Clock {
    now: u64,
    /// Seconds by which each client's clock is ahead of one that is two hours slow.
    skews: Vec<u64>,
}

/// How far behind the slowest clock is.
const SLOWEST: u64 = 7200;

/// A key package that waits to be used.
#[derive(Debug)]
pub(super) struct Published {
    pub(super) client: usize,
    pub(super) key_package: KeyPackage,
}

impl Clock {
    /// Most clocks are right within minutes, some are wrong by up to two hours.
    pub(super) fn new(clients: usize, random: &mut Random) -> Self {
        let skews = (0..clients).map(|_| {
            let most = if random.chance(80) { 10 * MINUTE } else { 2 * HOUR };
            let off = u64::try_from(random.below(most)).unwrap();
            if random.chance(50) { SLOWEST + off } else { SLOWEST - off }
        });
        Self { now: NOW.0, skews: skews.collect() }
    }

    /// Seconds mostly, and now and then days.
    pub(super) fn tick(&mut self, random: &mut Random) {
        let most = match random.below(100) {
            0 => 20 * DAY,
            1..5 => DAY,
            5..20 => HOUR,
            _ => MINUTE,
        };
        self.now += u64::try_from(random.below(most)).unwrap();
    }

    /// What the clock of `client` says.
    pub(super) fn of(&self, client: usize) -> Timestamp {
        Timestamp(self.now - SLOWEST + self.skews[client])
    }
}

/// The lifetime of the key package that `proposal` would add.
pub(super) fn lifetime_of(proposal: &Proposal) -> Option<Lifetime> {
    match proposal {
        Proposal::Add(add) => match add.key_package.leaf_node.leaf_node_source {
            LeafNodeSource::KeyPackage(lifetime) => Some(lifetime),
            _ => None,
        },
        _ => None,
    }
}

impl World {
    /// Sets everybody's clock.
    pub(super) fn set_clocks(&mut self, clock: &Clock) {
        for (number, client) in self.clients.iter_mut().enumerate() {
            client.member.now = clock.of(number);
        }
    }

    /// A client puts a key package where others find it.
    pub(super) fn publish(&mut self, client: usize, random: &mut Random) {
        let owner = &mut self.clients[client];
        owner.sign_as_outsider();
        let days = random.pick(&[1, 1, 2, 5, 20]).unwrap();
        let key_package = owner.member.key_package_for(days);
        self.published.push(Published { client, key_package });
        self.summary.note(Event::KeyPackagePublished);
    }

    /// A key package of one of `clients`: a published one, which is used up then, or a fresh one.
    pub(super) fn key_package_of(&mut self, clients: &[usize], random: &mut Random) -> Option<KeyPackage> {
        let waiting = self.published.iter().enumerate();
        let waiting: Vec<usize> = waiting
            .filter(|(_, published)| clients.contains(&published.client))
            .map(|(number, _)| number)
            .collect();
        if random.chance(70)
            && let Some(number) = random.pick(&waiting)
        {
            return Some(self.published.swap_remove(number).key_package);
        }
        let owner = &mut self.clients[random.pick(clients)?];
        owner.sign_as_outsider();
        Some(owner.member.key_package())
    }

    /// Whether the clock of `client` allows it to send `proposal`; if not, the engine has to refuse (rule 7.3-09).
    pub(super) fn may_send(&mut self, client: usize, proposal: &Proposal) -> Result<bool, Fault> {
        let sender = &self.clients[client];
        let now = sender.member.now;
        if lifetime_of(proposal).is_none_or(|lifetime| lifetime.contains(now)) {
            return Ok(true);
        }
        let group = sender.group();
        let proposed = group.propose(proposal.clone(), &*sender.member.signer, now).map(drop);
        let committed = group.draft_commit(CommitOptions::new().propose(proposal.clone()), now).map(drop);
        let expected = copath_rules::rule!("7.3-09");
        let right = |outcome: &Result<(), GroupError>| match outcome {
            Err(GroupError::Misuse(Misuse::PendingCommit)) => true,
            Err(error) => error.rule() == Some(expected),
            Ok(()) => false,
        };
        ensure(right(&proposed) && right(&committed), FaultKind::Accepted, || {
            format!(
                "client {client} adds an expired key package: expected rule 7.3-09, found {proposed:?} and {committed:?}"
            )
        })?;
        self.summary.note(Event::ExpiredNotSent);
        Ok(false)
    }

    /// Whether the policy and the clock of `client` allow an Add with this lifetime to be received.
    pub(super) fn may_receive(&self, client: usize, lifetime: &Lifetime) -> bool {
        let member = &self.clients[client].member;
        let policy = &member.settings.policy.lifetimes;
        let begins = lifetime.not_before.saturating_sub(policy.clock_skew);
        let ends = lifetime.not_after.saturating_add(policy.clock_skew);
        policy.received_adds == OldLeaves::Accepted || (begins..=ends).contains(&member.now.0)
    }
}
