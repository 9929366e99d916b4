//! The Authentication Service as a client sees it.

use alloc::vec::Vec;

use crate::{CertificateDefect, CredentialQuestion, Timestamp};

/// The client's view of the Authentication Service, supplied by the application.
///
/// RFC 9420 §5.3.1 and RFC 9750 §4. All of MLS's authentication rests on it: a validator that accepts a wrong
/// credential lets an impostor into the group, and no rule of the protocol can repair that. It has to
///
/// - decide whether the identifiers in a credential belong to the signature key presented with it, and whether they
///   are those that the application expects in that place;
/// - decide whether a new credential is an acceptable successor of the one that it replaces, so that a member can't
///   turn into somebody else;
/// - decide whether two credentials stand for the same client;
/// - take expiry and revocation into account, and tell the application about a credential that has become invalid,
///   so that its owner is removed from the groups that it is in.
///
/// Every member of a group has to come to the same verdicts: members that decide differently fork the group.
///
/// Questions come in batches, so that a validator can answer many with one look-up. A validator that has to wait
/// for a server belongs outside of the engine, which states its questions and goes on when they are answered.
pub trait CredentialValidator: Send + Sync {
    /// Answers each of `questions`, in their order: one verdict a question. `now` is the time at which the caller
    /// acts.
    fn validate(&self, questions: &[CredentialQuestion], now: Timestamp) -> Vec<CredentialVerdict>;
}

/// The answer to one [`CredentialQuestion`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum CredentialVerdict {
    /// Yes.
    Accepted,
    /// No.
    Rejected(RejectionReason),
}

impl CredentialVerdict {
    /// The verdict as a result.
    ///
    /// # Errors
    /// The reason of the rejection.
    pub fn into_result(self) -> Result<(), RejectionReason> {
        match self {
            Self::Accepted => Ok(()),
            Self::Rejected(reason) => Err(reason),
        }
    }
}

/// Why a credential was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum RejectionReason {
    /// The service doesn't know the identity.
    #[error("the identity is unknown")]
    Unknown,
    /// The credential has expired.
    #[error("the credential has expired")]
    Expired,
    /// The credential isn't valid yet.
    #[error("the credential isn't valid yet")]
    NotYetValid,
    /// The credential was revoked.
    #[error("the credential was revoked")]
    Revoked,
    /// The signature key doesn't belong to the identity.
    #[error("the signature key doesn't belong to the credential")]
    WrongKey,
    /// The identity isn't the one that is expected here.
    #[error("the identity isn't the one that is expected here")]
    WrongIdentity,
    /// The service doesn't handle credentials of this type.
    #[error("credentials of this type aren't supported")]
    UnsupportedType,
    /// The new credential may not replace the old one.
    #[error("the credential is no acceptable successor of the one that it replaces")]
    NotASuccessor,
    /// The validator can't tell now: it has no current data, or couldn't store what it has learned.
    #[error("the validator can't tell now")]
    Unavailable,
    /// The credential is an empty chain of certificates.
    #[error("the chain of certificates is empty")]
    EmptyChain,
    /// The chain has more certificates than the limit; none was parsed.
    #[error("the chain has more certificates than the limit")]
    ChainTooLong,
    /// A certificate of an X.509 credential's chain is refused.
    #[error("certificate {position} of the chain: {defect}")]
    Certificate {
        /// Which certificate, counted from the end entity's, which is 0. Positions beyond the credential's chain are
        /// intermediate certificates and trust anchors that the validator itself has.
        position: u16,
        /// What is wrong with it.
        defect: CertificateDefect,
    },
}
