//! What can go wrong in a tree.

use copath_codec::{DecodeError, EncodeError};
use copath_crypto::CryptoError;
use copath_rules::Violation;

/// Why an operation on a tree failed. The tree is unchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// Octets that aren't what they should be; the error names byte and field.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// A rule of RFC 9420 forbids it; the violation names the rule and the part at fault.
    #[error(transparent)]
    Rejected(#[from] Violation),
    /// A cryptographic operation failed.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// The tree or one of its parts would be larger than the limit or the encoding allows.
    #[error("the tree or a part of it is too large")]
    TooLarge,
    /// Misuse: the tree has no such leaf, or it is blank.
    #[error("leaf {leaf} is blank or outside of the tree")]
    NoSuchLeaf {
        /// The leaf index.
        leaf: u32,
    },
    /// Misuse: these private keys can't open the path; it isn't encrypted to this member.
    #[error("no private key fits the update path")]
    NoPrivateKey,
    /// Misuse: the leaf built for a path doesn't carry the key and the parent hash that it was given.
    #[error("the new leaf doesn't carry the key and the parent hash of its path")]
    WrongPathLeaf,
    /// The pages given are not those of one tree.
    #[error("the pages are damaged")]
    DamagedPages,
    /// An invariant of this crate doesn't hold: a bug.
    #[error("the tree is inconsistent in itself")]
    Inconsistent,
}

impl From<EncodeError> for TreeError {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::TooLong => Self::TooLarge,
            _ => Self::Inconsistent,
        }
    }
}
