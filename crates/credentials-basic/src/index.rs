//! Looking names up.

use core::hash::BuildHasher;
use std::collections::HashMap;
use std::hash::RandomState;

use copath_codec::Opaque;
use copath_credentials::{Credential, CredentialQuestion, CredentialVerdict, RejectionReason};

use crate::DirectoryEntry;
use crate::names::{identity, one_identity};

/// Names and their keys, hashed: a question costs one look-up whatever the size of the directory.
#[derive(Debug)]
pub(crate) struct Index<S = RandomState> {
    names: HashMap<Opaque, Vec<Opaque>, S>,
}

impl<S: BuildHasher + Default> Index<S> {
    pub(crate) fn new(entries: Vec<DirectoryEntry>) -> Self {
        Self { names: entries.into_iter().map(|entry| (entry.identity, entry.signature_keys)).collect() }
    }
}

impl<S: BuildHasher> Index<S> {
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn answer_all(&self, questions: &[CredentialQuestion]) -> Vec<CredentialVerdict> {
        let verdict = |question| match self.answer(question) {
            Ok(()) => CredentialVerdict::Accepted,
            Err(reason) => CredentialVerdict::Rejected(reason),
        };
        questions.iter().map(verdict).collect()
    }

    fn answer(&self, question: &CredentialQuestion) -> Result<(), RejectionReason> {
        match question {
            CredentialQuestion::Valid { credential, signature_key, .. } => {
                self.check(credential, signature_key)
            }
            CredentialQuestion::Successor { old, new, new_signature_key, .. } => {
                one_identity(old, new, RejectionReason::NotASuccessor)?;
                self.check(new, new_signature_key)
            }
            CredentialQuestion::SameClient { a, a_signature_key, b, b_signature_key } => {
                one_identity(a, b, RejectionReason::WrongIdentity)?;
                self.check(a, a_signature_key)?;
                self.check(b, b_signature_key)
            }
            _ => Err(RejectionReason::UnsupportedType),
        }
    }

    fn check(&self, credential: &Credential, signature_key: &Opaque) -> Result<(), RejectionReason> {
        let keys = self.names.get(identity(credential)?).ok_or(RejectionReason::Unknown)?;
        keys.binary_search(signature_key).map(drop).map_err(|_| RejectionReason::WrongKey)
    }
}

#[cfg(test)]
mod tests {
    use core::hash::{BuildHasher, Hasher};
    use std::cell::Cell;
    use std::hash::DefaultHasher;
    use std::rc::Rc;

    use copath_credentials::CredentialRole;

    use super::*;

    /// Counts how often something is hashed.
    #[derive(Clone, Default)]
    struct Counted(Rc<Cell<u64>>);

    impl BuildHasher for Counted {
        type Hasher = DefaultHasher;

        fn build_hasher(&self) -> DefaultHasher {
            self.0.set(self.0.get() + 1);
            let mut hasher = DefaultHasher::new();
            hasher.write_u8(1);
            hasher
        }
    }

    fn name(n: u32) -> Opaque {
        Opaque::from(format!("member {n}").into_bytes())
    }

    fn key(n: u32) -> Opaque {
        Opaque::from(n.to_be_bytes().to_vec())
    }

    fn batch(size: u32) -> (Vec<DirectoryEntry>, Vec<CredentialQuestion>) {
        let entry = |n| DirectoryEntry { identity: name(n), signature_keys: vec![key(n)] };
        let question = |n| CredentialQuestion::Valid {
            role: CredentialRole::Member,
            credential: Credential::Basic { identity: name(n) },
            signature_key: key(n),
        };
        ((0..size).map(entry).collect(), (0..size).map(question).collect())
    }

    #[test]
    fn a_batch_of_members_costs_one_look_up_each() {
        for size in [500, 5_000, 50_000] {
            let (entries, questions) = batch(size);
            let index: Index<Counted> = Index::new(entries);
            let before = index.names.hasher().0.get();
            let verdicts = index.answer_all(&questions);
            assert!(verdicts.iter().all(|verdict| *verdict == CredentialVerdict::Accepted));
            assert_eq!(index.names.hasher().0.get() - before, u64::from(size));
        }
    }
}
