//! A new identity for all groups of a client.
//!
//! RFC 9420 §5.3.1 and §7.5; RFC 9750 §6.4. Where a group stands is read from its own leaf, so nothing that is noted
//! beside it can contradict it: a crash, a lost race or a commit that was dropped leaves a group that is still to be
//! moved.

use copath_codec::Encode;
use copath_credentials::{Credential, Timestamp};
use copath_crypto::SuiteParameters;
use copath_group::{LeafChange, Life, StoredGroup};
use copath_messages::{GroupId, Proposal};

use crate::identity::Identity;
use crate::settle::{Call, What};
use crate::{Client, Error, Group, OutgoingKind};

/// How a group learns of the new identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum RotateBy {
    /// By a commit of this client, which is pending until the delivery service has accepted it.
    #[default]
    Commit,
    /// By an Update, for somebody else to commit in this epoch.
    Update,
}

/// Where a group stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rotation {
    /// This client's leaf has the present identity: nothing is left to be done.
    Done,
    /// The commit or proposal to send. A commit is pending then, as any other: asked again, it is the same.
    Send(Vec<u8>),
    /// An Update with the present identity was sent in this epoch and waits for somebody to commit it.
    Proposed,
}

/// What a call to rotate has made of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupRotation {
    /// The group.
    pub group_id: GroupId,
    /// Where it stands; or why it couldn't be moved, which holds up no other group.
    pub outcome: Result<Rotation, Error>,
}

impl Client {
    /// Gives the client's leaf its present identity in all its groups: the first one of the suite's signature scheme
    /// that the client was built with ([`ClientBuilder::identity`](crate::ClientBuilder::identity)). Name the former
    /// one after it, whose key signs until a group has moved. Others have to know the new key first: register it with
    /// whoever vouches for the client.
    ///
    /// Give the handles of groups that are open; others are loaded one at a time. Then send what there is to be sent
    /// and accept the commits as usual. Call it again for what failed, and after a restart: groups that have moved
    /// cost a few records each. [`Client::unfinished`] lists those that haven't,
    /// [`Client::former_identities`] tells when a former key can be deleted.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the list of groups can't be read. What is wrong with one group is told with it.
    pub fn rotate_identity(
        &self,
        open: &mut [&mut Group],
        by: RotateBy,
        now: Timestamp,
    ) -> Result<Vec<GroupRotation>, Error> {
        let mut rotations = Vec::new();
        for group_id in self.groups()? {
            let handle = open.iter_mut().find(|group| *group.group_id() == group_id);
            let outcome = match handle {
                Some(group) if group.is_removed() || group.engine().reinit().is_some() => continue,
                Some(group) => group.rotate_identity(by, now),
                None => match self.rotate_stored(&group_id, by, now).transpose() {
                    Some(outcome) => outcome,
                    None => continue,
                },
            };
            rotations.push(GroupRotation { group_id, outcome });
        }
        Ok(rotations)
    }

    /// Nothing for a group that is over.
    fn rotate_stored(
        &self,
        group_id: &GroupId,
        by: RotateBy,
        now: Timestamp,
    ) -> Result<Option<Rotation>, Error> {
        let Some(stored) = self.stored_group(group_id)? else { return Ok(None) };
        if stored.life != Life::Active {
            return Ok(None);
        }
        if self.has_moved(&stored) == Some(true) {
            return Ok(Some(Rotation::Done));
        }
        // What can't be told is told by the group itself.
        self.load_group(group_id)?.rotate_identity(by, now).map(Some)
    }

    /// Whether this client's leaf in an active group has another identity than new leaves of its suite.
    pub(crate) fn is_to_be_rotated(&self, stored: &StoredGroup) -> bool {
        stored.life == Life::Active && self.has_moved(stored) == Some(false)
    }

    /// Whether this client's leaf has the identity that new leaves of its suite have; `None` if there is no such
    /// identity, or no leaf.
    fn has_moved(&self, stored: &StoredGroup) -> Option<bool> {
        let scheme = SuiteParameters::of(stored.cipher_suite)?.signature;
        let (credential, key) = stored.identity.as_ref()?;
        Some(self.0.present_identity(scheme)?.is(credential, key))
    }
}

