//! Commits.

use prost::Message;

use super::ProposalDescription;

/// Asks for a commit, which stays pending until `HandlePendingCommit`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct CommitRequest {
    /// The member's state.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
    /// MLSMessages with proposals, the committer's own among them.
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub by_reference: Vec<Vec<u8>>,
    /// Further proposals.
    #[prost(message, repeated, tag = "3")]
    pub by_value: Vec<ProposalDescription>,
    /// Whether the commit has a path although its proposals don't need one.
    #[prost(bool, tag = "4")]
    pub force_path: bool,
    /// Whether the tree travels outside of the Welcome.
    #[prost(bool, tag = "5")]
    pub external_tree: bool,
}

/// A commit.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct CommitResponse {
    /// An MLSMessage.
    #[prost(bytes = "vec", tag = "1")]
    pub commit: Vec<u8>,
    /// An MLSMessage; empty if nobody joins.
    #[prost(bytes = "vec", tag = "2")]
    pub welcome: Vec<u8>,
    /// The tree of the epoch that the commit begins, if it was asked for outside; else empty.
    #[prost(bytes = "vec", tag = "3")]
    pub ratchet_tree: Vec<u8>,
}

/// Asks to process somebody else's commit.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct HandleCommitRequest {
    /// The member's state.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
    /// The proposals that the commit may refer to, the member's own among them.
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub proposal: Vec<Vec<u8>>,
    /// An MLSMessage.
    #[prost(bytes = "vec", tag = "3")]
    pub commit: Vec<u8>,
}

/// A commit was processed.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct HandleCommitResponse {
    /// The member's state, under its old id or a new one.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
    /// Of the epoch that the commit begins.
    #[prost(bytes = "vec", tag = "2")]
    pub epoch_authenticator: Vec<u8>,
}

/// Asks to enter the epoch of the member's own pending commit.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct HandlePendingCommitRequest {
    /// The member's state.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
}
