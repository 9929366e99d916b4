//! What a commit was asked to do, in terms that outlive its epoch.
//!
//! RFC 9420 §14. A commit that loses the race is dropped, but what it was to do is still wanted: it is kept until it
//! is done again in a later epoch, or forgotten. A Remove names its member by who it is, since leaves change hands,
//! and a pre-shared key goes without its nonce, since a nonce is used once.

use alloc::boxed::Box;
use alloc::vec::Vec;

use copath_codec::Opaque;
use copath_credentials::Credential;
use copath_messages::{
    Add, Extensions, GroupContextExtensions, GroupId, KeyPackage, PreSharedKey, PreSharedKeyId, Proposal,
    Psk, Remove, ResumptionPskUsage,
};
use copath_tree_math::LeafIndex;

use super::{CommitOptions, CommitSummary, LeafChange, MemberChange, PathChoice};
use crate::transition::{Change, Prepared};
use crate::{Group, GroupError, Misuse};

/// What a commit was asked to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommitIntents {
    /// What was asked for, in order. Pending proposals of others that the commit covered aren't among them.
    pub intents: Vec<Intent>,
    /// Whether a path was asked for.
    pub path: PathChoice,
    /// What was to change in the own leaf.
    pub leaf: LeafChange,
    /// The signature key that the own leaf was to have, if it was to change.
    pub signature_key: Option<Opaque>,
    /// Octets that were authenticated with the commit.
    pub authenticated_data: Vec<u8>,
}

/// One thing that a commit was asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Intent {
    /// Add the client of this key package.
    Add(Box<KeyPackage>),
    /// Remove a member.
    Remove(IntendedMember),
    /// Replace the extensions of the group context.
    Extensions {
        /// Those wanted.
        wanted: Extensions,
        /// Those that they were to replace.
        replaced: Extensions,
    },
    /// Mix in the external pre-shared key of this id.
    ExternalPsk(Opaque),
    /// Mix in the resumption secret of an epoch of this or another group.
    ResumptionPsk {
        /// The group.
        group_id: GroupId,
        /// The epoch.
        epoch: u64,
    },
    /// Anything else, as it stands.
    Proposal(Proposal),
}

/// A member as an intent names it: in whichever leaf it is, it has this signature key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntendedMember {
    /// The leaf in which it was.
    pub leaf: LeafIndex,
    /// Its credential.
    pub credential: Credential,
    /// Its signature key; follows the member when commits of others change it.
    pub signature_key: Opaque,
}

/// An intent that can't be done again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forgone {
    /// What was wanted.
    pub intent: Intent,
    /// Why it isn't done.
    pub reason: ForgoneReason,
}

/// Why an intent isn't done again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForgoneReason {
    /// Whom it was to remove isn't a member any more.
    NotAMember,
    /// Whom it was to add is a member already.
    AlreadyAMember,
    /// The group context has these extensions already.
    AlreadySo,
    /// Somebody else has changed the extensions meanwhile, and replacing them would undo that.
    ExtensionsChanged,
    /// It can't be part of a valid commit any more, as a key package whose time is over.
    Refused(GroupError),
}

impl CommitIntents {
    /// Whether nothing was asked for but fresh keys.
    pub fn is_update(&self) -> bool {
        self.intents.is_empty()
    }

    /// Takes up what a second commit was asked to do, which lost the race too.
    fn absorb(&mut self, later: Self) {
        // The same thing asked for twice is done once.
        for intent in later.intents {
            if !self.intents.contains(&intent) {
                self.intents.push(intent);
            }
        }
        if later.path == PathChoice::Always {
            self.path = PathChoice::Always;
        }
        let LeafChange { credential, capabilities, extensions } = later.leaf;
        self.leaf.credential = credential.or(self.leaf.credential.take());
        self.leaf.capabilities = capabilities.or(self.leaf.capabilities.take());
        self.leaf.extensions = extensions.or(self.leaf.extensions.take());
        self.signature_key = later.signature_key.or(self.signature_key.take());
        if !later.authenticated_data.is_empty() {
            self.authenticated_data = later.authenticated_data;
        }
    }