impl Group {
    /// As [`Client::rotate_identity`], for this group.
    ///
    /// # Errors
    /// As [`CommitBuilder::prepare`](crate::CommitBuilder::prepare), or [`Group::propose_identity`]; a commit that does
    /// something else is pending.
    pub fn rotate_identity(&mut self, by: RotateBy, now: Timestamp) -> Result<Rotation, Error> {
        self.settle_last()?;
        let identity = self.client().0.identity_for(self.engine().suite())?.clone();
        if self.own_leaf_is(&identity) {
            return Ok(Rotation::Done);
        }
        if self.engine().pending_intents().is_some_and(|pending| self.gives(pending, &identity)) {
            return Ok(self
                .pending_commit()
                .map_or(Rotation::Done, |commit| Rotation::Send(commit.to_vec())));
        }
        match by {
            RotateBy::Update if self.has_proposed(&identity) => Ok(Rotation::Proposed),
            RotateBy::Update => self.propose_identity(&identity, now).map(Rotation::Send),
            RotateBy::Commit => self.commit_identity(&identity, now).map(Rotation::Send),
        }
    }

    /// Proposes another credential or signature key for this client's leaf, with fresh keys; somebody else commits it.
    /// The client has to be built with the identity, so that it can sign from then on.
    ///
    /// # Errors
    /// [`Error::Misuse`] if the client wasn't built with the identity; the new leaf breaks a rule, or store, signer or
    /// randomness fail.
    pub fn propose_identity(&mut self, identity: &Identity, now: Timestamp) -> Result<Vec<u8>, Error> {
        let credential = identity.credential().to_bytes()?;
        let call = Call::of_two(What::ProposeUpdate, identity.signature_key(), &credential);
        if let Some(message) = self.done_before(call)? {
            return Ok(message);
        }
        self.client().0.identity_of_key(identity.signature_key())?;
        let mut change = LeafChange::default();
        change.credential = Some(identity.credential().clone());
        let (signer, next) = (self.signer()?, identity.signer());
        let prepared = self.engine().propose_update(&change, signer.as_ref(), next.as_ref(), now)?;
        self.release(call, prepared, OutgoingKind::Proposal)
    }

    /// A commit that lost the race and was to do the same is done again with everything else that it was to do.
    fn commit_identity(&mut self, identity: &Identity, now: Timestamp) -> Result<Vec<u8>, Error> {
        if self.lost_intents().is_some_and(|lost| self.gives(lost, identity))
            && let Some(message) = self.redo(now)?.message
        {
            return Ok(message);
        }
        self.commit().identity(identity).prepare(now)
    }

    fn own_leaf_is(&self, identity: &Identity) -> bool {
        let leaf = self.engine().tree().leaf(self.engine().own_leaf());
        leaf.is_some_and(|leaf| identity.is(&leaf.credential(), leaf.signature_key()))
    }

    /// Whether a commit with these intents gives the own leaf this identity.
    fn gives(&self, intents: &copath_group::CommitIntents, identity: &Identity) -> bool {
        let Some(leaf) = self.engine().tree().leaf(self.engine().own_leaf()) else { return false };
        let key = intents.signature_key.as_deref().unwrap_or_else(|| leaf.signature_key());
        let present = leaf.credential();
        identity.is(intents.leaf.credential.as_ref().unwrap_or(&present), key)
    }

    fn has_proposed(&self, identity: &Identity) -> bool {
        let own = Some(self.engine().own_leaf());
        self.pending_proposals().any(|queued| match &queued.proposal {
            Proposal::Update(update) => {
                let leaf = &update.leaf_node;
                queued.proposed_by.leaf() == own && identity.is(&leaf.credential, &leaf.signature_key)
            }
            _ => false,
        })
    }
}

impl Identity {
    pub(crate) fn is(&self, credential: &Credential, signature_key: &[u8]) -> bool {
        self.credential() == credential && self.signature_key() == signature_key
    }
}
