//! A backend that counts what is asked of another one.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Sub;
use core::sync::atomic::{AtomicU64, Ordering};

use crate::{
    Aead, AeadAlgorithm, CryptoError, CryptoProvider, Encapsulation, Hash, HashAlgorithm, Kem, KemAlgorithm,
    KemKeyPair, Secret, SignatureAlgorithm, SignatureKeyPair, SignatureScheme, Signer,
};

/// Any backend, with every call of a primitive counted by its kind.
///
/// The yardstick for what an operation costs: take the difference of [`Counting::counts`] after and before it. HKDF
/// shows as HMAC; what a backend's KEM does inside is one call here.
#[derive(Debug)]
pub struct Counting {
    inner: Arc<dyn CryptoProvider>,
    tally: Arc<Tally>,
}

impl Counting {
    /// `inner`, counted from zero.
    pub fn new(inner: Arc<dyn CryptoProvider>) -> Self {
        Self { inner, tally: Arc::default() }
    }

    /// How many calls there have been so far.
    pub fn counts(&self) -> Counts {
        self.tally.read()
    }
}

impl CryptoProvider for Counting {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn random(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        add(&self.tally.random);
        self.inner.random(out)
    }

    fn hash(&self, algorithm: HashAlgorithm) -> Option<Arc<dyn Hash>> {
        Some(Arc::new(self.counted(self.inner.hash(algorithm)?)))
    }

    fn aead(&self, algorithm: AeadAlgorithm) -> Option<Arc<dyn Aead>> {
        Some(Arc::new(self.counted(self.inner.aead(algorithm)?)))
    }

    fn kem(&self, algorithm: KemAlgorithm) -> Option<Arc<dyn Kem>> {
        Some(Arc::new(self.counted(self.inner.kem(algorithm)?)))
    }

    fn signature(&self, scheme: SignatureScheme) -> Option<Arc<dyn SignatureAlgorithm>> {
        Some(Arc::new(self.counted(self.inner.signature(scheme)?)))
    }
}

impl Counting {
    fn counted<T: ?Sized>(&self, inner: Arc<T>) -> Counted<T> {
        Counted { inner, tally: Arc::clone(&self.tally) }
    }
}

