//! What the engine can't know, asked for in one way.
//!
//! Processing that needs something from outside stops, states its [`Needs`], and goes on with [`Answers`]. Nothing
//! has changed meanwhile. A synchronous store and validator make this a loop in the facade, asynchronous ones a loop
//! in the application.

use alloc::vec::Vec;

use copath_credentials::{CredentialQuestion, CredentialVerdict};
use copath_crypto::Secret;
use copath_messages::{GroupId, PreSharedKeyId};

use crate::key_package::KeyPackageSecrets;
use crate::{GroupError, Misuse, ParentGroup, ParentNeed, Subject};
use copath_rules::RuleId;

/// What has to be answered before processing goes on. An empty one still has to be answered, with [`Answers::none`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Needs {
    /// References of key packages: the secrets of the first that is this client's are needed (RFC 9420 §12.4.3.1).
    pub key_packages: Vec<Vec<u8>>,
    /// Pre-shared keys, each answered in this order (RFC 9420 §8.4).
    pub psks: Vec<PreSharedKeyId>,
    /// The group that the one to be joined comes out of (RFC 9420 §11.2 and §11.3).
    pub parent: Option<ParentNeed>,
    /// The ratchet tree, which didn't come with the message (RFC 9420 §12.4.3.3).
    pub ratchet_tree: Option<TreeNeed>,
    /// Credentials to be judged, each answered in this order (RFC 9420 §5.3.1).
    pub credentials: Vec<CredentialQuestion>,
}

/// Which ratchet tree is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeNeed {
    /// The group.
    pub group_id: GroupId,
    /// The epoch.
    pub epoch: u64,
}

impl Needs {
    /// Whether there is nothing to ask.
    pub fn is_empty(&self) -> bool {
        self.key_packages.is_empty()
            && self.psks.is_empty()
            && self.parent.is_none()
            && self.ratchet_tree.is_none()
            && self.credentials.is_empty()
    }
}

/// The answers to [`Needs`].
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Answers {
    /// The secrets of one of the key packages asked for; `None` if none is this client's.
    pub key_package: Option<KeyPackageSecrets>,
    /// A value for each pre-shared key asked for; `None` where it isn't available.
    pub psks: Vec<Option<Secret>>,
    /// The old group, from [`Group::as_parent`](crate::Group::as_parent); `None` if it isn't this client's.
    pub parent: Option<ParentGroup>,
    /// The ratchet tree as the content of its extension; `None` if it isn't available.
    pub ratchet_tree: Option<Vec<u8>>,
    /// A verdict for each credential asked for.
    pub credentials: Vec<CredentialVerdict>,
}

impl Answers {
    /// The answers to empty needs.
    pub fn none() -> Self {
        Self::default()
    }

    /// The pre-shared keys in the order of `asked`.
    pub(crate) fn take_psks(&mut self, asked: &[PreSharedKeyId]) -> Result<Vec<Secret>, GroupError> {
        let answers = core::mem::take(&mut self.psks);
        if answers.len() != asked.len() {
            return Err(Misuse::WrongAnswers.into());
        }
        let found = answers.into_iter().zip(asked);
        found.map(|(psk, id)| psk.ok_or_else(|| GroupError::MissingPsk(id.clone()))).collect()
    }

    /// The verdicts after the first `first`, taken off.
    pub(crate) fn split_credentials(&mut self, first: usize) -> Result<Vec<CredentialVerdict>, GroupError> {
        if self.credentials.len() < first {
            return Err(Misuse::WrongAnswers.into());
        }
        Ok(self.credentials.split_off(first))
    }

    /// Fails with the first refused credential; `subjects` go with the questions.
    pub(crate) fn check_credentials(&self, subjects: &[(Subject, RuleId)]) -> Result<(), GroupError> {
        if self.credentials.len() != subjects.len() {
            return Err(Misuse::WrongAnswers.into());
        }
        for (verdict, (subject, rule)) in self.credentials.iter().zip(subjects) {
            if let CredentialVerdict::Rejected(reason) = verdict {
                return Err(GroupError::Credential { subject: *subject, reason: *reason, rule: *rule });
            }
        }
        Ok(())
    }
}
