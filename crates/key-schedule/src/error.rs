//! What can go wrong in the key schedule.

use copath_crypto::CryptoError;
use copath_rules::Violation;

/// Why a key can't be derived or used. It never carries secret data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyScheduleError {
    /// A rule of RFC 9420 forbids it.
    #[error(transparent)]
    Rejected(#[from] Violation),
    /// A cryptographic operation failed.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// The change was made from another state of the secret tree; prepare it again.
    #[error("the change was made from another state of the secret tree")]
    StaleChange,
    /// Stored records aren't those of one secret tree.
    #[error("the stored records of the secret tree are damaged or incomplete")]
    DamagedRecords,
    /// A public value is longer than its encoding can express.
    #[error("a value is longer than its encoding can express")]
    TooLong,
}

impl From<copath_codec::EncodeError> for KeyScheduleError {
    fn from(_: copath_codec::EncodeError) -> Self {
        Self::TooLong
    }
}
