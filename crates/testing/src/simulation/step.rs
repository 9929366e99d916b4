//! The script of a run: what is tried, by whom, in which order.

use core::fmt;

use crate::Random;

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $weight:literal,)*) => {
        /// What one step tries; a step whose action isn't possible does nothing.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        /// Each action, as often as it is drawn.
        const WEIGHTS: &[(Action, usize)] = &[$((Action::$name, $weight),)*];
    };
}

actions! {
    /// A member sends a proposal.
    Propose = 18,
    /// A member makes a commit, which is in flight then.
    Commit = 22,
    /// Several members of the newest epoch make commits, of which one can win.
    Race = 3,
    /// A commit in flight reaches the delivery service, which accepts or refuses it.
    Submit = 24,
    /// A member drops its pending commit.
    Drop = 2,
    /// A member gets the next commit.
    DeliverCommit = 44,
    /// A client gets a proposal, not necessarily the oldest.
    DeliverProposal = 22,
    /// A client gets an application message, not necessarily the oldest.
    DeliverData = 30,
    /// A client gets a Welcome.
    DeliverWelcome = 18,
    /// A member sends application messages.
    Send = 14,
    /// A client makes an external commit, by which it joins or comes back.
    JoinExternally = 5,
    /// A client is loaded from its store.
    Reload = 6,
    /// A client gets a damaged copy of a message.
    Corrupt = 10,
    /// A client loses its connection, or gets it back.
    Partition = 2,
    /// An attacker copies a client's store.
    Steal = 4,
    /// Everybody gets all commits and proposals.
    CatchUp = 2,
    /// A client asks to be added.
    AskToJoin = 3,
    /// An external sender proposes something.
    ServerPropose = 5,
    /// The observer begins to follow a group, or gets the next message.
    Observe = 24,
    /// A client publishes a key package.
    Publish = 6,
    /// A client is to crash at the next change of its state.
    Crash = 6,
    /// A member of a closed group makes its successor.
    Succeed = 8,
    /// A member makes a branch with some of the others.
    Branch = 2,
    /// A client gets a message of another group.
    Eavesdrop = 3,
}

/// One step of a script.
///
/// All choices inside a step follow from `choice`, so that leaving out other steps doesn't change them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Its place in the script that follows from the seed.
    pub number: usize,
    /// What is tried.
    pub action: Action,
    /// The client that tries it.
    pub client: usize,
    /// What all further choices follow from.
    pub choice: u64,
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:<5} client {:<3} {:?} ({:#x})", self.number, self.client, self.action, self.choice)
    }
}

/// The script that follows from `seed`.
pub(super) fn script(seed: u64, clients: usize, steps: usize) -> Vec<Step> {
    let mut random = Random::new(seed);
    let draw = |number| Step {
        number,
        action: draw_action(&mut random),
        client: random.below(clients),
        choice: random.number(),
    };
    (0..steps).map(draw).collect()
}

fn draw_action(random: &mut Random) -> Action {
    let total = WEIGHTS.iter().map(|(_, weight)| weight).sum();
    let mut left = random.below(total);
    for (action, weight) in WEIGHTS {
        if left < *weight {
            return *action;
        }
        left -= weight;
    }
    Action::CatchUp
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_long_script_has_every_action() {
        let drawn: HashSet<Action> = script(1, 4, 2000).iter().map(|step| step.action).collect();
        assert_eq!(drawn.len(), WEIGHTS.len());
    }
}
