//! The delivery service: one order of commits, and everything else on its way somehow.

use copath_group::Group;
use copath_messages::{MlsMessage, MlsMessageBody};

/// Everything that was ever sent.
#[derive(Debug, Default)]
pub(super) struct Network {
    /// The accepted commits; the one at `n` ends epoch `n`.
    pub(super) log: Vec<Accepted>,
    pub(super) in_flight: Vec<InFlight>,
    pub(super) proposals: Vec<SentProposal>,
    pub(super) data: Vec<SentData>,
    pub(super) mail: Vec<Mail>,
}

/// A commit that the delivery service has accepted.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) bytes: Vec<u8>,
    pub(super) facts: CommitFacts,
}

/// A commit on its way to the delivery service.
#[derive(Debug)]
pub(super) struct InFlight {
    /// The epoch that it ends.
    pub(super) epoch: u64,
    pub(super) bytes: Vec<u8>,
    pub(super) facts: CommitFacts,
    /// The group that the committer enters, if it joins by this commit.
    pub(super) join: Option<Box<Group>>,
}

/// What is known of a commit without opening it.
#[derive(Clone, Debug)]
pub(super) struct CommitFacts {
    pub(super) by: usize,
    /// When it was made.
    pub(super) made_at: u64,
    pub(super) has_path: bool,
    /// The Updates that it covers: whose, and when they were made.
    pub(super) updates: Vec<(usize, u64)>,
}

/// A proposal.
#[derive(Debug)]
pub(super) struct SentProposal {
    pub(super) epoch: u64,
    pub(super) by: usize,
    pub(super) bytes: Vec<u8>,
}

/// An application message.
#[derive(Debug)]
pub(super) struct SentData {
    pub(super) epoch: u64,
    pub(super) by: usize,
    /// The sender's signature key then.
    pub(super) signature_key: Vec<u8>,
    pub(super) data: Vec<u8>,
    pub(super) bytes: Vec<u8>,
}

/// A Welcome.
#[derive(Debug)]
pub(super) struct Mail {
    /// The epoch that it leads to.
    pub(super) epoch: u64,
    pub(super) bytes: Vec<u8>,
    /// The tree, if it isn't inside.
    pub(super) tree: Option<Vec<u8>>,
}

impl Network {
    /// The epoch that the group is in by the order of commits.
    pub(super) fn epoch(&self) -> u64 {
        u64::try_from(self.log.len()).unwrap()
    }

    /// The commit that ends `epoch`, if it is known.
    pub(super) fn commit(&self, epoch: u64) -> Option<&Accepted> {
        self.log.get(usize::try_from(epoch).unwrap())
    }

    /// The proposals of `epoch`.
    pub(super) fn proposals_of(&self, epoch: u64) -> Vec<usize> {
        let sent = self.proposals.iter().enumerate();
        sent.filter(|(_, proposal)| proposal.epoch == epoch).map(|(number, _)| number).collect()
    }

    /// Whether `client` has a commit on its way by which it joins.
    pub(super) fn is_joining(&self, client: usize) -> bool {
        self.in_flight.iter().any(|commit| commit.facts.by == client && commit.join.is_some())
    }
}

impl CommitFacts {
    /// Whether the commit replaces all keys that `client` had before `moment`.
    pub(super) fn heals(&self, client: usize, moment: u64) -> bool {
        let by_path = self.by == client && self.has_path && self.made_at > moment;
        by_path || self.updates.iter().any(|(whose, made_at)| *whose == client && *made_at > moment)
    }
}

/// The references of the key packages that a Welcome is for.
pub(super) fn addressees(welcome: &MlsMessage) -> Vec<Vec<u8>> {
    match &welcome.body {
        MlsMessageBody::Welcome(welcome) => {
            welcome.secrets.iter().map(|entry| entry.new_member.to_vec()).collect()
        }
        _ => Vec::new(),
    }
}
