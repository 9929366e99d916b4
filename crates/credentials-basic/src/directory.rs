//! A directory that somebody signs.

use core::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use copath_credentials::{
    CredentialQuestion, CredentialValidator, CredentialVerdict, RejectionReason, Timestamp,
};
use copath_crypto::{CryptoProvider, SignatureScheme};
use copath_records::{RecordKey, RecordKind, StateDelta, Store, unwrap_payload, wrap_payload};

use crate::index::Index;
use crate::{BasicError, DirectoryContents};

/// Whose directory a validator believes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryKey {
    /// The scheme of the signature.
    pub scheme: SignatureScheme,
    /// The public key, in the form of `LeafNode.signature_key`.
    pub public_key: Vec<u8>,
    /// Which directory of that key.
    pub directory_id: Vec<u8>,
}

/// What is asked of a directory beyond its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectoryPolicy {
    /// Seconds by which clocks may differ.
    pub clock_skew: u64,
    /// The most octets of a signed directory.
    pub maximum_size: usize,
}

impl Default for DirectoryPolicy {
    /// Five minutes, 64 MiB.
    fn default() -> Self {
        Self { clock_skew: 300, maximum_size: 64 * 1024 * 1024 }
    }
}

/// Believes a list of names and keys that a directory's key has signed.
///
/// RFC 9750 §4. One name is one client: any listed key of a name may succeed any other key of it. Once a version was
/// accepted no older one is, also after a restart: the newest one is kept in the store. While no directory is valid,
/// everybody is refused as [`RejectionReason::Unavailable`].
pub struct SignedDirectory {
    store: Arc<dyn Store>,
    provider: Arc<dyn CryptoProvider>,
    key: DirectoryKey,
    policy: DirectoryPolicy,
    current: RwLock<Option<Arc<Current>>>,
}

/// The directory that is believed now.
struct Current {
    octets: Vec<u8>,
    version: u64,
    not_before: u64,
    not_after: u64,
    index: Index,
}

impl Current {
    fn new(octets: &[u8], contents: DirectoryContents) -> Self {
        let DirectoryContents { version, not_before, not_after, entries, .. } = contents;
        Self { octets: octets.to_vec(), version, not_before, not_after, index: Index::new(entries) }
    }
}

impl SignedDirectory {
    /// The validator with the newest directory that the store has, if it has one.
    ///
    /// # Errors
    /// [`BasicError::Store`], and those of [`SignedDirectory::install`] but for validity and version, if what is
    /// stored isn't a directory of this key.
    pub fn open(
        store: Arc<dyn Store>,
        provider: Arc<dyn CryptoProvider>,
        key: DirectoryKey,
        policy: DirectoryPolicy,
    ) -> Result<Self, BasicError> {
        let current = match store.load(&record_key(&key))? {
            None => None,
            Some(record) => {
                let (_, octets) = unwrap_payload(&record)?;
                let contents = DirectoryContents::verified(octets, &key, &*provider)?;
                Some(Arc::new(Current::new(octets, contents)))
            }
        };
        Ok(Self { store, provider, key, policy, current: RwLock::new(current) })
    }

    /// Believes a newer directory from now on; returns its version. The one that is believed already is fine too.
    ///
    /// # Errors
    /// [`BasicError`] in all but two of its forms: too large, malformed, not signed by the key, another directory, not
    /// valid now, older than the one that is believed, or the store fails. The old one is believed on then.
    pub fn install(&self, octets: &[u8], now: Timestamp) -> Result<u64, BasicError> {
        let limit = self.policy.maximum_size;
        if octets.len() > limit {
            return Err(BasicError::DirectoryTooLarge { length: octets.len(), limit });
        }
        let contents = DirectoryContents::verified(octets, &self.key, &*self.provider)?;
        self.check_time(contents.not_before, contents.not_after, now)?;
        let version = contents.version;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = current.as_ref() {
            let accepted = current.version;
            if version < accepted {
                return Err(BasicError::DirectoryRolledBack { version, accepted });
            }
            if version == accepted {
                let same = current.octets == octets;
                return if same { Ok(version) } else { Err(BasicError::DirectoryForked { version }) };
            }
        }
        let mut delta = StateDelta::new();
        delta.put(record_key(&self.key), wrap_payload(octets));
        self.store.commit(&delta)?;
        *current = Some(Arc::new(Current::new(octets, contents)));
        Ok(version)
    }

    /// The version that is believed.
    pub fn version(&self) -> Option<u64> {
        self.current().map(|current| current.version)
    }

    /// How many names there are.
    pub fn name_count(&self) -> usize {
        self.current().map_or(0, |current| current.index.len())
    }

    /// Until when the directory is valid: the time to have a newer one.
    pub fn not_after(&self) -> Option<Timestamp> {
        self.current().map(|current| Timestamp(current.not_after))
    }

    fn current(&self) -> Option<Arc<Current>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn check_time(&self, not_before: u64, not_after: u64, now: Timestamp) -> Result<(), BasicError> {
        let (now, skew) = (now.as_secs(), self.policy.clock_skew);
        if now.saturating_add(skew) < not_before {
            Err(BasicError::DirectoryNotYetValid)
        } else if now > not_after.saturating_add(skew) {
            Err(BasicError::DirectoryExpired)
        } else {
            Ok(())
        }
    }
}

fn record_key(key: &DirectoryKey) -> RecordKey {
    RecordKey::new(RecordKind::DIRECTORY).push_bytes(&key.directory_id)
}

impl CredentialValidator for SignedDirectory {
    fn validate(&self, questions: &[CredentialQuestion], now: Timestamp) -> Vec<CredentialVerdict> {
        let valid = |c: &Arc<Current>| self.check_time(c.not_before, c.not_after, now).is_ok();
        match self.current().filter(valid) {
            Some(current) => current.index.answer_all(questions),
            None => vec![CredentialVerdict::Rejected(RejectionReason::Unavailable); questions.len()],
        }
    }
}

impl fmt::Debug for SignedDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedDirectory").field("key", &self.key).field("version", &self.version()).finish()
    }
}
