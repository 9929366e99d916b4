//! AES-GCM and ChaCha20-Poly1305.
//!
//! RFC 5116, RFC 8439.

use alloc::vec::Vec;

use copath_crypto::{Aead, AeadAlgorithm, CryptoError};
use ring::aead::{
    AES_128_GCM, AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey,
};
use zeroize::Zeroize;

/// An AEAD of ring's.
pub(crate) struct RingAead {
    id: AeadAlgorithm,
    algorithm: &'static Algorithm,
}

impl RingAead {
    /// The AEAD `id`, if ring has it.
    pub(crate) fn new(id: AeadAlgorithm) -> Option<Self> {
        let algorithm = match id {
            AeadAlgorithm::AES_128_GCM => &AES_128_GCM,
            AeadAlgorithm::AES_256_GCM => &AES_256_GCM,
            AeadAlgorithm::CHACHA20_POLY1305 => &CHACHA20_POLY1305,
            _ => return None,
        };
        Some(Self { id, algorithm })
    }

    /// Key and nonce in ring's form; `None` if one has the wrong length.
    fn key_and_nonce(&self, key: &[u8], nonce: &[u8]) -> Option<(LessSafeKey, Nonce)> {
        let key = UnboundKey::new(self.algorithm, key).ok()?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        Some((LessSafeKey::new(key), nonce))
    }

    /// How many octets of `buffer` are plaintext, after decrypting it in place; `None` if that failed.
    fn open_in_place(&self, key: &[u8], nonce: &[u8], aad: &[u8], buffer: &mut [u8]) -> Option<usize> {
        let (key, nonce) = self.key_and_nonce(key, nonce)?;
        let plaintext = key.open_in_place(nonce, Aad::from(aad), buffer).ok()?;
        Some(plaintext.len())
    }
}

impl Aead for RingAead {
    fn algorithm(&self) -> AeadAlgorithm {
        self.id
    }

    fn key_length(&self) -> usize {
        self.algorithm.key_len()
    }

    fn nonce_length(&self) -> usize {
        NONCE_LEN
    }

    fn tag_length(&self) -> usize {
        self.algorithm.tag_len()
    }

    fn seal(&self, key: &[u8], nonce: &[u8], aad: &[u8], buffer: &mut Vec<u8>) -> Result<(), CryptoError> {
        let (key, nonce) = self.key_and_nonce(key, nonce).ok_or(CryptoError::LengthOutOfRange)?;
        let tag = key
            .seal_in_place_separate_tag(nonce, Aad::from(aad), buffer)
            .map_err(|_| CryptoError::LengthOutOfRange)?;
        buffer.extend_from_slice(tag.as_ref());
        Ok(())
    }

    fn open(&self, key: &[u8], nonce: &[u8], aad: &[u8], buffer: &mut Vec<u8>) -> Result<(), CryptoError> {
        if let Some(length) = self.open_in_place(key, nonce, aad, buffer) {
            buffer.truncate(length);
            return Ok(());
        }
        // What a failed opening leaves in the buffer is unspecified.
        buffer.zeroize();
        Err(CryptoError::DecryptionFailed)
    }
}
