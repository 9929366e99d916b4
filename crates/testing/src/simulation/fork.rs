//! A delivery service that shows members different commits of one epoch.
//!
//! RFC 9750 §5.2 trusts it not to. A member can't tell at once, but agrees with nobody any more, and has to come back.

use copath_group::Merged;

use super::client::Standing;
use super::fault::{Fault, FaultKind, ensure};
use super::network::InFlight;
use super::summary::Event;
use super::view::View;
use super::world::{World, decoded};
use crate::Outcome;
use crate::Random;

impl World {
    /// Shows a commit that was refused to a member that hasn't seen the accepted one.
    pub(super) fn fork(&mut self, commit: &InFlight, random: &mut Random) -> Result<(), Fault> {
        let behind = |number: &usize| {
            let client = &self.clients[*number];
            let open = client.is_member() && !client.is_closed();
            open && client.epoch() == commit.epoch && *number != commit.facts.by
        };
        let victims: Vec<usize> = (0..self.clients.len()).filter(behind).collect();
        let Some(victim) = random.pick(&victims) else { return Ok(()) };
        self.fetch_proposals(victim)?;
        let message = decoded(&commit.bytes);
        let client = &mut self.clients[victim];
        // Not one that removes it, or that it can't process.
        let mut trial = client.member.stolen_copy();
        trial.psks.clone_from(&self.psks);
        if !matches!(trial.receive(&message), Ok(Outcome::Merged(Merged::Epoch(_)))) {
            return Ok(());
        }
        client.member.psks.clone_from(&self.psks);
        client.crash = None;
        let received = client.process(&message);
        ensure(matches!(received, Ok(Outcome::Merged(Merged::Epoch(_)))), FaultKind::Refused, || {
            format!("client {victim} gets a commit that its copy took: expected the same, found {received:?}")
        })?;
        client.standing = Standing::Forked;
        client.stolen = None;
        client.unsent.clear();
        let group_id = client.group().group_id().to_vec();
        client.forks.lock().unwrap().insert(group_id);
        self.summary.note(Event::Forked);
        self.check_forked(victim)
    }

    /// That a forked member sees another epoch than the others, by which it can be found out.
    pub(super) fn check_forked(&self, client: usize) -> Result<(), Fault> {
        let client = &self.clients[client];
        let Some(known) = self.epochs.get(&client.epoch()) else { return Ok(()) };
        let seen = View::of(client.group());
        let differs = seen.authenticator != known.authenticator && seen.exported != known.exported;
        ensure(differs, FaultKind::Accepted, || {
            format!(
                "{} is on a fork: expected another epoch authenticator, found the others'",
                client.member.name
            )
        })
    }
}
