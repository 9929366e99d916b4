//! Reinitialization (RFC 9420 §11.2).

use prost::Message;

use super::Extension;

/// Asks to propose a ReInit.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ReInitProposalRequest {
    /// The member's state.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
    /// The successor's: a 16-bit value.
    #[prost(uint32, tag = "2")]
    pub cipher_suite: u32,
    /// The successor's; may be that of the old group.
    #[prost(bytes = "vec", tag = "3")]
    pub group_id: Vec<u8>,
    /// The successor's.
    #[prost(message, repeated, tag = "4")]
    pub extensions: Vec<Extension>,
}

/// The group was closed by a commit of a ReInit.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct HandleReInitCommitResponse {
    /// The reinitialization that has begun, for `ReInitWelcome` or `HandleReInitWelcome`.
    #[prost(uint32, tag = "1")]
    pub reinit_id: u32,
    /// Of the successor's suite, with the member's identity: an MLSMessage.
    #[prost(bytes = "vec", tag = "2")]
    pub key_package: Vec<u8>,
    /// Of the old group, after the commit.
    #[prost(bytes = "vec", tag = "3")]
    pub epoch_authenticator: Vec<u8>,
}

/// Asks to create the successor.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ReInitWelcomeRequest {
    /// The welcomer's reinitialization.
    #[prost(uint32, tag = "1")]
    pub reinit_id: u32,
    /// Those of the others, in any order.
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub key_package: Vec<Vec<u8>>,
    /// As in [`CommitRequest`](super::CommitRequest).
    #[prost(bool, tag = "3")]
    pub force_path: bool,
    /// As in [`CommitRequest`](super::CommitRequest).
    #[prost(bool, tag = "4")]
    pub external_tree: bool,
}

/// A successor or a branch was created.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct CreateSubgroupResponse {
    /// The creator's state in the new group.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
    /// An MLSMessage.
    #[prost(bytes = "vec", tag = "2")]
    pub welcome: Vec<u8>,
    /// The tree, if it was asked for outside; else empty.
    #[prost(bytes = "vec", tag = "3")]
    pub ratchet_tree: Vec<u8>,
    /// Of the new group's epoch 1.
    #[prost(bytes = "vec", tag = "4")]
    pub epoch_authenticator: Vec<u8>,
}

/// Asks to join the successor.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct HandleReInitWelcomeRequest {
    /// The member's reinitialization.
    #[prost(uint32, tag = "1")]
    pub reinit_id: u32,
    /// An MLSMessage.
    #[prost(bytes = "vec", tag = "2")]
    pub welcome: Vec<u8>,
    /// The tree, if it travels outside of the Welcome; else empty.
    #[prost(bytes = "vec", tag = "3")]
    pub ratchet_tree: Vec<u8>,
}
