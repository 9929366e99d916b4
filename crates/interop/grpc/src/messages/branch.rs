//! Subgroup branching (RFC 9420 §11.3).

use prost::Message;

use super::Extension;

/// Asks to create a branch.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct CreateBranchRequest {
    /// The creator's state in the old group.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
    /// The branch's.
    #[prost(bytes = "vec", tag = "2")]
    pub group_id: Vec<u8>,
    /// The branch's.
    #[prost(message, repeated, tag = "3")]
    pub extensions: Vec<Extension>,
    /// Fresh ones of the other members of the branch: MLSMessages.
    #[prost(bytes = "vec", repeated, tag = "4")]
    pub key_packages: Vec<Vec<u8>>,
    /// As in [`CommitRequest`](super::CommitRequest).
    #[prost(bool, tag = "5")]
    pub force_path: bool,
    /// As in [`CommitRequest`](super::CommitRequest).
    #[prost(bool, tag = "6")]
    pub external_tree: bool,
}

/// Asks to join a branch.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct HandleBranchRequest {
    /// The member's state in the old group.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
    /// The join that the member's fresh key package began.
    #[prost(uint32, tag = "2")]
    pub transaction_id: u32,
    /// An MLSMessage.
    #[prost(bytes = "vec", tag = "3")]
    pub welcome: Vec<u8>,
    /// The tree, if it travels outside of the Welcome; else empty.
    #[prost(bytes = "vec", tag = "4")]
    pub ratchet_tree: Vec<u8>,
}

/// A branch was joined.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct HandleBranchResponse {
    /// The member's state in the branch. The state in the old group keeps its id.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
    /// Of the branch's epoch 1.
    #[prost(bytes = "vec", tag = "2")]
    pub epoch_authenticator: Vec<u8>,
}
