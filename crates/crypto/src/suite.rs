//! A suite on a backend.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroize;

use crate::{
    Aead, CipherSuite, CryptoError, CryptoProvider, Hash, HashOutput, Kem, KemKeyPair, Secret,
    SignatureAlgorithm, SignatureKeyPair, SuiteParameters,
};

/// A cipher suite together with the backend's primitives for it. Cheap to clone.
///
/// RFC 9420 §5.1.
#[derive(Clone)]
pub struct Suite {
    primitives: Arc<Primitives>,
}

struct Primitives {
    parameters: SuiteParameters,
    provider: Arc<dyn CryptoProvider>,
    hash: Arc<dyn Hash>,
    aead: Arc<dyn Aead>,
    kem: Arc<dyn Kem>,
    signature: Arc<dyn SignatureAlgorithm>,
}

impl Suite {
    /// `suite` on `provider`.
    ///
    /// # Errors
    /// [`CryptoError::UnsupportedSuite`] if the suite isn't in the table or the backend lacks a primitive of it.
    pub fn new(provider: &Arc<dyn CryptoProvider>, suite: CipherSuite) -> Result<Self, CryptoError> {
        let unsupported =
            |missing| CryptoError::UnsupportedSuite { suite, backend: provider.name(), missing };
        let row = SuiteParameters::of(suite).ok_or_else(|| unsupported("row in the suite table"))?;
        Self::from_parameters(provider, *row)
    }

    /// A suite of the caller's own row, for suites beyond the table.
    ///
    /// # Errors
    /// [`CryptoError::UnsupportedSuite`] if the backend lacks a primitive of it.
    pub fn from_parameters(
        provider: &Arc<dyn CryptoProvider>,
        parameters: SuiteParameters,
    ) -> Result<Self, CryptoError> {
        let unsupported = |missing| CryptoError::UnsupportedSuite {
            suite: parameters.suite,
            backend: provider.name(),
            missing,
        };
        Ok(Self {
            primitives: Arc::new(Primitives {
                parameters,
                provider: Arc::clone(provider),
                hash: provider.hash(parameters.hash).ok_or_else(|| unsupported("hash"))?,
                aead: provider.aead(parameters.aead).ok_or_else(|| unsupported("AEAD"))?,
                kem: provider.kem(parameters.kem).ok_or_else(|| unsupported("KEM"))?,
                signature: provider
                    .signature(parameters.signature)
                    .ok_or_else(|| unsupported("signature scheme"))?,
            }),
        })
    }

    /// The suites of RFC 9420 that `provider` has, in ascending order.
    pub fn available(provider: &Arc<dyn CryptoProvider>) -> Vec<Self> {
        SuiteParameters::ALL.iter().filter_map(|row| Self::from_parameters(provider, *row).ok()).collect()
    }

    /// The suite's code point.
    pub fn cipher_suite(&self) -> CipherSuite {
        self.primitives.parameters.suite
    }

    /// The suite's row.
    pub fn parameters(&self) -> &SuiteParameters {
        &self.primitives.parameters
    }

    /// The backend.
    pub fn provider(&self) -> &Arc<dyn CryptoProvider> {
        &self.primitives.provider
    }

    /// The backend's hash for this suite.
    pub fn hash_primitive(&self) -> &dyn Hash {
        &*self.primitives.hash
    }

    /// The backend's AEAD for this suite.
    pub fn aead(&self) -> &dyn Aead {
        &*self.primitives.aead
    }

    /// The backend's KEM for this suite.
    pub fn kem(&self) -> &dyn Kem {
        &*self.primitives.kem
    }

    /// The backend's signature scheme for this suite.
    pub fn signature(&self) -> &dyn SignatureAlgorithm {
        &*self.primitives.signature
    }

    /// Nh: octets of a hash, a MAC, a KDF output and a path secret.
    pub fn hash_length(&self) -> usize {
        self.parameters().hash.output_length()
    }

    /// Hash of the concatenation of `parts`.
    pub fn hash(&self, parts: &[&[u8]]) -> HashOutput {
        HashOutput::fill(self.hash_length(), |out| self.hash_primitive().hash(parts, out))
    }

    /// MAC of the concatenation of `parts`: HMAC with the suite's hash (RFC 9420 §5.1).
    pub fn mac(&self, key: &Secret, parts: &[&[u8]]) -> HashOutput {
        HashOutput::fill(self.hash_length(), |out| self.hash_primitive().hmac(key.expose(), parts, out))
    }

    /// A fresh random secret of `length` octets.
    ///
    /// # Errors
    /// [`CryptoError::RandomnessUnavailable`].
    pub fn random_secret(&self, length: usize) -> Result<Secret, CryptoError> {
        Secret::try_fill(length, |out| self.provider().random(out))
    }

    /// Fresh random octets that are not secret (group ids, nonces of PSKs, reuse guards).
    ///
    /// # Errors
    /// [`CryptoError::RandomnessUnavailable`].
    pub fn random_bytes(&self, length: usize) -> Result<Vec<u8>, CryptoError> {
        let mut out = alloc::vec![0; length];
        self.provider().random(&mut out)?;
        Ok(out)
    }

    /// A fresh KEM key pair.
    ///
    /// # Errors
    /// [`CryptoError::RandomnessUnavailable`].
    pub fn generate_kem_key_pair(&self) -> Result<KemKeyPair, CryptoError> {
        let seed = self.random_secret(self.kem().private_key_length())?;
        self.kem().generate_key_pair(seed.expose())
    }

    /// A fresh signature key pair.
    ///
    /// # Errors
    /// [`CryptoError::RandomnessUnavailable`].
    pub fn generate_signature_key_pair(&self) -> Result<SignatureKeyPair, CryptoError> {
        self.signature().generate(&mut |out| self.provider().random(out))
    }

    /// Encrypts with the suite's AEAD; returns ciphertext and tag.
    ///
    /// # Errors
    /// As [`Aead::seal`].
    pub fn seal(
        &self,
        key: &Secret,
        nonce: &[u8],
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let mut buffer = Vec::with_capacity(plaintext.len().saturating_add(self.aead().tag_length()));
        buffer.extend_from_slice(plaintext);
        self.aead().seal(key.expose(), nonce, aad, &mut buffer)?;
        Ok(buffer)
    }

    /// Encrypts `buffer` in place with the suite's AEAD and appends the tag, for which the buffer should have room.
    ///
    /// # Errors
    /// As [`Aead::seal`]; the plaintext is wiped.
    pub fn seal_in_place(
        &self,
        key: &Secret,
        nonce: &[u8],
        aad: &[u8],
        mut buffer: Vec<u8>,
    ) -> Result<Vec<u8>, CryptoError> {
        match self.aead().seal(key.expose(), nonce, aad, &mut buffer) {
            Ok(()) => Ok(buffer),
            Err(error) => {
                buffer.zeroize();
                Err(error)
            }
        }
    }

    /// Decrypts with the suite's AEAD.
    ///
    /// # Errors
    /// [`CryptoError::DecryptionFailed`], whatever the reason.
    pub fn open(
        &self,
        key: &Secret,
        nonce: &[u8],
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<Secret, CryptoError> {
        let mut buffer = ciphertext.to_vec();
        self.aead().open(key.expose(), nonce, aad, &mut buffer)?;
        Ok(Secret::from(buffer))
    }
}

impl fmt::Debug for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Suite({} on {})", self.cipher_suite(), self.provider().name())
    }
}
