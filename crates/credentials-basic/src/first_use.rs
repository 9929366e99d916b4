//! Trust on first use.

use core::fmt;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use copath_codec::Opaque;
use copath_credentials::{
    CredentialQuestion, CredentialRole, CredentialValidator, CredentialVerdict, Timestamp,
};
use copath_records::{RecordKey, RecordKind, StateDelta, Store, StoreError};

use crate::BasicError;
use crate::judgement::Judgement;
use crate::known_keys::{KeyStatus, KnownKey, KnownKeys};

/// What to do when a name that is known turns up with another key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnKeyChange {
    /// The new key is trusted too, and the application is told.
    Accept,
    /// The new key is refused until the application has decided.
    #[default]
    Ask,
    /// The new key is refused, and the application is told.
    Refuse,
}

/// When a key is believed.
///
/// A key that a member announces with its old key (an Update, or a commit of its own) isn't a change: the old key
/// vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstUsePolicy {
    /// The roles in which a name that was never seen is believed. In other roles it waits for the application.
    pub first_use: Vec<CredentialRole>,
    /// What to do when a known name turns up with another key.
    pub on_change: OnKeyChange,
    /// The most names that are remembered without ever having been believed.
    pub strangers: usize,
}

impl Default for FirstUsePolicy {
    /// Believes names that somebody in the group vouches for, by adding them or having them as members; not those that
    /// join by themselves and not external senders. Asks about changes.
    fn default() -> Self {
        use CredentialRole::{Added, Committer, Member, Updated};
        Self {
            first_use: vec![Member, Added, Updated, Committer],
            on_change: OnKeyChange::Ask,
            strangers: 1024,
        }
    }
}

/// A key that turned up and that the application hasn't acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyNews {
    /// The name.
    pub identity: Opaque,
    /// The key.
    pub signature_key: Opaque,
    /// What was thought of it: trusted after a rotation or a change that the policy accepts, else waiting or refused.
    pub status: KeyStatus,
    /// When it turned up.
    pub since: Timestamp,
}

/// What the application decides about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// It is the name's: somebody has compared it out of band.
    Trust,
    /// It was the name's and isn't used for anything new.
    Retire,
    /// It isn't the name's.
    Refuse,
}

/// Believes the first signature key that a name is seen with, remembers it, and tells about others.
///
/// RFC 9750 §4. Whoever is first with a name gets it, so this is as good as the first contact, and no better; compare
/// safety codes to make it better. What is learned is stored before a verdict is given, in one batch for a batch of
/// questions. A verdict is given before the message that raised the question is accepted, so a key may be known of a
/// commit that lost its race.
///
/// Members of a group whose views of a name differ come to different verdicts. With [`OnKeyChange::Ask`] a member that
/// hasn't decided yet can't follow a commit that others follow; it can once it has.
pub struct TrustOnFirstUse {
    store: Arc<dyn Store>,
    policy: FirstUsePolicy,
    known: Mutex<HashMap<Opaque, KnownKeys>>,
}

impl TrustOnFirstUse {
    /// The validator over what the store knows already.
    ///
    /// # Errors
    /// [`BasicError::Store`].
    pub fn open(store: Arc<dyn Store>, policy: FirstUsePolicy) -> Result<Self, BasicError> {
        let mut known = HashMap::new();
        for (key, record) in store.scan(&RecordKey::new(RecordKind::KNOWN_KEYS))? {
            let identity = key.segments().bytes().ok_or(StoreError::Corrupt)?;
            known.insert(Opaque::from(identity), KnownKeys::from_record(&record)?);
        }
        Ok(Self { store, policy, known: Mutex::new(known) })
    }

    /// The keys that a name was seen with, in the order in which they turned up.
    pub fn known_keys(&self, identity: &[u8]) -> Vec<KnownKey> {
        let known = self.lock();
        known.get(&Opaque::from(identity)).map(|keys| keys.iter().cloned().collect()).unwrap_or_default()
    }

