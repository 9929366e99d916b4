//! What is known of actors, of what they made, and of the group.

use std::collections::BTreeSet;

use copath_ratchet_tree::RatchetTree;

use crate::shadow::Package;

/// An actor.
#[derive(Debug)]
pub(super) struct Seat {
    /// The number of its client.
    pub(super) client: usize,
    /// Its join that has begun.
    pub(super) transaction: Option<u32>,
    /// Its state in the group.
    pub(super) state: Option<u32>,
    /// Its state in a branch.
    pub(super) branch: Option<u32>,
    /// Its name as an external signer.
    pub(super) signer: Option<u32>,
    /// What it was or will be added by.
    pub(super) package: Option<Package>,
}

impl Seat {
    pub(super) fn new(client: usize) -> Self {
        Self { client, transaction: None, state: None, branch: None, signer: None, package: None }
    }

    /// All states, once each.
    pub(super) fn states(&self) -> impl Iterator<Item = u32> + use<> {
        let branch = self.branch.filter(|branch| Some(*branch) != self.state);
        self.state.into_iter().chain(branch)
    }
}

/// Code and body.
pub(super) type PlainExtension = (u16, Vec<u8>);

/// What a proposal asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Add the actor of a key package.
    Add { joiner: String, key_package: Vec<u8> },
    /// Update the actor's leaf.
    Update(String),
    /// Remove the actor.
    Remove(String),
    /// Inject an external PSK.
    ExternalPsk(Vec<u8>),
    /// Inject a resumption PSK.
    ResumptionPsk(u64),
    /// Replace the extensions.
    Extensions(Vec<PlainExtension>),
    /// Add this ExternalSender to the extensions.
    Signer(Vec<u8>),
    /// Close the group.
    ReInit(Next),
}

/// A group's successor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) group_id: Vec<u8>,
    pub(super) suite: u16,
    pub(super) extensions: Vec<PlainExtension>,
}

/// A proposal on its way.
#[derive(Clone, Debug)]
pub(super) struct Proposed {
    pub(super) message: Vec<u8>,
    pub(super) effect: Effect,
}

/// What a step made.
#[derive(Clone, Debug)]
pub(super) enum Made {
    Nothing,
    KeyPackage { actor: String, message: Vec<u8> },
    Psk { id: Vec<u8> },
    Ciphertext { message: Vec<u8>, authenticated: Vec<u8>, plaintext: Vec<u8> },
    Proposal(Proposed),
}

/// What the group has to look like.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) id: Vec<u8>,
    pub(super) suite: u16,
    pub(super) epoch: u64,
    /// Identities of the members, sorted; one may occur twice.
    pub(super) roster: Vec<String>,
    /// The actors that are in the present epoch.
    pub(super) present: BTreeSet<String>,
    /// The extensions, once they have been seen.
    pub(super) extensions: Option<Vec<PlainExtension>>,
    /// The extensions as they were shown last.
    pub(super) seen: Vec<PlainExtension>,
    /// The tree, if it has been seen in the present epoch.
    pub(super) tree: Option<RatchetTree>,
    /// Whether a proposal waits for its commit.
    pub(super) pending: bool,
}

impl Group {
    pub(super) fn new(suite: u16, id: Vec<u8>) -> Self {
        Self {
            id,
            suite,
            epoch: 0,
            roster: Vec::new(),
            present: BTreeSet::new(),
            extensions: None,
            seen: Vec::new(),
            tree: None,
            pending: false,
        }
    }

    /// Changes the roster as proposals ask.
    pub(super) fn apply(&mut self, effects: &[Effect]) {
        for effect in effects {
            if let Effect::Remove(removed) = effect {
                self.leave(removed);
            }
        }
        for effect in effects {
            if let Effect::Add { joiner, .. } = effect {
                self.roster.push(joiner.clone());
            }
        }
        self.roster.sort();
    }

    pub(super) fn leave(&mut self, identity: &str) {
        if let Some(position) = self.roster.iter().position(|member| member == identity) {
            self.roster.remove(position);
        }
    }
}
