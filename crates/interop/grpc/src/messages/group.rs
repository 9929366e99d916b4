//! What a member does within an epoch.

use prost::Message;

/// Asks for a GroupInfo that outsiders can join by.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct GroupInfoRequest {
    /// The member's state.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
    /// Whether the tree travels outside of the GroupInfo.
    #[prost(bool, tag = "2")]
    pub external_tree: bool,
}

/// A GroupInfo.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct GroupInfoResponse {
    /// An MLSMessage.
    #[prost(bytes = "vec", tag = "1")]
    pub group_info: Vec<u8>,
    /// The tree, if it was asked for outside; else empty.
    #[prost(bytes = "vec", tag = "2")]
    pub ratchet_tree: Vec<u8>,
}

/// Asks for the epoch authenticator.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct StateAuthRequest {
    /// The member's state.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
}

/// The epoch authenticator.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct StateAuthResponse {
    /// RFC 9420 §8.7.
    #[prost(bytes = "vec", tag = "1")]
    pub state_auth_secret: Vec<u8>,
}

/// Asks for an exported secret.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ExportRequest {
    /// The member's state.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
    /// The exporter's label.
    #[prost(string, tag = "2")]
    pub label: String,
    /// The exporter's context.
    #[prost(bytes = "vec", tag = "3")]
    pub context: Vec<u8>,
    /// Octets that are wanted.
    #[prost(uint32, tag = "4")]
    pub key_length: u32,
}

/// An exported secret.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ExportResponse {
    /// RFC 9420 §8.5.
    #[prost(bytes = "vec", tag = "1")]
    pub exported_secret: Vec<u8>,
}

/// Asks to encrypt application data.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ProtectRequest {
    /// The member's state.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
    /// Authenticated along with the data, but visible.
    #[prost(bytes = "vec", tag = "2")]
    pub authenticated_data: Vec<u8>,
    /// The data.
    #[prost(bytes = "vec", tag = "3")]
    pub plaintext: Vec<u8>,
}

/// Encrypted application data.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ProtectResponse {
    /// A PrivateMessage.
    #[prost(bytes = "vec", tag = "1")]
    pub ciphertext: Vec<u8>,
}

/// Asks to decrypt application data, of this epoch or of an earlier one, in any order.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct UnprotectRequest {
    /// The member's state.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
    /// A PrivateMessage.
    #[prost(bytes = "vec", tag = "2")]
    pub ciphertext: Vec<u8>,
}

/// Decrypted application data.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct UnprotectResponse {
    /// What was authenticated along with the data.
    #[prost(bytes = "vec", tag = "1")]
    pub authenticated_data: Vec<u8>,
    /// The data.
    #[prost(bytes = "vec", tag = "2")]
    pub plaintext: Vec<u8>,
}

/// Gives a client an external PSK.
#[derive(Clone, PartialEq, Eq, Message)]
#[prost(skip_debug)]
pub struct StorePskRequest {
    /// A member's state, or a join that has begun.
    #[prost(uint32, tag = "1")]
    pub state_or_transaction_id: u32,
    /// RFC 9420 §8.4.
    #[prost(bytes = "vec", tag = "2")]
    pub psk_id: Vec<u8>,
    /// The key.
    #[prost(bytes = "vec", tag = "3")]
    pub psk_secret: Vec<u8>,
}

impl std::fmt::Debug for StorePskRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StorePskRequest")
            .field("state_or_transaction_id", &self.state_or_transaction_id)
            .field("psk_id", &self.psk_id)
            .finish_non_exhaustive()
    }
}

/// The PSK is kept.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct StorePskResponse {}

/// Says that an actor is done with a state. Sent for removed members too.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct FreeRequest {
    /// The member's state.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
}

/// The state is gone.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct FreeResponse {}
