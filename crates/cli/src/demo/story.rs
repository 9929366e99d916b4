//! The state of the demo between its steps.

use copath::tree_math::LeafIndex;
use copath::{Group, Timestamp};

use super::cast::{Cast, Names, Person};
use super::delivery::{Order, Seat, Table};
use super::report::{Report, duration, size};
use crate::clock::Stopwatch;
use crate::failure::Failure;
use crate::output::say;
use crate::tree::drawing;
use crate::tree::fold::Fold;

/// Groups up to this size have everybody at the table; of larger ones a sample is.
const ALL_SEATED: usize = 24;
/// How many of a large group are at the table.
const SAMPLE: usize = 8;

/// The table, and what is known around it.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) table: Table,
    pub(crate) cast: Cast,
    pub(crate) report: Report,
    started: Stopwatch,
}

impl Story {
    /// The first member creates the group.
    pub(crate) fn begin(cast: Cast, mut report: Report, now: Timestamp) -> Result<Self, Failure> {
        let started = Stopwatch::start();
        let creator = cast.members.first().ok_or(Failure::Undelivered { name: "nobody".into() })?;
        report.step(&format!("{} creates a group", creator.name))?;
        let group = creator.client.create_group(copath::NewGroup::new(), now)?;
        report.line(&format!("group id {}", hex::encode(group.group_id())))?;
        let seats = vec![Seat::new(&creator.name, group)];
        Ok(Self { table: Table { seats, now }, cast, report, started })
    }

    /// The members who sit at the table once they have joined, the creator left out.
    pub(crate) fn joiners(&self) -> Vec<&Person> {
        let members = &self.cast.members;
        let stride = if members.len() <= ALL_SEATED { 1 } else { members.len() / SAMPLE };
        members.iter().step_by(stride.max(1)).skip(1).collect()
    }

    /// Sends a commit that its sender has prepared: everybody merges it, the sender has it accepted.
    pub(crate) fn commit(&mut self, sender: usize, what: &str, message: &[u8]) -> Result<(), Failure> {
        let seat = self.table.seat(sender)?;
        let name = seat.name.clone();
        seat.group.accept_commit()?;
        self.report.sent(&format!("commit of {name}: {what}"), message.len())?;
        self.table.post(&name, message);
        self.table.deliver(Order::AsSent)?;
        Ok(())
    }

    /// Checks that all agree, and says so.
    pub(crate) fn agree(&self) -> Result<(), Failure> {
        self.table.check_agreement()?;
        if let Some(seat) = self.table.seats.first() {
            let group = &seat.group;
            self.report.agreed(group.epoch(), group.epoch_authenticator(), self.table.seats.len())?;
        }
        Ok(())
    }

    /// Draws the ratchet tree; of a large one the paths of the creator and of `leaf`.
    pub(crate) fn draw(&self, leaf: LeafIndex) -> Result<(), Failure> {
        let Some(seat) = self.table.seats.first() else { return Ok(()) };
        let group = &seat.group;
        let tree = group.engine().tree();
        let leaves = [group.own_handle().leaf(), leaf];
        let small = usize::try_from(group.member_count()).is_ok_and(|count| count <= ALL_SEATED + 1);
        let fold = if small { Fold::nothing() } else { Fold::around(&leaves, tree.size()) };
        self.report.drawing(&drawing::draw(tree, &fold))
    }

    /// Where the last one at the table is in the tree.
    pub(crate) fn last_leaf(&self) -> LeafIndex {
        self.table.seats.last().map_or(LeafIndex::FIRST, |seat| seat.group.own_handle().leaf())
    }

    /// What it all came to.
    pub(crate) fn end(&self) -> Result<(), Failure> {
        let Some(seat) = self.table.seats.first() else { return Ok(()) };
        let tree = seat.group.export_tree().map_or(0, |tree| tree.len());
        say!(
            "\n{} members, tree of {}, {} altogether.",
            seat.group.member_count(),
            size(tree),
            duration(self.started.elapsed())
        )
    }
}

/// The handle of the member with this name.
pub(crate) fn handle_of(group: &Group, names: &Names, name: &str) -> Result<copath::MemberHandle, Failure> {
    let found = group.members().find(|member| names.of(&member.signature_key) == name);
    found.map(|member| member.handle).ok_or_else(|| Failure::Undelivered { name: name.into() })
}
