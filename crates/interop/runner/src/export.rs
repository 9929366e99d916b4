//! What was seen, as the working group's passive-client vectors.

use serde::{Serialize, Serializer};

/// A client that joined by a Welcome and followed.
#[derive(Clone, Debug, Serialize)]
pub struct PassiveClient {
    /// The suite.
    pub cipher_suite: u16,
    /// The external PSKs that it knew.
    pub external_psks: Vec<ExternalPsk>,
    /// What it was added by: an MLSMessage.
    #[serde(serialize_with = "octets")]
    pub key_package: Vec<u8>,
    /// Of the leaf's signature key.
    #[serde(serialize_with = "octets")]
    pub signature_priv: Vec<u8>,
    /// Of the leaf's encryption key.
    #[serde(serialize_with = "octets")]
    pub encryption_priv: Vec<u8>,
    /// Of the init key.
    #[serde(serialize_with = "octets")]
    pub init_priv: Vec<u8>,
    /// What it joined by: an MLSMessage.
    #[serde(serialize_with = "octets")]
    pub welcome: Vec<u8>,
    /// The tree, if it travelled outside of the Welcome.
    #[serde(serialize_with = "optional_octets")]
    pub ratchet_tree: Option<Vec<u8>>,
    /// Of the epoch that it joined in, as the members have it.
    #[serde(serialize_with = "octets")]
    pub initial_epoch_authenticator: Vec<u8>,
    /// What followed.
    pub epochs: Vec<Epoch>,
}

/// An external PSK.
#[derive(Clone, Debug, Serialize)]
pub struct ExternalPsk {
    /// Its name.
    #[serde(serialize_with = "octets")]
    pub psk_id: Vec<u8>,
    /// The key.
    #[serde(serialize_with = "octets")]
    pub psk: Vec<u8>,
}

/// What led to the next epoch.
#[derive(Clone, Debug, Serialize)]
pub struct Epoch {
    /// MLSMessages.
    #[serde(serialize_with = "each_octets")]
    pub proposals: Vec<Vec<u8>>,
    /// An MLSMessage.
    #[serde(serialize_with = "octets")]
    pub commit: Vec<u8>,
    /// As the members have it.
    #[serde(serialize_with = "octets")]
    pub epoch_authenticator: Vec<u8>,
}

fn octets<S: Serializer>(octets: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(octets))
}

fn optional_octets<S: Serializer>(octets: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    octets.as_ref().map(hex::encode).serialize(serializer)
}

fn each_octets<S: Serializer>(list: &[Vec<u8>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(list.iter().map(hex::encode))
}
