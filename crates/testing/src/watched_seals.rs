//! A backend that tells of everything it encrypts.

use core::fmt::Debug;
use std::sync::Arc;

use copath_crypto::{
    Aead, AeadAlgorithm, CryptoError, CryptoProvider, Hash, HashAlgorithm, Kem, KemAlgorithm,
    SignatureAlgorithm, SignatureScheme,
};

/// One encryption.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "it holds a key and a plaintext")]
pub struct Seal<'s> {
    /// The key.
    pub key: &'s [u8],
    /// The nonce.
    pub nonce: &'s [u8],
    /// The associated data.
    pub aad: &'s [u8],
    /// What was encrypted.
    pub plaintext: &'s [u8],
    /// What came out, with the tag.
    pub ciphertext: &'s [u8],
}

/// Whoever is told of encryptions, each before its ciphertext is returned.
pub trait SealObserver: Debug + Send + Sync {
    /// Something was encrypted.
    fn sealed(&self, seal: &Seal<'_>);
}

/// The backend `inner`, whose AEADs tell `observer` of each encryption.
pub fn watch_seals(
    inner: Arc<dyn CryptoProvider>,
    observer: Arc<dyn SealObserver>,
) -> Arc<dyn CryptoProvider> {
    Arc::new(Watched { inner, observer })
}

#[derive(Debug)]
struct Watched {
    inner: Arc<dyn CryptoProvider>,
    observer: Arc<dyn SealObserver>,
}

impl CryptoProvider for Watched {
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
        Some(Arc::new(WatchedAead { inner, observer: Arc::clone(&self.observer) }))
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
    observer: Arc<dyn SealObserver>,
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
        let plaintext = buffer.clone();
        self.inner.seal(key, nonce, aad, buffer)?;
        self.observer.sealed(&Seal { key, nonce, aad, plaintext: &plaintext, ciphertext: buffer });
        Ok(())
    }

    fn open(&self, key: &[u8], nonce: &[u8], aad: &[u8], buffer: &mut Vec<u8>) -> Result<(), CryptoError> {
        self.inner.open(key, nonce, aad, buffer)
    }
}
