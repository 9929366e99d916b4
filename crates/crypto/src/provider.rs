//! What a backend registers.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::Debug;

use crate::{AeadAlgorithm, CryptoError, HashAlgorithm, KemAlgorithm, Secret, SignatureScheme, Signer};

/// A crypto backend: the primitives that it has.
///
/// RFC 9420 §5.1. Object-safe, so that applications choose a backend at run time. A backend is asked once a suite
/// for its primitives; which suites it has follows from the table alone.
pub trait CryptoProvider: Debug + Send + Sync {
    /// The backend's name, for messages and reports.
    fn name(&self) -> &'static str;

    /// Fills `out` with randomness that is fit for keys.
    ///
    /// # Errors
    /// [`CryptoError::RandomnessUnavailable`].
    fn random(&self, out: &mut [u8]) -> Result<(), CryptoError>;

    /// The hash and HMAC, if the backend has it.
    fn hash(&self, algorithm: HashAlgorithm) -> Option<Arc<dyn Hash>>;

    /// The AEAD, if the backend has it.
    fn aead(&self, algorithm: AeadAlgorithm) -> Option<Arc<dyn Aead>>;

    /// The KEM, if the backend has it.
    fn kem(&self, algorithm: KemAlgorithm) -> Option<Arc<dyn Kem>>;

    /// The signature scheme, if the backend has it.
    fn signature(&self, scheme: SignatureScheme) -> Option<Arc<dyn SignatureAlgorithm>>;
}

/// A hash function and the HMAC over it.
pub trait Hash: Send + Sync {
    /// Which hash it is.
    fn algorithm(&self) -> HashAlgorithm;

    /// Hashes the concatenation of `parts`, which are public, into `out`, which has the output's length.
    fn hash(&self, parts: &[&[u8]], out: &mut [u8]);

    /// HMAC (RFC 2104) of the concatenation of `parts` under `key` into `out`, which has the output's length.
    fn hmac(&self, key: &[u8], parts: &[&[u8]], out: &mut [u8]);
}

/// An AEAD (RFC 5116): output is one string with the tag at its end.
pub trait Aead: Send + Sync {
    /// Which AEAD it is.
    fn algorithm(&self) -> AeadAlgorithm;

    /// Octets of a key: Nk.
    fn key_length(&self) -> usize;

    /// Octets of a nonce: Nn.
    fn nonce_length(&self) -> usize;

    /// Octets of the tag: Nt.
    fn tag_length(&self) -> usize;

    /// Encrypts `buffer` in place and appends the tag.
    ///
    /// # Errors
    /// Key or nonce have the wrong length, or the input is longer than the algorithm allows; `buffer` is then
    /// unchanged.
    fn seal(&self, key: &[u8], nonce: &[u8], aad: &[u8], buffer: &mut Vec<u8>) -> Result<(), CryptoError>;

    /// Checks the tag, decrypts `buffer` in place and cuts the tag off.
    ///
    /// # Errors
    /// [`CryptoError::DecryptionFailed`], whatever the reason; `buffer` then holds no plaintext.
    fn open(&self, key: &[u8], nonce: &[u8], aad: &[u8], buffer: &mut Vec<u8>) -> Result<(), CryptoError>;
}

/// A KEM (RFC 9180 §4), with the KDF of its own and DeriveKeyPair.
pub trait Kem: Send + Sync {
    /// Which KEM it is.
    fn algorithm(&self) -> KemAlgorithm;

    /// Octets of a private key: Nsk. Also the least input of `derive_key_pair` and the length of `encap`'s seed.
    fn private_key_length(&self) -> usize;

    /// Octets of a public key: Npk.
    fn public_key_length(&self) -> usize;

    /// DeriveKeyPair (RFC 9180 §7.1.3).
    ///
    /// # Errors
    /// `ikm` yields no key (practically never).
    fn derive_key_pair(&self, ikm: &[u8]) -> Result<KemKeyPair, CryptoError>;

    /// GenerateKeyPair (RFC 9180 §4) with `seed`, [`Kem::private_key_length`] octets of fresh randomness: DeriveKeyPair
    /// of it, unless any octets are as good a private key as derived ones.
    ///
    /// # Errors
    /// [`CryptoError::LengthOutOfRange`] for a seed of another length, or as [`Kem::derive_key_pair`].
    fn generate_key_pair(&self, seed: &[u8]) -> Result<KemKeyPair, CryptoError> {
        if seed.len() != self.private_key_length() {
            return Err(CryptoError::LengthOutOfRange);
        }
        self.derive_key_pair(seed)
    }

    /// The public key that belongs to a serialized private key.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPrivateKey`].
    fn public_key(&self, private_key: &[u8]) -> Result<Vec<u8>, CryptoError>;

    /// Whether `public_key` has the right length and is a valid point (RFC 9180 §7.1.4).
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`].
    fn check_public_key(&self, public_key: &[u8]) -> Result<(), CryptoError>;

    /// Encap to `public_key`. The ephemeral key is derived from `seed`, [`Kem::private_key_length`] octets of
    /// fresh randomness; a backend that can't take a seed draws from its own generator and says so in its docs.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`], [`CryptoError::DegenerateSharedSecret`].
    fn encap(&self, public_key: &[u8], seed: &[u8]) -> Result<Encapsulation, CryptoError>;

    /// Decap of `kem_output` with a private key and its public key.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`] for a bad `kem_output`, [`CryptoError::InvalidPrivateKey`],
    /// [`CryptoError::DegenerateSharedSecret`].
    fn decap(&self, private_key: &[u8], public_key: &[u8], kem_output: &[u8]) -> Result<Secret, CryptoError>;
}

/// A KEM key pair, serialized (RFC 9180 §4).
#[derive(Debug)]
pub struct KemKeyPair {
    /// Nsk octets.
    pub private_key: Secret,
    /// Npk octets.
    pub public_key: Vec<u8>,
}

/// What Encap returns (RFC 9180 §4).
#[derive(Debug)]
pub struct Encapsulation {
    /// Nsecret octets.
    pub shared_secret: Secret,
    /// Nenc octets.
    pub kem_output: Vec<u8>,
}

/// A signature scheme (RFC 9420 §5.1.2).
pub trait SignatureAlgorithm: Send + Sync {
    /// Which scheme it is.
    fn scheme(&self) -> SignatureScheme;

    /// A new key pair from `random`, a source of randomness.
    ///
    /// # Errors
    /// The source fails.
    fn generate(
        &self,
        random: &mut dyn FnMut(&mut [u8]) -> Result<(), CryptoError>,
    ) -> Result<SignatureKeyPair, CryptoError>;

    /// A signer for a serialized private key: the seed for EdDSA, the big endian scalar for ECDSA.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPrivateKey`].
    fn signer(&self, private_key: &Secret) -> Result<Arc<dyn Signer>, CryptoError>;

    /// Whether `public_key` has the right length and is a valid key.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`].
    fn check_public_key(&self, public_key: &[u8]) -> Result<(), CryptoError>;

    /// Verifies a signature; every backend gives the same verdict on every input. Under a key that
    /// [`SignatureAlgorithm::check_public_key`] refuses nothing verifies.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`], [`CryptoError::InvalidSignature`].
    fn verify(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), CryptoError>;
}

/// A signature key pair, serialized.
#[derive(Debug)]
pub struct SignatureKeyPair {
    /// The seed for EdDSA, the big endian scalar for ECDSA.
    pub private_key: Secret,
    /// As in `LeafNode.signature_key`.
    pub public_key: Vec<u8>,
}