    /// Follows the members through a commit of somebody else.
    fn follow(&mut self, summary: &CommitSummary) {
        for intent in &mut self.intents {
            if let Intent::Remove(member) = intent
                && let Some(changed) = summary.successor_of(member.leaf)
            {
                member.credential = changed.credential.clone();
                member.signature_key = changed.signature_key.clone();
            }
        }
    }
}

impl CommitSummary {
    /// The member at `leaf` after the commit, if it is the same member with other keys.
    fn successor_of(&self, leaf: LeafIndex) -> Option<&MemberChange> {
        if self.removed.iter().any(|removed| removed.leaf == leaf) {
            return None;
        }
        let own = self.committer_update.as_ref().filter(|_| !self.joins_externally);
        self.updated.iter().chain(own).find(|changed| changed.leaf == leaf)
    }
}

impl Group {
    /// What `options` ask for; `signature_key` is that of the new leaf, if it changes.
    pub fn intents_of(&self, options: &CommitOptions, signature_key: Option<&[u8]>) -> CommitIntents {
        self.intents_from(options.clone(), signature_key)
    }

    /// As [`Group::intents_of`]; the proposals become the intents.
    pub(super) fn intents_from(&self, options: CommitOptions, signature_key: Option<&[u8]>) -> CommitIntents {
        CommitIntents {
            intents: options.proposals.into_iter().map(|proposal| self.intent_of(proposal)).collect(),
            path: options.path,
            leaf: options.leaf,
            signature_key: signature_key.map(Opaque::from),
            authenticated_data: options.authenticated_data,
        }
    }

    fn intent_of(&self, proposal: Proposal) -> Intent {
        match proposal {
            Proposal::Add(add) => Intent::Add(add.key_package),
            Proposal::Remove(remove) => self.intended_removal(&remove),
            Proposal::GroupContextExtensions(change) => {
                Intent::Extensions { wanted: change.extensions, replaced: self.context().extensions.clone() }
            }
            Proposal::PreSharedKey(ref psk) => match &psk.psk.psk {
                Psk::External { psk_id } => Intent::ExternalPsk(psk_id.clone()),
                Psk::Resumption { usage: ResumptionPskUsage::Application, psk_group_id, psk_epoch } => {
                    Intent::ResumptionPsk { group_id: psk_group_id.clone(), epoch: *psk_epoch }
                }
                Psk::Resumption { .. } => Intent::Proposal(proposal),
            },
            _ => Intent::Proposal(proposal),
        }
    }

    fn intended_removal(&self, remove: &Remove) -> Intent {
        let found = LeafIndex::new(remove.removed).and_then(|leaf| Some((leaf, self.tree().leaf(leaf)?)));
        match found {
            None => Intent::Proposal(Proposal::Remove(remove.clone())),
            Some((leaf, node)) => Intent::Remove(IntendedMember {
                leaf,
                credential: node.credential(),
                signature_key: Opaque::from(node.signature_key()),
            }),
        }
    }

    /// What the pending commit was asked to do.
    pub fn pending_intents(&self) -> Option<&CommitIntents> {
        self.pending_commit.as_ref().map(|pending| &pending.intents)
    }

    /// What commits of one's own that lost the race were asked to do, and wasn't done again yet.
    pub fn lost_intents(&self) -> Option<&CommitIntents> {
        self.lost.as_ref()
    }

    /// Forgets what commits that lost the race were asked to do.
    ///
    /// # Errors
    /// [`Misuse::NothingLost`].
    pub fn forget_lost_intents(&self) -> Result<Prepared<()>, GroupError> {
        if self.lost.is_none() {
            return Err(Misuse::NothingLost.into());
        }
        self.prepare((), [Change::ForgetLost].into())
    }

    /// Forgets one of [`CommitIntents::intents`] of what was lost, by its position; with the last one all is forgotten,
    /// unless the own leaf was to change too.
    ///
    /// # Errors
    /// [`Misuse::NothingLost`] if there is none at this position.
    pub fn forget_lost_intent(&self, position: usize) -> Result<Prepared<Intent>, GroupError> {
        let mut lost = self.lost.clone().ok_or(Misuse::NothingLost)?;
        if position >= lost.intents.len() {
            return Err(Misuse::NothingLost.into());
        }
        let forgotten = lost.intents.remove(position);
        let nothing_left = lost.is_update() && !lost.leaf.is_change() && lost.signature_key.is_none();
        let change = if nothing_left { Change::ForgetLost } else { Change::SetLost(Box::new(lost)) };
        self.prepare(forgotten, [change].into())
    }

