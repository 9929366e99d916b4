//! What is measured, and where.

use serde::{Deserialize, Serialize};

use crate::forge::Warmth;
use crate::member::Library;

/// An operation that is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Operation {
    /// A key package is made.
    KeyPackage,
    /// The whole group is built in one commit, with the tree inside the Welcome.
    BuildInside,
    /// The same, with the tree beside the Welcome.
    BuildOutside,
    /// A Welcome is processed, everything validated; the tree is beside it.
    Join,
    /// A commit that changes nothing but the path is prepared.
    CreateSelfUpdate,
    /// It is applied.
    ApplySelfUpdate,
    /// Another member's is processed.
    ProcessSelfUpdate,
    /// A commit that adds one member, with the tree beside the Welcome.
    CreateAdd,
    /// It is applied, and the Welcome is there.
    ApplyAdd,
    /// Another member's is processed.
    ProcessAdd,
    /// A commit that removes one member.
    CreateRemove,
    /// It is applied.
    ApplyRemove,
    /// Another member's is processed.
    ProcessRemove,
    /// What an own commit changed is made durable.
    PersistOwnCommit,
    /// What an own commit that adds one changed is made durable.
    PersistAdd,
    /// What an own commit that removes one changed is made durable.
    PersistRemove,
    /// What another member's commit changed is made durable.
    PersistCommit,
    /// What a sent message changed is made durable.
    PersistMessage,
    /// The first message of an epoch, 32 octets, is encrypted.
    EncryptFirst,
    /// A later message of 32 octets.
    Encrypt32,
    /// A later message of 1 KiB.
    Encrypt1K,
    /// A later message of 64 KiB.
    Encrypt64K,
    /// The first message of a sender in an epoch, 32 octets, is decrypted.
    DecryptFirst,
    /// A later message of 32 octets.
    Decrypt32,
    /// A later message of 1 KiB.
    Decrypt1K,
    /// A later message of 64 KiB.
    Decrypt64K,
    /// The stored group is loaded.
    Load,
    /// The same from records in memory.
    LoadFromMemory,
    /// What an own commit changed is stored in memory.
    PersistOwnCommitInMemory,
    /// What an own commit that adds one changed is stored in memory.
    PersistAddInMemory,
    /// What an own commit that removes one changed is stored in memory.
    PersistRemoveInMemory,
    /// What another member's commit changed is stored in memory.
    PersistCommitInMemory,
    /// What a sent message changed is stored in memory.
    PersistMessageInMemory,
    /// A transaction of one octet, which is taken off what persisting takes.
    EmptyTransaction,
}

impl Operation {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 34] = [
        Self::KeyPackage,
        Self::BuildInside,
        Self::BuildOutside,
        Self::Join,
        Self::CreateSelfUpdate,
        Self::ApplySelfUpdate,
        Self::ProcessSelfUpdate,
        Self::CreateAdd,
        Self::ApplyAdd,
        Self::ProcessAdd,
        Self::CreateRemove,
        Self::ApplyRemove,
        Self::ProcessRemove,
        Self::PersistOwnCommit,
        Self::PersistAdd,
        Self::PersistRemove,
        Self::PersistCommit,
        Self::PersistMessage,
        Self::EncryptFirst,
        Self::Encrypt32,
        Self::Encrypt1K,
        Self::Encrypt64K,
        Self::DecryptFirst,
        Self::Decrypt32,
        Self::Decrypt1K,
        Self::Decrypt64K,
        Self::Load,
        Self::LoadFromMemory,
        Self::PersistOwnCommitInMemory,
        Self::PersistAddInMemory,
        Self::PersistRemoveInMemory,
        Self::PersistCommitInMemory,
        Self::PersistMessageInMemory,
        Self::EmptyTransaction,
    ];

    /// The same in memory, for one that persists.
    pub(crate) fn in_memory(self) -> Self {
        match self {
            Self::PersistOwnCommit => Self::PersistOwnCommitInMemory,
            Self::PersistAdd => Self::PersistAddInMemory,
            Self::PersistRemove => Self::PersistRemoveInMemory,
            Self::PersistCommit => Self::PersistCommitInMemory,
            _ => Self::PersistMessageInMemory,
        }
    }

    /// Whether it writes what is kept, or reads it.
    pub(crate) fn is_storage(self) -> bool {
        use Operation as O;
        matches!(
            self,
            O::PersistOwnCommit
                | O::PersistAdd
                | O::PersistRemove
                | O::PersistCommit
                | O::PersistMessage
                | O::Load
                | O::LoadFromMemory
                | O::PersistOwnCommitInMemory
                | O::PersistAddInMemory
                | O::PersistRemoveInMemory
                | O::PersistCommitInMemory
                | O::PersistMessageInMemory
        )
    }

    /// As in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::KeyPackage => "key package",
            Self::BuildInside => "build in one commit, tree inside",
            Self::BuildOutside => "build in one commit, tree outside",
            Self::Join => "join",
            Self::CreateSelfUpdate => "self-update: create",
            Self::ApplySelfUpdate => "self-update: apply",
            Self::ProcessSelfUpdate => "self-update: process",
            Self::CreateAdd => "add one: create",
            Self::ApplyAdd => "add one: apply",
            Self::ProcessAdd => "add one: process",
            Self::CreateRemove => "remove one: create",
            Self::ApplyRemove => "remove one: apply",
            Self::ProcessRemove => "remove one: process",
            Self::PersistOwnCommit => "persist an own commit",
            Self::PersistAdd => "add one: persist",
            Self::PersistRemove => "remove one: persist",
            Self::PersistCommit => "persist a commit",
            Self::PersistMessage => "persist a message",
            Self::EncryptFirst => "first message: encrypt 32 B",
            Self::Encrypt32 => "encrypt 32 B",
            Self::Encrypt1K => "encrypt 1 KiB",
            Self::Encrypt64K => "encrypt 64 KiB",
            Self::DecryptFirst => "first message: decrypt 32 B",
            Self::Decrypt32 => "decrypt 32 B",
            Self::Decrypt1K => "decrypt 1 KiB",
            Self::Decrypt64K => "decrypt 64 KiB",
            Self::Load => "load",
            Self::LoadFromMemory => "load, from memory",
            Self::PersistOwnCommitInMemory => "persist an own commit, in memory",
            Self::PersistAddInMemory => "add one: persist, in memory",
            Self::PersistRemoveInMemory => "remove one: persist, in memory",
            Self::PersistCommitInMemory => "persist a commit, in memory",
            Self::PersistMessageInMemory => "persist a message, in memory",
            Self::EmptyTransaction => "an empty transaction",
        }
    }
}

