//! What a client checks that joins a successor or a branch.
//!
//! RFC 9420 §11.2, §11.3 and §12.4.3.1.

use copath_messages::{GroupContext, PreSharedKeyId, Psk, ResumptionPskUsage};
use copath_rules::{Part, Violation, rule};

use super::{ParentGroup, ParentNeed};
use crate::GroupError;

/// The epoch of a group after its first commit.
const FIRST_SHARED_EPOCH: u64 = 1;

/// The parent that the pre-shared keys of a Welcome name, with the position of its PSK. There is at most one
/// (rule 12.4.3.1-06).
pub(crate) fn parent_need(psks: &[PreSharedKeyId]) -> Option<(usize, ParentNeed)> {
    psks.iter().enumerate().find_map(|(position, id)| match &id.psk {
        Psk::Resumption { usage, psk_group_id, psk_epoch } if *usage != ResumptionPskUsage::Application => {
            let need = ParentNeed { group_id: psk_group_id.clone(), epoch: *psk_epoch, usage: *usage };
            Some((position, need))
        }
        _ => None,
    })
}

/// Rules 12.4.3.1-22 and 12.4.3.1-23, in the words of §11.2 and §11.3: whether the group of `context` may come out of
/// `parent`. Members are matched apart.
pub(crate) fn check_new_group(
    usage: ResumptionPskUsage,
    parent: &ParentGroup,
    context: &GroupContext,
) -> Result<(), GroupError> {
    match usage {
        ResumptionPskUsage::Branch => check_branch(parent, context),
        _ => check_successor(parent, context),
    }
    .map_err(|violation| violation.at(Part::GroupContext).into())
}

/// RFC 9420 §11.2.
fn check_successor(parent: &ParentGroup, context: &GroupContext) -> Result<(), Violation> {
    let (reinit, closed_in) = parent.reinit.as_ref().ok_or_else(|| Violation::new(rule!("11.2-05")))?;
    if parent.epoch != *closed_in {
        return Err(Violation::new(rule!("11.2-03")));
    }
    if context.epoch != FIRST_SHARED_EPOCH {
        return Err(Violation::new(rule!("11.2-02")));
    }
    let agrees = context.version == reinit.version
        && context.cipher_suite == reinit.cipher_suite
        && context.group_id == reinit.group_id
        && context.extensions == reinit.extensions;
    if agrees { Ok(()) } else { Err(Violation::new(rule!("11.2-01"))) }
}

/// RFC 9420 §11.3.
fn check_branch(parent: &ParentGroup, context: &GroupContext) -> Result<(), Violation> {
    if context.group_id == parent.group_id {
        // The parent goes on, other than one that a ReInit has closed.
        return Err(Violation::new(rule!("12.4.3-04")));
    }
    if context.version != parent.version || context.cipher_suite != parent.cipher_suite {
        return Err(Violation::new(rule!("11.3-03")));
    }
    if context.epoch != FIRST_SHARED_EPOCH {
        return Err(Violation::new(rule!("11.3-04")));
    }
    Ok(())
}