macro_rules! counts {
    ($($(#[$doc:meta])* $field:ident,)*) => {
        /// Calls of primitives, by kind.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Counts {
            $($(#[$doc])* pub $field: u64,)*
        }

        impl Sub for Counts {
            type Output = Self;

            /// What was counted since `earlier`.
            fn sub(self, earlier: Self) -> Self {
                Self { $($field: self.$field.saturating_sub(earlier.$field),)* }
            }
        }

        #[derive(Debug, Default)]
        struct Tally {
            $($field: AtomicU64,)*
        }

        impl Tally {
            fn read(&self) -> Counts {
                Counts { $($field: self.$field.load(Ordering::Relaxed),)* }
            }
        }
    };
}

counts! {
    /// Hashes.
    hash,
    /// Octets hashed.
    hashed_octets,
    /// HMACs, those of HKDF among them.
    hmac,
    /// AEAD encryptions.
    seal,
    /// Octets encrypted.
    sealed_octets,
    /// AEAD decryptions, failed ones among them.
    open,
    /// Octets decrypted, tags among them.
    opened_octets,
    /// KEM key pairs derived.
    derive_key_pair,
    /// KEM key pairs generated.
    generate_key_pair,
    /// KEM public keys computed or checked.
    kem_public_key,
    /// Encapsulations.
    encap,
    /// Decapsulations.
    decap,
    /// Signature key pairs generated, signers made from keys, and signature public keys checked.
    signature_key,
    /// Signatures made.
    sign,
    /// Octets signed.
    signed_octets,
    /// Signatures verified, failed ones among them.
    verify,
    /// Octets whose signatures were verified.
    verified_octets,
    /// Draws of randomness.
    random,
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn add_octets(counter: &AtomicU64, octets: &[u8]) {
    counter.fetch_add(u64::try_from(octets.len()).unwrap_or(u64::MAX), Ordering::Relaxed);
}

/// One primitive, counted.
struct Counted<T: ?Sized> {
    inner: Arc<T>,
    tally: Arc<Tally>,
}

impl Hash for Counted<dyn Hash> {
    fn algorithm(&self) -> HashAlgorithm {
        self.inner.algorithm()
    }

    fn hash(&self, parts: &[&[u8]], out: &mut [u8]) {
        add(&self.tally.hash);
        parts.iter().for_each(|part| add_octets(&self.tally.hashed_octets, part));
        self.inner.hash(parts, out);
    }

    fn hmac(&self, key: &[u8], parts: &[&[u8]], out: &mut [u8]) {
        add(&self.tally.hmac);
        self.inner.hmac(key, parts, out);
    }
}

impl Aead for Counted<dyn Aead> {
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
        add(&self.tally.seal);
        add_octets(&self.tally.sealed_octets, buffer);
        self.inner.seal(key, nonce, aad, buffer)
    }

    fn open(&self, key: &[u8], nonce: &[u8], aad: &[u8], buffer: &mut Vec<u8>) -> Result<(), CryptoError> {
        add(&self.tally.open);
        add_octets(&self.tally.opened_octets, buffer);
        self.inner.open(key, nonce, aad, buffer)
    }
}

impl Kem for Counted<dyn Kem> {
    fn algorithm(&self) -> KemAlgorithm {
        self.inner.algorithm()
    }

    fn private_key_length(&self) -> usize {
        self.inner.private_key_length()
    }

    fn public_key_length(&self) -> usize {
        self.inner.public_key_length()
    }

    fn derive_key_pair(&self, ikm: &[u8]) -> Result<KemKeyPair, CryptoError> {
        add(&self.tally.derive_key_pair);
        self.inner.derive_key_pair(ikm)
    }

    fn generate_key_pair(&self, seed: &[u8]) -> Result<KemKeyPair, CryptoError> {
        add(&self.tally.generate_key_pair);
        self.inner.generate_key_pair(seed)
    }

    fn public_key(&self, private_key: &[u8]) -> Result<Vec<u8>, CryptoError> {
        add(&self.tally.kem_public_key);
        self.inner.public_key(private_key)
    }

    fn check_public_key(&self, public_key: &[u8]) -> Result<(), CryptoError> {
        add(&self.tally.kem_public_key);
        self.inner.check_public_key(public_key)
    }

    fn encap(&self, public_key: &[u8], seed: &[u8]) -> Result<Encapsulation, CryptoError> {
        add(&self.tally.encap);
        self.inner.encap(public_key, seed)
    }

    fn decap(&self, private_key: &[u8], public_key: &[u8], kem_output: &[u8]) -> Result<Secret, CryptoError> {
        add(&self.tally.decap);
        self.inner.decap(private_key, public_key, kem_output)
    }
}

impl SignatureAlgorithm for Counted<dyn SignatureAlgorithm> {
    fn scheme(&self) -> SignatureScheme {
        self.inner.scheme()
    }

    fn generate(
        &self,
        random: &mut dyn FnMut(&mut [u8]) -> Result<(), CryptoError>,
    ) -> Result<SignatureKeyPair, CryptoError> {
        add(&self.tally.signature_key);
        self.inner.generate(random)
    }

    fn signer(&self, private_key: &Secret) -> Result<Arc<dyn Signer>, CryptoError> {
        add(&self.tally.signature_key);
        let inner = self.inner.signer(private_key)?;
        Ok(Arc::new(CountedSigner { inner, tally: Arc::clone(&self.tally) }))
    }

    fn check_public_key(&self, public_key: &[u8]) -> Result<(), CryptoError> {
        add(&self.tally.signature_key);
        self.inner.check_public_key(public_key)
    }

    fn verify(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        add(&self.tally.verify);
        add_octets(&self.tally.verified_octets, message);
        self.inner.verify(public_key, message, signature)
    }
}

#[derive(Debug)]
struct CountedSigner {
    inner: Arc<dyn Signer>,
    tally: Arc<Tally>,
}

impl Signer for CountedSigner {
    fn scheme(&self) -> SignatureScheme {
        self.inner.scheme()
    }

    fn public_key(&self) -> &[u8] {
        self.inner.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        add(&self.tally.sign);
        add_octets(&self.tally.signed_octets, message);
        self.inner.sign(message)
    }
}
