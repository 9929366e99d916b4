//! What all members have to agree on, and who is where by it.

use super::{Outcome, World};
use crate::peer::{Operation, Peer, View};
use crate::watcher::Watcher;

impl World {
    /// What a member believes.
    ///
    /// # Errors
    /// It has no group.
    pub fn view(&mut self, number: usize) -> Outcome<View> {
        self.ask(number, "shows its view", Peer::view)
    }

    /// All members agree on the epoch.
    ///
    /// # Errors
    /// They don't.
    pub fn agree(&mut self) -> Outcome {
        let members = self.members();
        let Some((first, others)) = members.split_first() else { return Ok(()) };
        let expected = self.view(*first)?;
        if let Some(observed) = self.watcher.as_ref().map(Watcher::view) {
            let agrees = observed == (expected.epoch, expected.tree_hash.clone());
            self.expect(agrees, &format!("the observer sees {observed:?}, {first} sees {expected:?}"))?;
        }
        for other in others {
            let seen = self.view(*other)?;
            self.expect(seen == expected, &format!("{seen:?} differs from {expected:?}"))?;
        }
        self.roster = expected.roster;
        Ok(())
    }

    /// Operations by name, without their octets.
    pub(super) fn names(&self, operations: &[Operation]) -> String {
        let name = |operation: &Operation| match operation {
            Operation::Add(_) => "Add".to_owned(),
            Operation::Remove(leaf) => format!("Remove of {}", self.name_at(*leaf)),
            other => format!("{other:?}"),
        };
        let names: Vec<_> = operations.iter().map(name).collect();
        format!("[{}]", names.join(", "))
    }

    fn name_at(&self, leaf: u32) -> String {
        let found = self.roster.iter().find(|(at, ..)| *at == leaf);
        found.map_or_else(
            || "nobody".to_owned(),
            |(_, identity, _)| String::from_utf8_lossy(identity).into_owned(),
        )
    }
}
