//! The group that a successor or a branch comes out of.
//!
//! RFC 9420 §11.2 and §11.3.

use alloc::vec::Vec;

use copath_codec::Opaque;
use copath_credentials::Credential;
use copath_crypto::{CipherSuite, Secret};
use copath_messages::{GroupId, PreSharedKeyId, ProtocolVersion, Psk, ReInit, ResumptionPskUsage};
use copath_ratchet_tree::{Leaf, RatchetTree};
use copath_rules::{RuleId, rule};
use copath_tree_math::LeafIndex;

use crate::past::MemberThen;
use crate::{Group, GroupError};

/// Which group, in which epoch, a Welcome says that the new group comes out of.
///
/// RFC 9420 §8.6: the resumption PSK of usage reinit or branch names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParentNeed {
    /// The old group.
    pub group_id: GroupId,
    /// Its epoch.
    pub epoch: u64,
    /// Whether the new group is its successor or a branch of it.
    pub usage: ResumptionPskUsage,
}

/// What is known of the group that a new one comes out of: made by [`Group::as_parent`].
pub struct ParentGroup {
    pub(super) group_id: GroupId,
    pub(super) epoch: u64,
    pub(super) version: ProtocolVersion,
    pub(super) cipher_suite: CipherSuite,
    /// The ReInit that closed the group, with the epoch after its commit.
    pub(super) reinit: Option<(ReInit, u64)>,
    pub(super) members: Vec<ParentMember>,
    resumption_psk: Secret,
}

/// A member as of an epoch of the parent, or of the group that comes out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParentMember {
    /// Its leaf.
    pub leaf: LeafIndex,
    /// Its credential.
    pub credential: Credential,
    /// Its signature key.
    pub signature_key: Opaque,
}

impl ParentNeed {
    /// The PSK id of the epoch, with a nonce.
    pub(super) fn psk_id(&self, psk_nonce: Opaque) -> PreSharedKeyId {
        let psk =
            Psk::Resumption { usage: self.usage, psk_group_id: self.group_id.clone(), psk_epoch: self.epoch };
        PreSharedKeyId { psk, psk_nonce }
    }

    /// The rule that a client without the parent can't follow: reinit and branch PSKs are for nothing else.
    pub fn rule(&self) -> RuleId {
        match self.usage {
            ResumptionPskUsage::Branch => rule!("11.3-06"),
            _ => rule!("11.2-05"),
        }
    }
}

impl Group {
    /// This group as the parent of the one that a client is joining; goes over all leaves. A closed group can still be
    /// one, and so can a past epoch whose messages can still be read.
    ///
    /// # Errors
    /// [`GroupError::WrongGroup`] if another group is needed, [`GroupError::WrongEpoch`] if the epoch's members or
    /// its resumption PSK are forgotten (rules 11.2-03 and 11.3-08).
    pub fn as_parent(&self, need: &ParentNeed) -> Result<ParentGroup, GroupError> {
        if need.group_id != *self.group_id() {
            return Err(GroupError::WrongGroup);
        }
        let rule = match need.usage {
            ResumptionPskUsage::Branch => rule!("11.3-08"),
            _ => rule!("11.2-03"),
        };
        let forgotten = || GroupError::WrongEpoch { message: need.epoch, group: self.epoch(), rule };
        let resumption_psk = self.resumption_psk(need.epoch).ok_or_else(forgotten)?;
        let members = self.members_of(need.epoch)?.ok_or_else(forgotten)?;
        Ok(ParentGroup {
            group_id: self.group_id().clone(),
            epoch: need.epoch,
            version: self.context().version,
            cipher_suite: self.context().cipher_suite,
            reinit: self.reinit().map(|reinit| (reinit.clone(), self.epoch())),
            members,
            resumption_psk: resumption_psk.as_secret().duplicate(),
        })
    }

    /// The members as of `epoch`; `None` if that isn't known any more.
    fn members_of(&self, epoch: u64) -> Result<Option<Vec<ParentMember>>, GroupError> {
        let tree = self.tree();
        if epoch == self.epoch() {
            return Ok(Some(ParentMember::all_of(tree)));
        }
        let Some(past) = self.past.find(epoch) else { return Ok(None) };
        let mut members = Vec::new();
        for leaf in (0..past.size.leaf_count()).filter_map(LeafIndex::new) {
            let then = self.past.member(epoch, leaf, tree, self.registrations.decode_context())?;
            if let Some(MemberThen { credential, signature_key }) = then {
                members.push(ParentMember { leaf, credential, signature_key });
            }
        }
        Ok(Some(members))
    }
}

impl ParentMember {
    /// All members in `tree`.
    pub(crate) fn all_of(tree: &RatchetTree) -> Vec<Self> {
        let member = |leaf: Leaf<'_>| Self {
            leaf: leaf.index(),
            credential: leaf.credential(),
            signature_key: Opaque::from(leaf.signature_key()),
        };
        tree.members().map(member).collect()
    }
}

impl ParentGroup {
    /// The group's id.
    pub fn group_id(&self) -> &GroupId {
        &self.group_id
    }

    /// The epoch that this is about.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The members in that epoch.
    pub fn members(&self) -> &[ParentMember] {
        &self.members
    }

    /// The resumption PSK of the epoch (RFC 9420 §8.6).
    pub(crate) fn psk(&self) -> Secret {
        self.resumption_psk.duplicate()
    }

    /// Whether this is what `need` asks for.
    pub(crate) fn meets(&self, need: &ParentNeed) -> bool {
        self.group_id == need.group_id && self.epoch == need.epoch
    }
}

impl core::fmt::Debug for ParentGroup {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ParentGroup")
            .field("group_id", &self.group_id)
            .field("epoch", &self.epoch)
            .field("members", &self.members.len())
            .finish_non_exhaustive()
    }
}
