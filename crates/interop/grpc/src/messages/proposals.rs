//! Proposals of members, and descriptions of proposals that a commit makes by value.

use prost::Message;

/// Asks to propose an Add.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct AddProposalRequest {
    /// The member's state.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
    /// An MLSMessage.
    #[prost(bytes = "vec", tag = "2")]
    pub key_package: Vec<u8>,
}

/// A proposal.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ProposalResponse {
    /// An MLSMessage, to be given to everybody with the commit that covers it.
    #[prost(bytes = "vec", tag = "1")]
    pub proposal: Vec<u8>,
}

/// Asks to propose an Update.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct UpdateProposalRequest {
    /// The member's state.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
}

/// Asks to propose a Remove.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct RemoveProposalRequest {
    /// The member's state.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
    /// The identity of the member to be removed.
    #[prost(bytes = "vec", tag = "2")]
    pub removed_id: Vec<u8>,
}

/// Asks to propose an external PSK.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ExternalPskProposalRequest {
    /// The member's state.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
    /// A key that `StorePSK` has given to all.
    #[prost(bytes = "vec", tag = "2")]
    pub psk_id: Vec<u8>,
}

/// Asks to propose a resumption PSK of this group.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct ResumptionPskProposalRequest {
    /// The member's state.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
    /// The present epoch or an earlier one.
    #[prost(uint64, tag = "2")]
    pub epoch_id: u64,
}

/// An extension.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Extension {
    /// A 16-bit value.
    #[prost(uint32, tag = "1")]
    pub extension_type: u32,
    /// Its body.
    #[prost(bytes = "vec", tag = "2")]
    pub extension_data: Vec<u8>,
}

/// Asks to propose other extensions of the group context.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct GroupContextExtensionsProposalRequest {
    /// The member's state.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
    /// All extensions that the group has then.
    #[prost(message, repeated, tag = "2")]
    pub extensions: Vec<Extension>,
}

/// A proposal in a commit by value, or of an external signer.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ProposalDescription {
    /// `add`, `remove`, `externalPSK`, `resumptionPSK`, `groupContextExtensions`; of external signers also `reinit`.
    #[prost(bytes = "vec", tag = "1")]
    pub proposal_type: Vec<u8>,
    /// Of `add`: an MLSMessage.
    #[prost(bytes = "vec", tag = "2")]
    pub key_package: Vec<u8>,
    /// Of `remove`: an identity.
    #[prost(bytes = "vec", tag = "3")]
    pub removed_id: Vec<u8>,
    /// Of `externalPSK`.
    #[prost(bytes = "vec", tag = "4")]
    pub psk_id: Vec<u8>,
    /// Of `resumptionPSK`.
    #[prost(uint64, tag = "5")]
    pub epoch_id: u64,
    /// Of `groupContextExtensions` and `reinit`.
    #[prost(message, repeated, tag = "6")]
    pub extensions: Vec<Extension>,
    /// Of `reinit`.
    #[prost(bytes = "vec", tag = "7")]
    pub group_id: Vec<u8>,
    /// Of `reinit`: a 16-bit value.
    #[prost(uint32, tag = "8")]
    pub cipher_suite: u32,
}
