//! The delivery service: one order of commits, and everything else on its way somehow.

use copath_group::Group;
use copath_messages::{Lifetime, MlsMessage, MlsMessageBody, ProposalType, ReInit};

/// Everything that was ever sent.
#[derive(Debug, Default)]
pub(super) struct Network {
    /// The epoch in which the group is first shared.
    pub(super) first_epoch: u64,
    /// The accepted commits, one for each epoch from the first.
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
    /// The types of what it covers.
    pub(super) proposals: Vec<ProposalType>,
    /// The lifetimes of the key packages that it adds.
    pub(super) lifetimes: Vec<Lifetime>,
    /// The ReInit by which it closes the group.
    pub(super) reinit: Option<ReInit>,
}

/// Who made a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A member.
    Member(usize),
    /// An external sender.
    Server(usize),
    /// A client that asks to join.
    Newcomer(usize),
}

/// A proposal.
#[derive(Debug)]
pub(super) struct SentProposal {
    pub(super) epoch: u64,
    pub(super) by: Origin,
    /// The lifetime of the key package that it would add.
    pub(super) lifetime: Option<Lifetime>,
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
        self.first_epoch + u64::try_from(self.log.len()).unwrap()
    }

    /// The accepted commits with the epochs that they end.
    pub(super) fn commits(&self) -> impl Iterator<Item = (u64, &Accepted)> {
        (self.first_epoch..).zip(&self.log)
    }

    /// The ReInit that has closed the group.
    pub(super) fn reinit(&self) -> Option<&ReInit> {
        self.log.last().and_then(|commit| commit.facts.reinit.as_ref())
    }

    /// The commit that ends `epoch`, if it is known.
    pub(super) fn commit(&self, epoch: u64) -> Option<&Accepted> {
        self.log.get(usize::try_from(epoch.checked_sub(self.first_epoch)?).unwrap())
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
    /// Those of an external commit.
    pub(super) fn of_join(by: usize, made_at: u64) -> Self {
        Self {
            by,
            made_at,
            has_path: true,
            updates: Vec::new(),
            proposals: Vec::new(),
            lifetimes: Vec::new(),
            reinit: None,
        }
    }

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
