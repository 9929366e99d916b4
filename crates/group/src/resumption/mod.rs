//! Groups that come out of other groups: successors after a ReInit, and branches.
//!
//! RFC 9420 §11.2 and §11.3. Both begin with one member, whose first commit adds all others and injects the resumption
//! PSK of the old group, the parent; the group exists for others only after that commit, so it is made in one step
//! ([`ResumptionDraft`]), and nothing else can send a PSK of usage reinit or branch. Who joins needs the parent too
//! ([`ParentNeed`], [`ParentGroup`]).

mod create;
mod joiner;
mod matching;
mod parent;

pub use create::{BranchParameters, Resumption, ResumptionDraft, ResumptionParameters};
pub use parent::{ParentGroup, ParentMember, ParentNeed};

pub(crate) use joiner::{check_new_group, parent_need};
pub(crate) use matching::{MemberMatching, match_members};
