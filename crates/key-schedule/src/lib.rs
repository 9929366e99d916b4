//! The MLS key schedule, secret tree, PSKs and transcript hashes.
//!
//! RFC 9420 §8 and §9. From epoch to epoch: [`InitSecret`] and [`CommitSecret`] give the [`JoinerSecret`]; that and
//! the [`PskSecret`] give the [`IntermediateSecret`], which gives [`WelcomeSecret`] and [`EpochSecret`]; the latter
//! gives the [`EpochSecrets`]. Message keys come from the [`SecretTree`]. No message structure is known here:
//! contexts come encoded.
#![no_std]
#![warn(clippy::arithmetic_side_effects)]

extern crate alloc;

mod error;
mod exporter;
mod key_nonce;
mod psk;
mod schedule;
mod secret_tree;
mod secrets;
mod sender_data;
mod tags;
pub mod transcript;

pub use error::KeyScheduleError;
pub use key_nonce::KeyNonce;
pub use psk::{PskInput, psk_secret};
pub use schedule::EpochSecrets;
pub use secret_tree::{ContentKind, Limits, PreparedKey, RatchetChange, SecretTree, SecretTreeRecord};
pub use secrets::{
    CommitSecret, ConfirmationKey, EncryptionSecret, EpochAuthenticator, EpochSecret, ExporterSecret,
    ExternalSecret, InitSecret, IntermediateSecret, JoinerSecret, MembershipKey, PskSecret, ResumptionPsk,
    SenderDataSecret, WelcomeSecret,
};

/// The exporter context with which an external joiner and the members derive the init secret.
///
/// RFC 9420 §8.3. It is the `exporter_context` of the HPKE export as it stands, without the prefix and the label
/// structure of the other labels.
pub const EXTERNAL_INIT_LABEL: &str = "MLS 1.0 external init secret";

#[cfg(test)]
mod tests;
