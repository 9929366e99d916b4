//! Who is in the group.

use copath_codec::Opaque;
use copath_credentials::Credential;
use copath_messages::{ApplicationId, Capabilities};
use copath_ratchet_tree::Leaf;
use copath_tree_math::LeafIndex;

use crate::{Group, GroupError, Misuse, PublicState};

/// A member of the present epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its leaf, valid in this epoch only.
    pub handle: MemberHandle,
    /// Who it is, as judged by the validator when it came in.
    pub credential: Credential,
    /// The key that its messages are signed with.
    pub signature_key: Opaque,
}

/// Names a member in one epoch: the same leaf may hold somebody else in the next (RFC 9420 §5.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberHandle {
    epoch: u64,
    leaf: LeafIndex,
}

impl MemberHandle {
    /// The epoch in which the handle names a member.
    pub fn epoch(self) -> u64 {
        self.epoch
    }

    /// The member's leaf in that epoch.
    pub fn leaf(self) -> LeafIndex {
        self.leaf
    }
}

impl Group {
    /// The members from left to right. Goes over all leaves as it is consumed.
    pub fn members(&self) -> impl Iterator<Item = Member> + '_ {
        self.public.members()
    }

    /// How many members there are.
    pub fn member_count(&self) -> u32 {
        self.tree().member_count()
    }

    /// The member that `handle` names.
    ///
    /// # Errors
    /// [`Misuse::StaleHandle`] if the handle is of another epoch.
    pub fn member(&self, handle: MemberHandle) -> Result<Member, GroupError> {
        let leaf = self.leaf_of(handle)?;
        Ok(self.public.member(leaf).ok_or(Misuse::StaleHandle)?)
    }

    /// This client as a member.
    pub fn own_handle(&self) -> MemberHandle {
        MemberHandle { epoch: self.epoch(), leaf: self.own_leaf }
    }

    /// The member with this signature key.
    pub fn find_member(&self, signature_key: &[u8]) -> Option<Member> {
        let leaf = self.tree().find_signature_key(signature_key)?;
        self.public.member(leaf)
    }

    /// The leaf behind a handle of this epoch, for proposals.
    ///
    /// # Errors
    /// [`Misuse::StaleHandle`] if the handle is of another epoch (rule 5.3.3-03).
    pub fn leaf_of(&self, handle: MemberHandle) -> Result<LeafIndex, GroupError> {
        if handle.epoch == self.epoch() { Ok(handle.leaf) } else { Err(Misuse::StaleHandle.into()) }
    }

    /// What a member supports.
    ///
    /// # Errors
    /// [`Misuse::StaleHandle`] if the handle is of another epoch.
    pub fn capabilities(&self, handle: MemberHandle) -> Result<Capabilities, GroupError> {
        let leaf = self.leaf_of(handle)?;
        Ok(self.tree().leaf(leaf).ok_or(Misuse::StaleHandle)?.capabilities())
    }

    /// The application id that a member claims. Nobody vouches for it, and two members may claim the same
    /// (RFC 9420 §5.3.3).
    ///
    /// # Errors
    /// [`Misuse::StaleHandle`], or the extension is malformed.
    pub fn unauthenticated_application_id(
        &self,
        handle: MemberHandle,
    ) -> Result<Option<ApplicationId>, GroupError> {
        let leaf = self.leaf_of(handle)?;
        let leaf = self.tree().leaf(leaf).ok_or(Misuse::StaleHandle)?.to_leaf_node()?;
        Ok(leaf.extensions.application_id()?)
    }
}

impl PublicState {
    /// The members from left to right. Goes over all leaves as it is consumed.
    pub fn members(&self) -> impl Iterator<Item = Member> + '_ {
        self.tree().members().map(|leaf| self.member_of(&leaf))
    }

    /// The member at a leaf.
    pub fn member(&self, leaf: LeafIndex) -> Option<Member> {
        self.tree().leaf(leaf).map(|leaf| self.member_of(&leaf))
    }

    fn member_of(&self, leaf: &Leaf<'_>) -> Member {
        Member {
            handle: MemberHandle { epoch: self.epoch(), leaf: leaf.index() },
            credential: leaf.credential(),
            signature_key: Opaque::from(leaf.signature_key()),
        }
    }
}
