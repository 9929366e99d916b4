//! One batch of questions to what is known.

use std::collections::HashMap;

use copath_codec::Opaque;
use copath_credentials::{CredentialQuestion, CredentialRole, CredentialVerdict, RejectionReason, Timestamp};

use crate::known_keys::{KeyStatus, KnownKey, KnownKeys};
use crate::names::{identity, one_identity};
use crate::{FirstUsePolicy, OnKeyChange};

/// What is known, and what the batch adds to it.
pub(crate) struct Judgement<'a> {
    policy: &'a FirstUsePolicy,
    known: &'a HashMap<Opaque, KnownKeys>,
    now: Timestamp,
    changed: HashMap<Opaque, KnownKeys>,
    /// Names that are remembered without being believed; counted when the first one turns up.
    strangers: Option<usize>,
}

/// A verdict, and the name that it is about.
pub(crate) struct Answer<'q> {
    pub(crate) verdict: CredentialVerdict,
    identity: Option<&'q Opaque>,
}

impl Answer<'_> {
    /// The verdict if what was learned of `unknown` names couldn't be stored.
    pub(crate) fn without(self, unknown: &HashMap<Opaque, KnownKeys>) -> CredentialVerdict {
        match (self.verdict, self.identity) {
            (CredentialVerdict::Accepted, Some(identity)) if unknown.contains_key(identity) => {
                CredentialVerdict::Rejected(RejectionReason::Unavailable)
            }
            (verdict, _) => verdict,
        }
    }
}

impl<'a> Judgement<'a> {
    pub(crate) fn new(
        policy: &'a FirstUsePolicy,
        known: &'a HashMap<Opaque, KnownKeys>,
        now: Timestamp,
    ) -> Self {
        Self { policy, known, now, changed: HashMap::new(), strangers: None }
    }

    pub(crate) fn into_changed(self) -> HashMap<Opaque, KnownKeys> {
        self.changed
    }

