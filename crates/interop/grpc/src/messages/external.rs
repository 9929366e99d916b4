//! Proposals from outside of the group (RFC 9420 §12.1.8).

use prost::Message;

use super::ProposalDescription;

/// Asks for a proposal of an outsider to add itself.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct NewMemberAddProposalRequest {
    /// An MLSMessage; no tree comes with it.
    #[prost(bytes = "vec", tag = "1")]
    pub group_info: Vec<u8>,
    /// The identity in the basic credential.
    #[prost(bytes = "vec", tag = "2")]
    pub identity: Vec<u8>,
}

/// A proposal of an outsider to add itself, and the join that it began.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct NewMemberAddProposalResponse {
    /// The join, for `JoinGroup`.
    #[prost(uint32, tag = "1")]
    pub transaction_id: u32,
    /// A PublicMessage.
    #[prost(bytes = "vec", tag = "2")]
    pub proposal: Vec<u8>,
    /// As in [`CreateKeyPackageResponse`](super::CreateKeyPackageResponse).
    #[prost(bytes = "vec", tag = "3")]
    pub init_priv: Vec<u8>,
    /// As in [`CreateKeyPackageResponse`](super::CreateKeyPackageResponse).
    #[prost(bytes = "vec", tag = "4")]
    pub encryption_priv: Vec<u8>,
    /// As in [`CreateKeyPackageResponse`](super::CreateKeyPackageResponse).
    #[prost(bytes = "vec", tag = "5")]
    pub signature_priv: Vec<u8>,
}

/// Asks for an external sender with a fresh key.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct CreateExternalSignerRequest {
    /// A 16-bit value.
    #[prost(uint32, tag = "1")]
    pub cipher_suite: u32,
    /// The identity in the basic credential.
    #[prost(bytes = "vec", tag = "2")]
    pub identity: Vec<u8>,
}

/// An external sender.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct CreateExternalSignerResponse {
    /// The signer, for `ExternalSignerProposal`.
    #[prost(uint32, tag = "1")]
    pub signer_id: u32,
    /// The bare ExternalSender.
    #[prost(bytes = "vec", tag = "2")]
    pub external_sender: Vec<u8>,
}

/// Asks a member to propose that an external sender be added to the group's list. The answer is a
/// [`ProposalResponse`](super::ProposalResponse).
#[derive(Clone, PartialEq, Eq, Message)]
pub struct AddExternalSignerRequest {
    /// The member's state.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
    /// The bare ExternalSender.
    #[prost(bytes = "vec", tag = "2")]
    pub external_sender: Vec<u8>,
}

/// Defined by the harness, returned by no method.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct AddExternalSignerResponse {
    /// An MLSMessage.
    #[prost(bytes = "vec", tag = "1")]
    pub proposal: Vec<u8>,
    /// The place in the list.
    #[prost(uint32, tag = "2")]
    pub signer_index: u32,
}

/// Asks for a proposal of an external sender.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ExternalSignerProposalRequest {
    /// The signer.
    #[prost(uint32, tag = "1")]
    pub signer_id: u32,
    /// The harness never sets it: the signer looks for its key in the GroupInfo.
    #[prost(uint32, tag = "2")]
    pub signer_index: u32,
    /// An MLSMessage.
    #[prost(bytes = "vec", tag = "3")]
    pub group_info: Vec<u8>,
    /// The tree, which always comes.
    #[prost(bytes = "vec", tag = "4")]
    pub ratchet_tree: Vec<u8>,
    /// What to propose.
    #[prost(message, optional, tag = "5")]
    pub description: Option<ProposalDescription>,
}
