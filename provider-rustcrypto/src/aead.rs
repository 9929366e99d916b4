//! AES-GCM and ChaCha20-Poly1305.

use std::marker::PhantomData;
use std::sync::Arc;

use aes_gcm::aead::{AeadInOut, Nonce, Tag};
use aes_gcm::{Aes128Gcm, Aes256Gcm, KeyInit};
use chacha20poly1305::ChaCha20Poly1305;
use copath_crypto::{Aead, AeadAlgorithm, CryptoError};

/// Nn of all three (RFC 9180 §7.3).
const NONCE_LENGTH: usize = 12;
/// Nt of all three (RFC 9180 §7.3).
const TAG_LENGTH: usize = 16;

pub(crate) fn aead(algorithm: AeadAlgorithm) -> Option<Arc<dyn Aead>> {
    match algorithm {
        AeadAlgorithm::AES_128_GCM => Some(Arc::new(Cipher::<Aes128Gcm>::new(algorithm))),
        AeadAlgorithm::AES_256_GCM => Some(Arc::new(Cipher::<Aes256Gcm>::new(algorithm))),
        AeadAlgorithm::CHACHA20_POLY1305 => Some(Arc::new(Cipher::<ChaCha20Poly1305>::new(algorithm))),
        _ => None,
    }
}

struct Cipher<A> {
    algorithm: AeadAlgorithm,
    cipher: PhantomData<fn() -> A>,
}

impl<A: AeadInOut + KeyInit> Cipher<A> {
    fn new(algorithm: AeadAlgorithm) -> Self {
        Self { algorithm, cipher: PhantomData }
    }

    fn parse(key: &[u8], nonce: &[u8]) -> Option<(A, Nonce<A>)> {
        Some((A::new_from_slice(key).ok()?, Nonce::<A>::try_from(nonce).ok()?))
    }

    fn try_open(key: &[u8], nonce: &[u8], aad: &[u8], buffer: &mut Vec<u8>) -> Option<()> {
        let (cipher, nonce) = Self::parse(key, nonce)?;
        let length = buffer.len().checked_sub(TAG_LENGTH)?;
        let (content, tag) = buffer.split_at_mut_checked(length)?;
        let tag = Tag::<A>::try_from(&*tag).ok()?;
        cipher.decrypt_inout_detached(&nonce, aad, content.into(), &tag).ok()?;
        buffer.truncate(length);
        Some(())
    }
}

impl<A: AeadInOut + KeyInit> Aead for Cipher<A> {
    fn algorithm(&self) -> AeadAlgorithm {
        self.algorithm
    }

    fn key_length(&self) -> usize {
        A::key_size()
    }

    fn nonce_length(&self) -> usize {
        NONCE_LENGTH
    }

    fn tag_length(&self) -> usize {
        TAG_LENGTH
    }

    fn seal(&self, key: &[u8], nonce: &[u8], aad: &[u8], buffer: &mut Vec<u8>) -> Result<(), CryptoError> {
        let (cipher, nonce) = Self::parse(key, nonce).ok_or(CryptoError::LengthOutOfRange)?;
        let tag = cipher
            .encrypt_inout_detached(&nonce, aad, buffer.as_mut_slice().into())
            .map_err(|_| CryptoError::LengthOutOfRange)?;
        buffer.extend_from_slice(&tag);
        Ok(())
    }

    fn open(&self, key: &[u8], nonce: &[u8], aad: &[u8], buffer: &mut Vec<u8>) -> Result<(), CryptoError> {
        Self::try_open(key, nonce, aad, buffer).ok_or(CryptoError::DecryptionFailed)
    }
}
