//! The rules about proposals, one small function each.
//!
//! RFC 9420 §12.1 (a proposal by itself), §12.2 (the list that a commit covers, by a member or external) and §12.2's
//! last item (the tree that results). The same functions run when building and when receiving.

mod custom;
mod framing;
mod list;
mod list_external;
mod proposal;
mod result;

pub(crate) use custom::{
    check_custom, check_custom_alone, check_custom_list, check_framing, check_not_leaving, leaving,
    leaving_sender,
};
pub(crate) use framing::check_sender;
pub(crate) use list::{check_member_list, removed_leaf};
pub(crate) use list_external::check_external_list;
pub(crate) use proposal::{check_extensions, check_proposal, check_psk, check_reinit};
pub(crate) use result::{check_context_extensions, check_result};

use crate::GroupError;
use crate::proposals::{Committer, ProposalList};
use crate::public_state::PublicState;

/// All rules about the list of a commit.
pub(crate) fn check_list(state: &PublicState, list: &ProposalList) -> Result<(), GroupError> {
    check_custom_list(state, list)?;
    match list.committer {
        Committer::Member(committer) => check_member_list(state, list, committer)?,
        Committer::External => check_external_list(state, list)?,
    }
    Ok(())
}