/// What is compared as one. Creating and applying a commit go together: the peers build the Welcome and its GroupInfo
/// with the commit, Copath when the commit has been accepted.
pub const WHOLE: [(&str, &[Operation]); 30] = [
    ("key package", &[Operation::KeyPackage]),
    ("build in one commit, tree inside", &[Operation::BuildInside]),
    ("build in one commit, tree outside", &[Operation::BuildOutside]),
    ("join", &[Operation::Join]),
    ("self-update: create + apply", &[Operation::CreateSelfUpdate, Operation::ApplySelfUpdate]),
    ("self-update: process", &[Operation::ProcessSelfUpdate]),
    ("add one: create + apply", &[Operation::CreateAdd, Operation::ApplyAdd]),
    ("add one: process", &[Operation::ProcessAdd]),
    ("remove one: create + apply", &[Operation::CreateRemove, Operation::ApplyRemove]),
    ("remove one: process", &[Operation::ProcessRemove]),
    ("persist an own commit", &[Operation::PersistOwnCommit]),
    ("add one: persist", &[Operation::PersistAdd]),
    ("remove one: persist", &[Operation::PersistRemove]),
    ("persist a commit", &[Operation::PersistCommit]),
    ("persist a message", &[Operation::PersistMessage]),
    ("first message: encrypt 32 B", &[Operation::EncryptFirst]),
    ("encrypt 32 B", &[Operation::Encrypt32]),
    ("encrypt 1 KiB", &[Operation::Encrypt1K]),
    ("encrypt 64 KiB", &[Operation::Encrypt64K]),
    ("first message: decrypt 32 B", &[Operation::DecryptFirst]),
    ("decrypt 32 B", &[Operation::Decrypt32]),
    ("decrypt 1 KiB", &[Operation::Decrypt1K]),
    ("decrypt 64 KiB", &[Operation::Decrypt64K]),
    ("persist an own commit, in memory", &[Operation::PersistOwnCommitInMemory]),
    ("add one: persist, in memory", &[Operation::PersistAddInMemory]),
    ("remove one: persist, in memory", &[Operation::PersistRemoveInMemory]),
    ("persist a commit, in memory", &[Operation::PersistCommitInMemory]),
    ("persist a message, in memory", &[Operation::PersistMessageInMemory]),
    ("load", &[Operation::Load]),
    ("load, from memory", &[Operation::LoadFromMemory]),
];

/// Octets that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Quantity {
    /// A commit that only updates, on the wire.
    SelfUpdateOnWire,
    /// A commit that adds one.
    AddOnWire,
    /// The Welcome for one.
    WelcomeOnWire,
    /// A commit that removes one.
    RemoveOnWire,
    /// A message of 32 octets on the wire.
    MessageOnWire,
    /// Written for an own commit.
    OwnCommitWritten,
    /// Written for an own commit that adds one.
    AddWritten,
    /// Written for an own commit that removes one.
    RemoveWritten,
    /// Written for a received commit.
    CommitWritten,
    /// Written for a sent message in the steady state.
    MessageWritten,
}

impl Quantity {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 10] = [
        Self::SelfUpdateOnWire,
        Self::AddOnWire,
        Self::WelcomeOnWire,
        Self::RemoveOnWire,
        Self::MessageOnWire,
        Self::OwnCommitWritten,
        Self::AddWritten,
        Self::RemoveWritten,
        Self::CommitWritten,
        Self::MessageWritten,
    ];

    /// As in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::SelfUpdateOnWire => "self-update on the wire",
            Self::AddOnWire => "add one on the wire",
            Self::WelcomeOnWire => "Welcome for one on the wire",
            Self::RemoveOnWire => "remove one on the wire",
            Self::MessageOnWire => "message of 32 B on the wire",
            Self::OwnCommitWritten => "written for an own commit",
            Self::AddWritten => "written for adding one",
            Self::RemoveWritten => "written for removing one",
            Self::CommitWritten => "written for a received commit",
            Self::MessageWritten => "written for a message",
        }
    }
}

/// Where a figure belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Members.
    pub size: u32,
    /// The state of the tree.
    pub warmth: Warmth,
    /// The library.
    pub library: Library,
}
