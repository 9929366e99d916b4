//! Ways to become a member.

use prost::Message;

/// Asks for a new group with one member.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct CreateGroupRequest {
    /// The group's id.
    #[prost(bytes = "vec", tag = "1")]
    pub group_id: Vec<u8>,
    /// A 16-bit value.
    #[prost(uint32, tag = "2")]
    pub cipher_suite: u32,
    /// Whether the member frames proposals and commits as PrivateMessage.
    #[prost(bool, tag = "3")]
    pub encrypt_handshake: bool,
    /// The identity in the member's basic credential.
    #[prost(bytes = "vec", tag = "4")]
    pub identity: Vec<u8>,
}

/// A group was created.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct CreateGroupResponse {
    /// The member's state.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
}

/// Asks for a key package.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct CreateKeyPackageRequest {
    /// A 16-bit value.
    #[prost(uint32, tag = "1")]
    pub cipher_suite: u32,
    /// The identity in the basic credential.
    #[prost(bytes = "vec", tag = "2")]
    pub identity: Vec<u8>,
}

/// A key package, and the join that it began.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct CreateKeyPackageResponse {
    /// The join, for `JoinGroup`, `HandleBranch` and `StorePSK`.
    #[prost(uint32, tag = "1")]
    pub transaction_id: u32,
    /// An MLSMessage.
    #[prost(bytes = "vec", tag = "2")]
    pub key_package: Vec<u8>,
    /// The private key of the KeyPackage's init key. The harness writes it into vectors and uses it for nothing else.
    #[prost(bytes = "vec", tag = "3")]
    pub init_priv: Vec<u8>,
    /// The private key of the leaf's encryption key, likewise.
    #[prost(bytes = "vec", tag = "4")]
    pub encryption_priv: Vec<u8>,
    /// The private key of the leaf's signature key, likewise.
    #[prost(bytes = "vec", tag = "5")]
    pub signature_priv: Vec<u8>,
}

/// Asks to join by a Welcome.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct JoinGroupRequest {
    /// The join that the key package began.
    #[prost(uint32, tag = "1")]
    pub transaction_id: u32,
    /// An MLSMessage.
    #[prost(bytes = "vec", tag = "2")]
    pub welcome: Vec<u8>,
    /// As in [`CreateGroupRequest`].
    #[prost(bool, tag = "3")]
    pub encrypt_handshake: bool,
    /// The identity of the key package.
    #[prost(bytes = "vec", tag = "4")]
    pub identity: Vec<u8>,
    /// The tree, if it travels outside of the Welcome; else empty.
    #[prost(bytes = "vec", tag = "5")]
    pub ratchet_tree: Vec<u8>,
}

/// The group was joined by a Welcome.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct JoinGroupResponse {
    /// The member's state.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
    /// Of the epoch that was joined.
    #[prost(bytes = "vec", tag = "2")]
    pub epoch_authenticator: Vec<u8>,
}

/// A pre-shared key.
#[derive(Clone, PartialEq, Eq, Message)]
#[prost(skip_debug)]
pub struct PreSharedKey {
    /// RFC 9420 §8.4: `psk_id` of an external PSK.
    #[prost(bytes = "vec", tag = "1")]
    pub psk_id: Vec<u8>,
    /// The key.
    #[prost(bytes = "vec", tag = "2")]
    pub psk_secret: Vec<u8>,
}

impl std::fmt::Debug for PreSharedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreSharedKey").field("psk_id", &self.psk_id).finish_non_exhaustive()
    }
}

/// Asks to join by an external commit.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ExternalJoinRequest {
    /// An MLSMessage; it has the external_pub extension.
    #[prost(bytes = "vec", tag = "1")]
    pub group_info: Vec<u8>,
    /// The tree; may come although it is in the GroupInfo too, and may be empty if it is.
    #[prost(bytes = "vec", tag = "2")]
    pub ratchet_tree: Vec<u8>,
    /// As in [`CreateGroupRequest`], for what comes after the join.
    #[prost(bool, tag = "3")]
    pub encrypt_handshake: bool,
    /// The identity in the basic credential.
    #[prost(bytes = "vec", tag = "4")]
    pub identity: Vec<u8>,
    /// Whether the commit removes the old leaf of this identity.
    #[prost(bool, tag = "5")]
    pub remove_prior: bool,
    /// External PSKs: the commit has one proposal for each.
    #[prost(message, repeated, tag = "6")]
    pub psks: Vec<PreSharedKey>,
}

/// An external commit was made, and the group entered by it.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ExternalJoinResponse {
    /// The member's state.
    #[prost(uint32, tag = "1")]
    pub state_id: u32,
    /// A PublicMessage.
    #[prost(bytes = "vec", tag = "2")]
    pub commit: Vec<u8>,
    /// Of the epoch that the commit begins.
    #[prost(bytes = "vec", tag = "3")]
    pub epoch_authenticator: Vec<u8>,
}
