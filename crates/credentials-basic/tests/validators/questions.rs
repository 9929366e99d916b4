//! Questions.

use copath_credentials::{
    Credential, CredentialQuestion, CredentialRole, CredentialValidator, CredentialVerdict, RejectionReason,
    Timestamp,
};

pub(crate) const NOW: Timestamp = Timestamp(1_751_328_000);

pub(crate) fn valid(role: CredentialRole, name: &str, key: &[u8]) -> CredentialQuestion {
    CredentialQuestion::Valid {
        role,
        credential: Credential::basic(name.as_bytes()),
        signature_key: key.into(),
    }
}

pub(crate) fn successor(old: (&str, &[u8]), new: (&str, &[u8])) -> CredentialQuestion {
    CredentialQuestion::Successor {
        old: Credential::basic(old.0.as_bytes()),
        old_signature_key: old.1.into(),
        new: Credential::basic(new.0.as_bytes()),
        new_signature_key: new.1.into(),
    }
}

pub(crate) fn same_client(a: (&str, &[u8]), b: (&str, &[u8])) -> CredentialQuestion {
    CredentialQuestion::SameClient {
        a: Credential::basic(a.0.as_bytes()),
        a_signature_key: a.1.into(),
        b: Credential::basic(b.0.as_bytes()),
        b_signature_key: b.1.into(),
    }
}

pub(crate) fn ask(
    validator: &dyn CredentialValidator,
    questions: &[CredentialQuestion],
) -> Vec<Result<(), RejectionReason>> {
    validator.validate(questions, NOW).into_iter().map(CredentialVerdict::into_result).collect()
}

pub(crate) fn ask_one(
    validator: &dyn CredentialValidator,
    question: CredentialQuestion,
) -> Result<(), RejectionReason> {
    ask(validator, &[question])[0]
}
