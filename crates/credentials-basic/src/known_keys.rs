//! What is known of one name.

use copath_codec::{Decode, Encode, Opaque};
use copath_credentials::Timestamp;
use copath_records::{Record, StoreError, unwrap_payload, wrap_payload};

/// The most keys that are remembered of one name.
pub(crate) const MAX_KEYS: usize = 16;

/// What is thought of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KeyStatus {
    /// It is believed to be the name's.
    Trusted,
    /// It was the name's; accepted where it still is in a group, not for anything new.
    Retired,
    /// It turned up, is refused for now, and waits for the application's decision.
    Waiting,
    /// It turned up and is refused.
    Refused,
}

impl KeyStatus {
    const fn code(self) -> u16 {
        match self {
            Self::Trusted => 1,
            Self::Retired => 2,
            Self::Waiting => 3,
            Self::Refused => 4,
        }
    }

    fn read(code: u16) -> Option<Self> {
        [Self::Trusted, Self::Retired, Self::Waiting, Self::Refused].into_iter().find(|s| s.code() == code)
    }
}

/// A key that a name was seen with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownKey {
    /// The key.
    pub signature_key: Opaque,
    /// What is thought of it.
    pub status: KeyStatus,
    /// When it was first seen.
    pub since: Timestamp,
    /// Whether the application has yet to acknowledge it.
    pub is_news: bool,
}

/// The keys of a name, at most [`MAX_KEYS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KnownKeys(Vec<KnownKey>);

impl KnownKeys {
    pub(crate) fn iter(&self) -> core::slice::Iter<'_, KnownKey> {
        self.0.iter()
    }

    pub(crate) fn status(&self, signature_key: &[u8]) -> Option<KeyStatus> {
        self.0.iter().find(|known| known.signature_key.as_slice() == signature_key).map(|known| known.status)
    }

    /// Whether any key of the name was ever believed.
    pub(crate) fn is_established(&self) -> bool {
        self.0.iter().any(|known| matches!(known.status, KeyStatus::Trusted | KeyStatus::Retired))
    }

    /// Remembers a key or changes what is thought of it; says whether there was room. A trusted key takes the place of
    /// one that isn't.
    pub(crate) fn set(&mut self, key: KnownKey) -> bool {
        if let Some(known) = self.0.iter_mut().find(|known| known.signature_key == key.signature_key) {
            *known = KnownKey { since: known.since, ..key };
            return true;
        }
        if self.0.len() >= MAX_KEYS {
            let replaceable = self.0.iter().position(|known| known.status != KeyStatus::Trusted);
            let Some(at) = replaceable.filter(|_| key.status == KeyStatus::Trusted) else { return false };
            self.0.remove(at);
        }
        self.0.push(key);
        true
    }

    pub(crate) fn acknowledge(&mut self, signature_key: &[u8]) {
        for known in self.0.iter_mut().filter(|known| known.signature_key.as_slice() == signature_key) {
            known.is_news = false;
        }
    }

    pub(crate) fn to_record(&self) -> Result<Record, StoreError> {
        let keys = self.0.iter().map(|known| StoredKey {
            signature_key: known.signature_key.clone(),
            status: known.status.code(),
            since: known.since.as_secs(),
            news: u16::from(known.is_news),
        });
        let stored = StoredKeys { keys: keys.collect() };
        stored.to_bytes().map(|octets| wrap_payload(&octets)).map_err(|_| StoreError::Unavailable)
    }

    pub(crate) fn from_record(record: &Record) -> Result<Self, StoreError> {
        let (_, payload) = unwrap_payload(record)?;
        let stored = StoredKeys::from_bytes(payload).map_err(|_| StoreError::Corrupt)?;
        let read = |key: StoredKey| {
            let status = KeyStatus::read(key.status).ok_or(StoreError::Corrupt)?;
            Ok(KnownKey {
                signature_key: key.signature_key,
                status,
                since: Timestamp(key.since),
                is_news: key.news != 0,
            })
        };
        stored.keys.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }
}

copath_codec::wire_struct! {
    struct StoredKey {
        signature_key: Opaque,
        status: u16,
        since: u64,
        news: u16,
    }
}

copath_codec::wire_struct! {
    struct StoredKeys {
        keys: Vec<StoredKey>,
    }
}
