//! What can go wrong with a message.

use copath_codec::{DecodeError, EncodeError};
use copath_crypto::CryptoError;
use copath_rules::{Part, RuleId, Violation};

/// Why a message can't be read, made or accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// The bytes aren't the structure that they should be.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// The structure breaks a rule of RFC 9420.
    #[error(transparent)]
    Rejected(#[from] Violation),
    /// Cryptography failed for a reason other than the message's content.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// A vector is longer than the encoding can express.
    #[error(transparent)]
    Unencodable(#[from] EncodeError),
    /// The sender is a member or joins by an external commit, so the group context is signed along; give it
    /// (RFC 9420 §6.1).
    #[error("messages of this sender are signed together with the group context, which wasn't given")]
    GroupContextRequired,
    /// The content was signed for another framing than this call makes.
    #[error("the content was signed for another wire format")]
    WrongWireFormat,
    /// Only a proposal has a ProposalRef.
    #[error("the content is not a proposal")]
    NotAProposal,
}

impl MessageError {
    /// The rule of RFC 9420 that is broken, where one is.
    pub fn rule(&self) -> Option<RuleId> {
        match self {
            Self::Malformed(error) => Some(error.rule()),
            Self::Rejected(violation) => Some(violation.rule()),
            _ => None,
        }
    }
}

/// A signature that doesn't verify, or a key that no signature can verify under, breaks `rule`; a failing backend
/// doesn't.
pub(crate) fn refused(error: CryptoError, rule: RuleId, part: Part) -> MessageError {
    match error {
        CryptoError::InvalidSignature | CryptoError::InvalidPublicKey => Violation::new(rule).at(part).into(),
        other => other.into(),
    }
}
