//! A validator over a fixed list.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use copath_codec::Opaque;

use crate::{
    Credential, CredentialQuestion, CredentialValidator, CredentialVerdict, RejectionReason, Timestamp,
};

/// A validator that knows a fixed set of basic identities and the signature keys of each.
///
/// For deployments that distribute their directory out of band, and for tests. One identity is one client: any key
/// of an identity may succeed any other key of it. Whatever isn't listed is rejected, and nothing ever expires.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FixedDirectory {
    keys: BTreeMap<Opaque, BTreeSet<Opaque>>,
}

impl FixedDirectory {
    /// A directory that knows nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a signature key of `identity`.
    #[must_use]
    pub fn with(mut self, identity: impl Into<Opaque>, signature_key: impl Into<Opaque>) -> Self {
        self.insert(identity, signature_key);
        self
    }

    /// Adds a signature key of `identity`.
    pub fn insert(&mut self, identity: impl Into<Opaque>, signature_key: impl Into<Opaque>) {
        self.keys.entry(identity.into()).or_default().insert(signature_key.into());
    }

    /// Takes a signature key of `identity` away.
    pub fn remove(&mut self, identity: &Opaque, signature_key: &Opaque) {
        if let Some(keys) = self.keys.get_mut(identity) {
            keys.remove(signature_key);
        }
    }

    fn answer(&self, question: &CredentialQuestion) -> Result<(), RejectionReason> {
        match question {
            CredentialQuestion::Valid { credential, signature_key, .. } => {
                self.check_key(credential, signature_key)
            }
            CredentialQuestion::Successor { old, new, new_signature_key, .. } => {
                self.check_key(new, new_signature_key)?;
                same_identity(old, new, RejectionReason::NotASuccessor)
            }
            CredentialQuestion::SameClient { a, a_signature_key, b, b_signature_key } => {
                self.check_key(a, a_signature_key)?;
                self.check_key(b, b_signature_key)?;
                same_identity(a, b, RejectionReason::WrongIdentity)
            }
        }
    }

    fn check_key(&self, credential: &Credential, signature_key: &Opaque) -> Result<(), RejectionReason> {
        let keys = self.keys.get(identity(credential)?).ok_or(RejectionReason::Unknown)?;
        if keys.contains(signature_key) { Ok(()) } else { Err(RejectionReason::WrongKey) }
    }
}

impl CredentialValidator for FixedDirectory {
    fn validate(&self, questions: &[CredentialQuestion], _now: Timestamp) -> Vec<CredentialVerdict> {
        let verdict = |question| match self.answer(question) {
            Ok(()) => CredentialVerdict::Accepted,
            Err(reason) => CredentialVerdict::Rejected(reason),
        };
        questions.iter().map(verdict).collect()
    }
}

fn identity(credential: &Credential) -> Result<&Opaque, RejectionReason> {
    match credential {
        Credential::Basic { identity } => Ok(identity),
        _ => Err(RejectionReason::UnsupportedType),
    }
}

fn same_identity(a: &Credential, b: &Credential, otherwise: RejectionReason) -> Result<(), RejectionReason> {
    if identity(a)? == identity(b)? { Ok(()) } else { Err(otherwise) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CredentialRole;

    fn valid(credential: Credential, key: &[u8]) -> CredentialQuestion {
        CredentialQuestion::Valid { role: CredentialRole::Added, credential, signature_key: key.into() }
    }

    fn successor(old: &[u8], new: &[u8], key: &[u8]) -> CredentialQuestion {
        CredentialQuestion::Successor {
            old: Credential::basic(old),
            old_signature_key: b"old".into(),
            new: Credential::basic(new),
            new_signature_key: key.into(),
        }
    }

    fn same_client(a: (&[u8], &[u8]), b: (&[u8], &[u8])) -> CredentialQuestion {
        CredentialQuestion::SameClient {
            a: Credential::basic(a.0),
            a_signature_key: a.1.into(),
            b: Credential::basic(b.0),
            b_signature_key: b.1.into(),
        }
    }

    // covers: 5.3.1-08, 5.3.1-09
    #[test]
    fn each_question_gets_its_verdict() {
        use CredentialVerdict::{Accepted, Rejected};
        let directory = FixedDirectory::new().with(b"alice", b"a1").with(b"alice", b"a2").with(b"bob", b"b1");
        let x509 = Credential::X509 { certificates: Vec::new() };
        let cases = [
            (valid(Credential::basic(b"alice"), b"a1"), Accepted),
            (valid(Credential::basic(b"alice"), b"b1"), Rejected(RejectionReason::WrongKey)),
            (valid(Credential::basic(b"carol"), b"a1"), Rejected(RejectionReason::Unknown)),
            (valid(x509, b"a1"), Rejected(RejectionReason::UnsupportedType)),
            (successor(b"alice", b"alice", b"a2"), Accepted),
            (successor(b"alice", b"alice", b"a3"), Rejected(RejectionReason::WrongKey)),
            (successor(b"alice", b"bob", b"b1"), Rejected(RejectionReason::NotASuccessor)),
            (same_client((b"alice", b"a1"), (b"alice", b"a2")), Accepted),
            (same_client((b"alice", b"a1"), (b"bob", b"b1")), Rejected(RejectionReason::WrongIdentity)),
            (same_client((b"alice", b"a1"), (b"alice", b"a3")), Rejected(RejectionReason::WrongKey)),
        ];
        let questions: Vec<_> = cases.iter().map(|(question, _)| question.clone()).collect();
        let verdicts: Vec<_> = cases.iter().map(|(_, verdict)| *verdict).collect();
        assert_eq!(directory.validate(&questions, Timestamp(0)), verdicts);
    }

    #[test]
    fn an_empty_directory_accepts_nobody() {
        let mut directory = FixedDirectory::new();
        let question = valid(Credential::basic(b"alice"), b"a1");
        let verdict = |d: &FixedDirectory| d.validate(core::slice::from_ref(&question), Timestamp(0));
        assert_eq!(verdict(&directory), [CredentialVerdict::Rejected(RejectionReason::Unknown)]);
        directory.insert(b"alice", b"a1");
        assert_eq!(verdict(&directory), [CredentialVerdict::Accepted]);
        directory.remove(&b"alice".into(), &b"a1".into());
        assert_eq!(verdict(&directory), [CredentialVerdict::Rejected(RejectionReason::WrongKey)]);
    }
}