    pub(crate) fn answer_all<'q>(&mut self, questions: &'q [CredentialQuestion]) -> Vec<Answer<'q>> {
        let next = questions.iter().skip(1).map(Some).chain([None]);
        let pairs = questions.iter().zip(next);
        pairs
            .map(|(question, next)| {
                let judged = self.answer(question, next);
                let identity = name_of(question);
                match judged {
                    Ok(()) => Answer { verdict: CredentialVerdict::Accepted, identity },
                    Err(reason) => Answer { verdict: CredentialVerdict::Rejected(reason), identity },
                }
            })
            .collect()
    }

    fn answer(
        &mut self,
        question: &CredentialQuestion,
        next: Option<&CredentialQuestion>,
    ) -> Result<(), RejectionReason> {
        match question {
            CredentialQuestion::Valid { role, credential, signature_key } => {
                let identity = identity(credential)?;
                if is_rotation(*role) && self.old_key_vouches(identity, signature_key, next) {
                    return self.rotate(identity, signature_key);
                }
                self.turn_up(*role, identity, signature_key)
            }
            CredentialQuestion::Successor { old, old_signature_key, new, new_signature_key } => {
                let identity = one_identity(new, old, RejectionReason::NotASuccessor)?;
                let was = self.was_believed(identity, old_signature_key);
                let is = self.status(identity, new_signature_key) == Some(KeyStatus::Trusted);
                if was && is { Ok(()) } else { Err(RejectionReason::NotASuccessor) }
            }
            CredentialQuestion::SameClient { a, a_signature_key, b, b_signature_key } => {
                let identity = one_identity(a, b, RejectionReason::WrongIdentity)?;
                let both = [a_signature_key, b_signature_key];
                let both = both.iter().all(|key| self.was_believed(identity, key));
                if both { Ok(()) } else { Err(RejectionReason::WrongKey) }
            }
            _ => Err(RejectionReason::UnsupportedType),
        }
    }

    /// Whether the next question is about the same name and key, replacing a trusted key of the name. The engine asks
    /// the two together, and whoever is an Updated or a Committer has signed with the old key.
    fn old_key_vouches(
        &self,
        name: &Opaque,
        signature_key: &Opaque,
        next: Option<&CredentialQuestion>,
    ) -> bool {
        let Some(CredentialQuestion::Successor { old, old_signature_key, new, new_signature_key }) = next
        else {
            return false;
        };
        identity(new) == Ok(name)
            && identity(old) == Ok(name)
            && new_signature_key == signature_key
            && self.status(name, old_signature_key) == Some(KeyStatus::Trusted)
    }

    fn rotate(&mut self, identity: &Opaque, signature_key: &Opaque) -> Result<(), RejectionReason> {
        if self.status(identity, signature_key) == Some(KeyStatus::Trusted)
            || self.remember(identity, signature_key, KeyStatus::Trusted, true)
        {
            return Ok(());
        }
        Err(RejectionReason::WrongKey)
    }

    fn turn_up(
        &mut self,
        role: CredentialRole,
        identity: &Opaque,
        signature_key: &Opaque,
    ) -> Result<(), RejectionReason> {
        use KeyStatus::{Refused, Retired, Trusted, Waiting};
        let established = self.keys(identity).is_some_and(KnownKeys::is_established);
        match self.status(identity, signature_key) {
            Some(Trusted) => Ok(()),
            Some(Retired) if role == CredentialRole::Member => Ok(()),
            Some(Refused | Retired) => Err(RejectionReason::WrongKey),
            Some(Waiting) if established => Err(RejectionReason::WrongKey),
            None | Some(Waiting) if !established => self.first_use(role, identity, signature_key),
            _ => self.key_change(identity, signature_key),
        }
    }

    fn first_use(
        &mut self,
        role: CredentialRole,
        identity: &Opaque,
        signature_key: &Opaque,
    ) -> Result<(), RejectionReason> {
        if self.policy.first_use.contains(&role) {
            let there_is_room = self.remember(identity, signature_key, KeyStatus::Trusted, false);
            return if there_is_room { Ok(()) } else { Err(RejectionReason::Unknown) };
        }
        if self.status(identity, signature_key).is_none() && self.is_room_for_stranger(identity) {
            self.remember(identity, signature_key, KeyStatus::Waiting, true);
        }
        Err(RejectionReason::Unknown)
    }

    fn key_change(&mut self, identity: &Opaque, signature_key: &Opaque) -> Result<(), RejectionReason> {
        let status = match self.policy.on_change {
            OnKeyChange::Accept => KeyStatus::Trusted,
            OnKeyChange::Ask => KeyStatus::Waiting,
            OnKeyChange::Refuse => KeyStatus::Refused,
        };
        let remembered = self.remember(identity, signature_key, status, true);
        if remembered && status == KeyStatus::Trusted { Ok(()) } else { Err(RejectionReason::WrongKey) }
    }

    /// Whether the key is or was believed.
    fn was_believed(&self, identity: &Opaque, signature_key: &Opaque) -> bool {
        matches!(self.status(identity, signature_key), Some(KeyStatus::Trusted | KeyStatus::Retired))
    }

    fn keys(&self, identity: &Opaque) -> Option<&KnownKeys> {
        self.changed.get(identity).or_else(|| self.known.get(identity))
    }

    fn status(&self, identity: &Opaque, signature_key: &Opaque) -> Option<KeyStatus> {
        self.keys(identity)?.status(signature_key)
    }

    fn remember(
        &mut self,
        identity: &Opaque,
        signature_key: &Opaque,
        status: KeyStatus,
        is_news: bool,
    ) -> bool {
        let mut keys = self.keys(identity).cloned().unwrap_or_default();
        let key = KnownKey { signature_key: signature_key.clone(), status, since: self.now, is_news };
        let there_is_room = keys.set(key);
        if there_is_room {
            self.changed.insert(identity.clone(), keys);
        }
        there_is_room
    }

    fn is_room_for_stranger(&mut self, identity: &Opaque) -> bool {
        if self.keys(identity).is_some() {
            return true;
        }
        let known = self.known;
        let count = *self
            .strangers
            .get_or_insert_with(|| known.values().filter(|keys| !keys.is_established()).count());
        self.strangers = Some(count.saturating_add(1));
        count < self.policy.strangers
    }
}

fn is_rotation(role: CredentialRole) -> bool {
    matches!(role, CredentialRole::Updated | CredentialRole::Committer)
}

fn name_of(question: &CredentialQuestion) -> Option<&Opaque> {
    let credential = match question {
        CredentialQuestion::Valid { credential, .. } => credential,
        CredentialQuestion::Successor { new, .. } => new,
        CredentialQuestion::SameClient { a, .. } => a,
        _ => return None,
    };
    identity(credential).ok()
}