    /// What the application hasn't acknowledged, the oldest first. It survives restarts.
    pub fn news(&self) -> Vec<KeyNews> {
        let known = self.lock();
        let all = known.iter().flat_map(|(identity, keys)| keys.iter().map(move |key| (identity, key)));
        let mut news: Vec<KeyNews> = all
            .filter(|(_, key)| key.is_news)
            .map(|(identity, key)| KeyNews {
                identity: identity.clone(),
                signature_key: key.signature_key.clone(),
                status: key.status,
                since: key.since,
            })
            .collect();
        news.sort_by(|a, b| (a.since, &a.identity).cmp(&(b.since, &b.identity)));
        news
    }

    /// Takes a piece of news off the list, without deciding anything.
    ///
    /// # Errors
    /// [`BasicError::UnknownKey`], [`BasicError::Store`].
    pub fn acknowledge(&self, identity: &[u8], signature_key: &[u8]) -> Result<(), BasicError> {
        self.change(identity, |keys| {
            keys.status(signature_key).ok_or(BasicError::UnknownKey)?;
            keys.acknowledge(signature_key);
            Ok(())
        })
    }

    /// Decides about a key, which need not have turned up yet: a key that was scanned can be trusted in advance.
    ///
    /// # Errors
    /// [`BasicError::UnknownKey`] if there is no room for another key of the name, [`BasicError::Store`].
    pub fn decide(
        &self,
        identity: &[u8],
        signature_key: &[u8],
        decision: Decision,
        now: Timestamp,
    ) -> Result<(), BasicError> {
        let status = match decision {
            Decision::Trust => KeyStatus::Trusted,
            Decision::Retire => KeyStatus::Retired,
            Decision::Refuse => KeyStatus::Refused,
        };
        let signature_key = Opaque::from(signature_key);
        self.change(identity, |keys| {
            let key = KnownKey { signature_key, status, since: now, is_news: false };
            if keys.set(key) { Ok(()) } else { Err(BasicError::UnknownKey) }
        })
    }

    /// Forgets a name: its next key is its first.
    ///
    /// # Errors
    /// [`BasicError::Store`].
    pub fn forget(&self, identity: &[u8]) -> Result<(), BasicError> {
        let mut known = self.lock();
        let mut delta = StateDelta::new();
        delta.delete(record_key(identity));
        self.store.commit(&delta)?;
        known.remove(&Opaque::from(identity));
        Ok(())
    }

    fn change(
        &self,
        identity: &[u8],
        change: impl FnOnce(&mut KnownKeys) -> Result<(), BasicError>,
    ) -> Result<(), BasicError> {
        let mut known = self.lock();
        let identity = Opaque::from(identity);
        let mut keys = known.get(&identity).cloned().unwrap_or_default();
        change(&mut keys)?;
        let mut delta = StateDelta::new();
        delta.put(record_key(&identity), keys.to_record()?);
        self.store.commit(&delta)?;
        known.insert(identity, keys);
        Ok(())
    }

    fn store(&self, changed: &HashMap<Opaque, KnownKeys>) -> Result<(), StoreError> {
        if changed.is_empty() {
            return Ok(());
        }
        let mut delta = StateDelta::new();
        for (identity, keys) in changed {
            delta.put(record_key(identity), keys.to_record()?);
        }
        self.store.commit(&delta)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Opaque, KnownKeys>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn record_key(identity: &[u8]) -> RecordKey {
    RecordKey::new(RecordKind::KNOWN_KEYS).push_bytes(identity)
}

impl CredentialValidator for TrustOnFirstUse {
    /// If the store fails, nothing is learned, and whoever it concerns is refused as
    /// [`Unavailable`](copath_credentials::RejectionReason::Unavailable).
    fn validate(&self, questions: &[CredentialQuestion], now: Timestamp) -> Vec<CredentialVerdict> {
        let mut known = self.lock();
        let mut judgement = Judgement::new(&self.policy, &known, now);
        let answers = judgement.answer_all(questions);
        let changed = judgement.into_changed();
        match self.store(&changed) {
            Ok(()) => {
                known.extend(changed);
                answers.into_iter().map(|answer| answer.verdict).collect()
            }
            Err(_) => answers.into_iter().map(|answer| answer.without(&changed)).collect(),
        }
    }
}

impl fmt::Debug for TrustOnFirstUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.lock().len();
        f.debug_struct("TrustOnFirstUse").field("policy", &self.policy).field("names", &names).finish()
    }
}
