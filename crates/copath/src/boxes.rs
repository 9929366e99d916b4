//! Changes of what is to be sent and of what was received: stored with the group, applied with its patch.

use copath_crypto::HashOutput;
use copath_group::ApplicationMessage;
use copath_messages::GroupId;
use copath_records::StateDelta;

use crate::inbox::{self, Received};
use crate::outbox::{self, Stored};
use crate::{Error, Outgoing};

/// One change.
#[derive(Debug)]
pub(crate) enum BoxChange {
    /// A message that may not have been sent yet, under its number.
    Keep(u64, Outgoing),
    /// It was sent, or isn't to be sent any more.
    Forget(u64),
    /// Application data that the application may not have yet, under the hash of its message.
    Receive(HashOutput, ApplicationMessage),
    /// The application has it.
    Handled(HashOutput),
}

/// Adds changes to a batch of their group.
pub(crate) fn write(changes: &[BoxChange], group_id: &GroupId, delta: &mut StateDelta) -> Result<(), Error> {
    for change in changes {
        match change {
            BoxChange::Keep(number, outgoing) => {
                delta.put(outbox::key(group_id, *number), outgoing.to_record())
            }
            BoxChange::Forget(number) => delta.delete(outbox::key(group_id, *number)),
            BoxChange::Receive(id, message) => {
                delta.put(inbox::key(group_id, id), inbox::to_record(message)?)
            }
            BoxChange::Handled(id) => delta.delete(inbox::key(group_id, id)),
        };
    }
    Ok(())
}

impl BoxChange {
    pub(crate) fn apply(self, outbox: &mut Stored, inbox: &mut Received) {
        match self {
            Self::Keep(number, outgoing) => outbox.insert(number, outgoing),
            Self::Forget(number) => outbox.remove(number),
            Self::Receive(id, message) => inbox.insert(id, message),
            Self::Handled(id) => inbox.remove(&id),
        }
    }
}
