//! What can go wrong beside the verdicts.

use copath_codec::{DecodeError, EncodeError};
use copath_crypto::CryptoError;
use copath_records::StoreError;

/// Why a validator's data can't be read, changed or believed. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BasicError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The name has no such key.
    #[error("the name isn't known with this key")]
    UnknownKey,
    /// The directory is longer than the limit.
    #[error("the directory has {length} octets, and the limit is {limit}")]
    DirectoryTooLarge {
        /// Its octets.
        length: usize,
        /// The limit.
        limit: usize,
    },
    /// The directory can't be read.
    #[error("the directory is malformed: {0}")]
    MalformedDirectory(DecodeError),
    /// The directory's entries aren't in strictly ascending order of their names, or its validity is empty.
    #[error("the directory's entries aren't in strictly ascending order, or its validity is empty")]
    UnorderedDirectory,
    /// The directory is too large to be encoded.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The directory's signature is bad, or the signer failed.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// The directory is another one than this validator's.
    #[error("the directory is another one: its id differs")]
    OtherDirectory,
    /// The directory isn't valid yet.
    #[error("the directory isn't valid yet")]
    DirectoryNotYetValid,
    /// The directory isn't valid any more.
    #[error("the directory isn't valid any more")]
    DirectoryExpired,
    /// A newer version was accepted before.
    #[error("the directory has version {version}, and version {accepted} was accepted before")]
    DirectoryRolledBack {
        /// The version offered.
        version: u64,
        /// The version accepted before.
        accepted: u64,
    },
    /// Another directory of the same version was accepted before: whoever signs it says different things to different
    /// people.
    #[error("another directory of version {version} was accepted before: its signer has signed two")]
    DirectoryForked {
        /// The version of both.
        version: u64,
    },
}
