//! A backend that notices when an AEAD key encrypts two things.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use copath_crypto::{
    Aead, AeadAlgorithm, CryptoError, CryptoProvider, Hash, HashAlgorithm, Kem, KemAlgorithm,
    SignatureAlgorithm, SignatureScheme,
};

/// Any backend, with the AEAD keys that encrypted something remembered.
///
/// MLS gives each key one plaintext (RFC 9420 §6.3, §9.1), so a second one under any nonce is an error: this is
/// stricter than watching pairs of key and nonce, which the reuse guard would make differ. The same once more is
/// none: a Welcome can be built again.
#[derive(Debug)]
pub(super) struct KeyWatch {
    inner: Arc<dyn CryptoProvider>,
    used: Arc<KeysUsed>,
}

/// The keys that encrypted something.
#[derive(Debug, Default)]
pub(super) struct KeysUsed {
    keys: Mutex<HashMap<Vec<u8>, u64>>,
    /// Those of what was prepared since a change was last carried out.
    unreleased: Mutex<Vec<Vec<u8>>>,
    twice: AtomicBool,
}

impl KeyWatch {
    pub(super) fn watch(inner: Arc<dyn CryptoProvider>) -> (Arc<dyn CryptoProvider>, Arc<KeysUsed>) {
        let used = Arc::new(KeysUsed::default());
        (Arc::new(Self { inner, used: Arc::clone(&used) }), used)
    }
}

impl KeysUsed {
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

impl CryptoProvider for KeyWatch {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn random(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        self.inner.random(out)
    }

    fn hash(&self, algorithm: HashAlgorithm) -> Option<Arc<dyn Hash>> {
        self.inner.hash(algorithm)
    }

    fn aead(&self, algorithm: AeadAlgorithm) -> Option<Arc<dyn Aead>> {
        let inner = self.inner.aead(algorithm)?;
        Some(Arc::new(WatchedAead { inner, used: Arc::clone(&self.used) }))
    }

    fn kem(&self, algorithm: KemAlgorithm) -> Option<Arc<dyn Kem>> {
        self.inner.kem(algorithm)
    }

    fn signature(&self, scheme: SignatureScheme) -> Option<Arc<dyn SignatureAlgorithm>> {
        self.inner.signature(scheme)
    }
}

struct WatchedAead {
    inner: Arc<dyn Aead>,
    used: Arc<KeysUsed>,
}

impl Aead for WatchedAead {
    fn algorithm(&self) -> AeadAlgorithm {
        self.inner.algorithm()
    }

    fn key_length(&self) -> usize {
        self.inner.key_length()
    }

    fn nonce_length(&self) -> usize {
        self.inner.nonce_length()
    }

    fn tag_length(&self) -> usize {
        self.inner.tag_length()
    }

    fn seal(&self, key: &[u8], nonce: &[u8], aad: &[u8], buffer: &mut Vec<u8>) -> Result<(), CryptoError> {
        let mut hasher = DefaultHasher::new();
        (nonce, aad, &*buffer).hash(&mut hasher);
        self.used.note(key, hasher.finish());
        self.inner.seal(key, nonce, aad, buffer)
    }

    fn open(&self, key: &[u8], nonce: &[u8], aad: &[u8], buffer: &mut Vec<u8>) -> Result<(), CryptoError> {
        self.inner.open(key, nonce, aad, buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_encrypts_two_things_is_noticed() {
        let (provider, used) = KeyWatch::watch(Arc::new(crate::Insecure::new(0)));
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
