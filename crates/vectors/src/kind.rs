//! The formats.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use copath_crypto::CryptoProvider;

use crate::{Error, Outcome, kinds};

/// A format of test vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// Relations between node indices (RFC 9420 appendix C).
    TreeMath,
    /// Headers of vectors (RFC 9420 §2.1.2).
    Deserialization,
    /// The labelled functions (RFC 9420 §5.1, §5.2, §8).
    CryptoBasics,
    /// Keys of messages and of sender data (RFC 9420 §9, §6.3.2).
    SecretTree,
    /// Epoch after epoch (RFC 9420 §8).
    KeySchedule,
    /// Pre-shared keys (RFC 9420 §8.4).
    PskSecret,
    /// Transcript hashes and confirmation tags (RFC 9420 §8.2).
    TranscriptHashes,
    /// Public and private messages (RFC 9420 §6).
    MessageProtection,
    /// All structures, decoded and encoded (RFC 9420 §2.1 and throughout).
    Messages,
    /// Opening a Welcome (RFC 9420 §12.4.3.1).
    Welcome,
    /// Proposals applied to a tree (RFC 9420 §12.1, §7.7).
    TreeOperations,
    /// Trees as a newcomer checks them (RFC 9420 §7.8, §7.9).
    TreeValidation,
    /// Update paths, made and processed (RFC 9420 §7.5, §7.6).
    TreeKem,
    /// A client that joins and follows (RFC 9420 §12.4).
    PassiveClient,
    /// A client that joins what comes out of a group (RFC 9420 §11.2, §11.3); a format of our own.
    Succession,
}

impl Kind {
    /// All formats.
    pub const ALL: [Self; 15] = [
        Self::TreeMath,
        Self::Deserialization,
        Self::CryptoBasics,
        Self::SecretTree,
        Self::KeySchedule,
        Self::PskSecret,
        Self::TranscriptHashes,
        Self::MessageProtection,
        Self::Messages,
        Self::Welcome,
        Self::TreeOperations,
        Self::TreeValidation,
        Self::TreeKem,
        Self::PassiveClient,
        Self::Succession,
    ];

    /// Its name, which is that of its files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TreeMath => "tree-math",
            Self::Deserialization => "deserialization",
            Self::CryptoBasics => "crypto-basics",
            Self::SecretTree => "secret-tree",
            Self::KeySchedule => "key-schedule",
            Self::PskSecret => "psk_secret",
            Self::TranscriptHashes => "transcript-hashes",
            Self::MessageProtection => "message-protection",
            Self::Messages => "messages",
            Self::Welcome => "welcome",
            Self::TreeOperations => "tree-operations",
            Self::TreeValidation => "tree-validation",
            Self::TreeKem => "treekem",
            Self::PassiveClient => "passive-client",
            Self::Succession => "succession",
        }
    }

    /// Runs a file on a backend.
    ///
    /// # Errors
    /// [`Error::Json`] if the file isn't of this format.
    pub fn run(self, provider: &Arc<dyn CryptoProvider>, json: &str) -> Result<Outcome, Error> {
        match self {
            Self::TreeMath => kinds::tree_math::run(json),
            Self::Deserialization => kinds::deserialization::run(json),
            Self::CryptoBasics => kinds::crypto_basics::run(provider, json),
            Self::SecretTree => kinds::secret_tree::run(provider, json),
            Self::KeySchedule => kinds::key_schedule::run(provider, json),
            Self::PskSecret => kinds::psk_secret::run(provider, json),
            Self::TranscriptHashes => kinds::transcript_hashes::run(provider, json),
            Self::MessageProtection => kinds::message_protection::run(provider, json),
            Self::Messages => kinds::messages::run(json),
            Self::Welcome => kinds::welcome::run(provider, json),
            Self::TreeOperations => kinds::tree_operations::run(provider, json),
            Self::TreeValidation => kinds::tree_validation::run(provider, json),
            Self::TreeKem => kinds::treekem::run(provider, json),
            Self::PassiveClient => kinds::passive_client::run(provider, json),
            Self::Succession => kinds::succession::run(provider, json),
        }
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let known = Self::ALL.into_iter().find(|kind| kind.name() == name);
        known.ok_or_else(|| Error::UnknownKind(name.into()))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
