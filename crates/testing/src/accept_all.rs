//! A validator that says yes to everything: for tests alone, never in a published crate.

use copath_credentials::{CredentialQuestion, CredentialValidator, CredentialVerdict, Timestamp};

/// Accepts every credential, whoever presents it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AcceptAll;

impl CredentialValidator for AcceptAll {
    fn validate(&self, questions: &[CredentialQuestion], _now: Timestamp) -> Vec<CredentialVerdict> {
        questions.iter().map(|_| CredentialVerdict::Accepted).collect()
    }
}