    /// What is lost if the pending commit loses against one that does what `summary` says.
    pub(crate) fn lost_after(&self, summary: &CommitSummary) -> Option<CommitIntents> {
        let pending = self.pending_intents().cloned();
        let mut lost = match (self.lost.clone(), pending) {
            (Some(mut lost), Some(pending)) => {
                lost.absorb(pending);
                lost
            }
            (lost, pending) => lost.or(pending)?,
        };
        lost.follow(summary);
        Some(lost)
    }

    /// The options of a commit that does what is left of `intents` in this epoch, and what makes no sense any more.
    /// Once the commit is prepared, what was lost is forgotten.
    ///
    /// # Errors
    /// The backend has no randomness for the nonces of pre-shared keys.
    pub fn redo(&self, intents: &CommitIntents) -> Result<(CommitOptions, Vec<Forgone>), GroupError> {
        let mut options = CommitOptions::new().path(intents.path).leaf(intents.leaf.clone());
        options.authenticated_data = intents.authenticated_data.clone();
        options.redoes_lost = true;
        let mut forgone = Vec::new();
        for intent in &intents.intents {
            match self.proposal_of(intent)? {
                Ok(proposal) => options.proposals.push(proposal),
                Err(reason) => forgone.push(Forgone { intent: intent.clone(), reason }),
            }
        }
        Ok((options, forgone))
    }

    /// The intent behind a proposal of `options`, for a report of what was refused.
    pub fn forgo(&self, proposal: &Proposal, error: GroupError) -> Forgone {
        Forgone { intent: self.intent_of(proposal.clone()), reason: ForgoneReason::Refused(error) }
    }

    fn proposal_of(&self, intent: &Intent) -> Result<Result<Proposal, ForgoneReason>, GroupError> {
        Ok(match intent {
            Intent::Add(key_package) => self.add_again(key_package),
            Intent::Remove(member) => self.remove_again(member),
            Intent::Extensions { wanted, .. } if *wanted == self.context().extensions => {
                Err(ForgoneReason::AlreadySo)
            }
            Intent::Extensions { replaced, .. } if *replaced != self.context().extensions => {
                Err(ForgoneReason::ExtensionsChanged)
            }
            Intent::Extensions { wanted, .. } => {
                Ok(Proposal::GroupContextExtensions(GroupContextExtensions { extensions: wanted.clone() }))
            }
            Intent::ExternalPsk(psk_id) => Ok(self.with_nonce(Psk::External { psk_id: psk_id.clone() })?),
            Intent::ResumptionPsk { group_id, epoch } => Ok(self.with_nonce(Psk::Resumption {
                usage: ResumptionPskUsage::Application,
                psk_group_id: group_id.clone(),
                psk_epoch: *epoch,
            })?),
            Intent::Proposal(proposal) => Ok(proposal.clone()),
        })
    }

    fn add_again(&self, key_package: &KeyPackage) -> Result<Proposal, ForgoneReason> {
        if self.tree().find_signature_key(&key_package.leaf_node.signature_key).is_some() {
            return Err(ForgoneReason::AlreadyAMember);
        }
        Ok(Proposal::Add(Add { key_package: Box::new(key_package.clone()) }))
    }

    fn remove_again(&self, member: &IntendedMember) -> Result<Proposal, ForgoneReason> {
        let leaf = self.tree().find_signature_key(&member.signature_key);
        let removed = leaf.ok_or(ForgoneReason::NotAMember)?.as_u32();
        Ok(Proposal::Remove(Remove { removed }))
    }

    /// RFC 9420 §8.4: the nonce is fresh and as long as the hash.
    fn with_nonce(&self, psk: Psk) -> Result<Proposal, GroupError> {
        let psk_nonce = self.suite().random_bytes(self.suite().hash_length())?.into();
        Ok(Proposal::PreSharedKey(PreSharedKey { psk: PreSharedKeyId { psk, psk_nonce } }))
    }
}
