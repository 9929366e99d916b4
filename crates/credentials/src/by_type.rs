//! A validator for each credential type.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::{
    Credential, CredentialQuestion, CredentialType, CredentialValidator, CredentialVerdict, RejectionReason,
    Timestamp,
};

/// Gives each credential type a validator of its own, for groups with several types.
///
/// RFC 9420 §5.3. A type without a validator is refused. A batch is split into one for each validator. Credentials of
/// different types never succeed each other and never stand for the same client: whoever wants that needs a validator
/// that knows both.
#[derive(Clone, Default)]
pub struct ByCredentialType {
    validators: BTreeMap<CredentialType, Arc<dyn CredentialValidator>>,
}

impl ByCredentialType {
    /// One that refuses every type.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks `validator` about credentials of `credential_type`.
    #[must_use]
    pub fn with(mut self, credential_type: CredentialType, validator: Arc<dyn CredentialValidator>) -> Self {
        self.validators.insert(credential_type, validator);
        self
    }
}

impl CredentialValidator for ByCredentialType {
    fn validate(&self, questions: &[CredentialQuestion], now: Timestamp) -> Vec<CredentialVerdict> {
        let mut verdicts = Vec::with_capacity(questions.len());
        let mut batches: BTreeMap<CredentialType, (Vec<usize>, Vec<CredentialQuestion>)> = BTreeMap::new();
        for (index, question) in questions.iter().enumerate() {
            match type_of(question) {
                Ok(credential_type) => {
                    let (indices, batch) = batches.entry(credential_type).or_default();
                    indices.push(index);
                    batch.push(question.clone());
                    verdicts.push(CredentialVerdict::Rejected(RejectionReason::UnsupportedType));
                }
                Err(reason) => verdicts.push(CredentialVerdict::Rejected(reason)),
            }
        }
        for (credential_type, (indices, batch)) in &batches {
            let Some(validator) = self.validators.get(credential_type) else { continue };
            for (index, answer) in indices.iter().zip(validator.validate(batch, now)) {
                if let Some(verdict) = verdicts.get_mut(*index) {
                    *verdict = answer;
                }
            }
        }
        verdicts
    }
}

impl fmt::Debug for ByCredentialType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.validators.keys()).finish()
    }
}

/// The type that a question is about.
fn type_of(question: &CredentialQuestion) -> Result<CredentialType, RejectionReason> {
    let one = |a: &Credential, b: &Credential, otherwise| {
        let credential_type = a.credential_type();
        if credential_type == b.credential_type() { Ok(credential_type) } else { Err(otherwise) }
    };
    match question {
        CredentialQuestion::Valid { credential, .. } => Ok(credential.credential_type()),
        CredentialQuestion::Successor { old, new, .. } => one(old, new, RejectionReason::NotASuccessor),
        CredentialQuestion::SameClient { a, b, .. } => one(a, b, RejectionReason::WrongIdentity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CredentialRole, FixedDirectory};

    fn valid(credential: Credential) -> CredentialQuestion {
        CredentialQuestion::Valid { role: CredentialRole::Added, credential, signature_key: b"key".into() }
    }

    #[test]
    fn each_type_is_asked_of_its_own_validator_and_the_order_stays() {
        let directory = FixedDirectory::new().with(b"alice", b"key");
        let by_type = ByCredentialType::new().with(CredentialType::BASIC, Arc::new(directory));
        let alice = Credential::basic(b"alice");
        let x509 = Credential::X509 { certificates: Vec::new() };
        let successor = CredentialQuestion::Successor {
            old: alice.clone(),
            old_signature_key: b"key".into(),
            new: x509.clone(),
            new_signature_key: b"key".into(),
        };
        let same_client = CredentialQuestion::SameClient {
            a: x509.clone(),
            a_signature_key: b"key".into(),
            b: alice.clone(),
            b_signature_key: b"key".into(),
        };
        let questions = [valid(x509), valid(alice), successor, same_client, valid(Credential::basic(b"bob"))];
        let rejected = CredentialVerdict::Rejected;
        assert_eq!(
            by_type.validate(&questions, Timestamp(0)),
            [
                rejected(RejectionReason::UnsupportedType),
                CredentialVerdict::Accepted,
                rejected(RejectionReason::NotASuccessor),
                rejected(RejectionReason::WrongIdentity),
                rejected(RejectionReason::Unknown),
            ]
        );
    }
}
