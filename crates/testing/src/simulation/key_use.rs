//! Noticing when an AEAD key encrypts two things.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use copath_crypto::CryptoProvider;

use crate::watched_seals::{Seal, SealObserver, watch_seals};

/// The AEAD keys that encrypted something.
///
/// MLS gives each key one plaintext (RFC 9420 §6.3, §9.1), so a second one under any nonce is an error: this is
/// stricter than watching pairs of key and nonce, which the reuse guard would make differ. The same once more is
/// none: a Welcome can be built again.
#[derive(Debug, Default)]
pub(super) struct KeysUsed {
    keys: Mutex<HashMap<Vec<u8>, u64>>,
    /// Those of what was prepared since a change was last carried out.
    unreleased: Mutex<Vec<Vec<u8>>>,
    twice: AtomicBool,
}

impl KeysUsed {
    /// A backend that tells these of its encryptions.
    pub(super) fn watch(inner: Arc<dyn CryptoProvider>) -> (Arc<dyn CryptoProvider>, Arc<Self>) {
        let used = Arc::new(Self::default());
        (watch_seals(inner, used.clone()), used)
    }

    /// Whether a key has encrypted two different things.
    pub(super) fn any_twice(&self) -> bool {
        self.twice.load(Ordering::Relaxed)
    }

    /// What was prepared is carried out: it may be released.
    pub(super) fn keep(&self) {
        self.unreleased.lock().unwrap().clear();
    }

    /// What was prepared is lost in a crash: nobody has ever seen it, so its keys count as unused.
    pub(super) fn undo(&self) {
        let mut keys = self.keys.lock().unwrap();
        for key in self.unreleased.lock().unwrap().drain(..) {
            keys.remove(&key);
        }
    }

    fn note(&self, key: &[u8], digest: u64) {
        let mut keys = self.keys.lock().unwrap();
        match keys.get(key) {
            None => {
                keys.insert(key.to_vec(), digest);
                self.unreleased.lock().unwrap().push(key.to_vec());
            }
            Some(known) if *known == digest => {}
            Some(_) => self.twice.store(true, Ordering::Relaxed),
        }
    }
}

impl SealObserver for KeysUsed {
    fn sealed(&self, seal: &Seal<'_>) {
        let mut hasher = DefaultHasher::new();
        (seal.nonce, seal.aad, seal.plaintext).hash(&mut hasher);
        self.note(seal.key, hasher.finish());
    }
}

#[cfg(test)]
mod tests {
    use copath_crypto::AeadAlgorithm;

    use super::*;

    #[test]
    fn a_key_that_encrypts_two_things_is_noticed() {
        let (provider, used) = KeysUsed::watch(Arc::new(crate::Insecure::new(0)));
        let aead = provider.aead(AeadAlgorithm::AES_128_GCM).unwrap();
        let seal =
            |key: u8, nonce: u8| aead.seal(&[key; 16], &[nonce; 12], b"", &mut b"text".to_vec()).unwrap();
        seal(0, 0);
        seal(1, 0);
        seal(0, 0);
        used.keep();
        seal(2, 0);
        used.undo();
        seal(2, 1);
        assert!(!used.any_twice());
        seal(0, 1);
        assert!(used.any_twice());
    }
}
