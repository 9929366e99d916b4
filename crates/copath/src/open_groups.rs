//! Which groups have a handle.
//!
//! Two handles of one group would advance the same ratchets apart and use keys and nonces twice, so there is one.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use copath_messages::GroupId;

use crate::{Error, Misuse};

/// The groups that have a handle.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenGroups(Arc<Mutex<BTreeSet<GroupId>>>);

/// The right to have a handle of a group, until it is dropped.
#[derive(Debug)]
pub(crate) struct OpenGroup {
    groups: OpenGroups,
    group_id: GroupId,
}

impl OpenGroups {
    /// Claims the handle of a group.
    pub(crate) fn claim(&self, group_id: &GroupId) -> Result<OpenGroup, Error> {
        if !self.lock().insert(group_id.clone()) {
            return Err(Misuse::GroupOpen.into());
        }
        Ok(OpenGroup { groups: self.clone(), group_id: group_id.clone() })
    }

    /// A set of ids is whole whatever happened to a thread that held it.
    fn lock(&self) -> MutexGuard<'_, BTreeSet<GroupId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OpenGroup {
    fn drop(&mut self) {
        self.groups.lock().remove(&self.group_id);
    }
}
