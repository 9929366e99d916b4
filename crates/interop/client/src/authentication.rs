//! Who is accepted: the Authentication Service of the harness.
//!
//! RFC 9420 §5.3.1. Actors have basic credentials with their names, and nobody registers their keys, so any key is
//! taken for any name. But a member keeps its name, and two clients are the same if their names are.

use copath_credentials::{Credential, CredentialQuestion, CredentialVerdict, RejectionReason};

/// Answers one question.
pub(crate) fn judge(question: &CredentialQuestion) -> CredentialVerdict {
    match question {
        CredentialQuestion::Valid { credential: Credential::Basic { .. }, .. } => CredentialVerdict::Accepted,
        CredentialQuestion::Successor { old, new, .. } if old != new => {
            CredentialVerdict::Rejected(RejectionReason::NotASuccessor)
        }
        CredentialQuestion::SameClient { a, b, .. } if a != b => {
            CredentialVerdict::Rejected(RejectionReason::WrongIdentity)
        }
        CredentialQuestion::Successor { .. } | CredentialQuestion::SameClient { .. } => {
            CredentialVerdict::Accepted
        }
        _ => CredentialVerdict::Rejected(RejectionReason::UnsupportedType),
    }
}
