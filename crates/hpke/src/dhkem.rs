//! A KEM over a Diffie-Hellman group.
//!
//! RFC 9180 §4.1 and §7.1.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use copath_crypto::{CryptoError, Encapsulation, Hash, Kem, KemAlgorithm, KemKeyPair, Secret};

use crate::labeled::LabeledKdf;

/// A Diffie-Hellman group as a backend has it, with keys in their serialized form.
///
/// RFC 9180 §7.1.
pub trait DhGroup: Send + Sync {
    /// The DHKEM over this group.
    fn algorithm(&self) -> KemAlgorithm;

    /// Octets of a private key: Nsk.
    fn private_key_length(&self) -> usize;

    /// Octets of a public key: Npk.
    fn public_key_length(&self) -> usize;

    /// How DeriveKeyPair makes a private key.
    fn key_derivation(&self) -> KeyDerivation;

    /// The public key of a private key.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPrivateKey`] if it has the wrong length or, on the NIST curves, is 0 or not below the
    /// order.
    fn public_key(&self, private_key: &[u8]) -> Result<Vec<u8>, CryptoError>;

    /// Whether `public_key` has the right length and is valid (RFC 9180 §7.1.4).
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`].
    fn check_public_key(&self, public_key: &[u8]) -> Result<(), CryptoError>;

    /// The Diffie-Hellman result: the x coordinate, Ndh octets.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`], [`CryptoError::InvalidPrivateKey`];
    /// [`CryptoError::DegenerateSharedSecret`] if the result is all zero (X25519, X448).
    fn diffie_hellman(&self, private_key: &[u8], public_key: &[u8]) -> Result<Secret, CryptoError>;

    /// A private key's public key, and its result with `public_key`: what Encap needs of a key pair that follows from
    /// its seed. A backend that parses keys overrides this, so as to parse the private key once.
    ///
    /// # Errors
    /// As [`DhGroup::public_key`] and [`DhGroup::diffie_hellman`].
    fn agreement(&self, private_key: &[u8], public_key: &[u8]) -> Result<Agreement, CryptoError> {
        let own = self.public_key(private_key)?;
        Ok(Agreement { shared: self.diffie_hellman(private_key, public_key)?, public_key: own })
    }

    /// The ephemeral side of a backend whose ephemeral keys can't be imported: a fresh key pair, agreed with
    /// `public_key`. It draws its own randomness, and the backend says so in its docs. `None`: the key pair follows
    /// from Encap's seed.
    fn ephemeral(&self, _public_key: &[u8]) -> Option<Result<Agreement, CryptoError>> {
        None
    }
}

/// How DeriveKeyPair makes a private key.
///
/// RFC 9180 §7.1.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyDerivation {
    /// The expanded octets are the key, clamped for X25519 and X448.
    Direct,
    /// Candidates, their first octet masked, until one is in range: the NIST curves.
    Candidates {
        /// 0xff for P-256 and P-384, 0x01 for P-521.
        bitmask: u8,
    },
}

/// What the ephemeral side of an agreement has.
#[derive(Debug)]
pub struct Agreement {
    /// The Diffie-Hellman result.
    pub shared: Secret,
    /// The ephemeral public key.
    pub public_key: Vec<u8>,
}

/// DHKEM over a group, with the KDF of its own.
///
/// RFC 9180 §4.1.
#[derive(Clone)]
pub struct DhKem<G> {
    group: G,
    hash: Arc<dyn Hash>,
}

impl<G: DhGroup> DhKem<G> {
    /// The DHKEM over `group` with HKDF over `hash`: SHA-256 for X25519 and P-256, SHA-384 for P-384, SHA-512 for
    /// P-521 and X448 (RFC 9180 §7.1).
    pub fn new(group: G, hash: Arc<dyn Hash>) -> Self {
        Self { group, hash }
    }

    /// ExtractAndExpand (RFC 9180 §4.1); the KEM context is `kem_output`, then `public_key`.
    fn extract_and_expand(
        &self,
        shared: &Secret,
        kem_output: &[u8],
        public_key: &[u8],
    ) -> Result<Secret, CryptoError> {
        let suite_id = self.suite_id();
        let kdf = LabeledKdf { hash: &*self.hash, suite_id: &suite_id };
        let prk = kdf.extract(&[], "eae_prk", shared.expose());
        kdf.expand(&prk, "shared_secret", [kem_output, public_key], self.hash.algorithm().output_length())
    }

    /// The private key of DeriveKeyPair (RFC 9180 §7.1.3), and what `with` makes of it: it fails with
    /// [`CryptoError::InvalidPrivateKey`] for a candidate out of range.
    fn derive_key<T>(
        &self,
        ikm: &[u8],
        with: impl Fn(&[u8]) -> Result<T, CryptoError>,
    ) -> Result<(Secret, T), CryptoError> {
        let suite_id = self.suite_id();
        let kdf = LabeledKdf { hash: &*self.hash, suite_id: &suite_id };
        let prk = kdf.extract(&[], "dkp_prk", ikm);
        let length = self.group.private_key_length();
        match self.group.key_derivation() {
            KeyDerivation::Direct => {
                let key =
                    clamped(kdf.expand(&prk, "sk", [&[], &[]], length)?.expose(), self.group.algorithm());
                let made = with(key.expose())?;
                Ok((key, made))
            }
            KeyDerivation::Candidates { bitmask } => {
                for counter in 0..=u8::MAX {
                    let candidate = kdf.expand(&prk, "candidate", [&[counter], &[]], length)?;
                    let key = masked(candidate.expose(), bitmask);
                    match with(key.expose()) {
                        Ok(made) => return Ok((key, made)),
                        Err(CryptoError::InvalidPrivateKey) => {}
                        Err(error) => return Err(error),
                    }
                }
                Err(CryptoError::BackendFailure)
            }
        }
    }

    /// `suite_id` of a KEM (RFC 9180 §4.1).
    fn suite_id(&self) -> [u8; 5] {
        let [high, low] = self.group.algorithm().0.to_be_bytes();
        [b'K', b'E', b'M', high, low]
    }
}

impl<G: DhGroup> Kem for DhKem<G> {
    fn algorithm(&self) -> KemAlgorithm {
        self.group.algorithm()
    }

    fn private_key_length(&self) -> usize {
        self.group.private_key_length()
    }

    fn public_key_length(&self) -> usize {
        self.group.public_key_length()
    }

    fn derive_key_pair(&self, ikm: &[u8]) -> Result<KemKeyPair, CryptoError> {
        let (private_key, public_key) = self.derive_key(ikm, |key| self.group.public_key(key))?;
        Ok(KemKeyPair { private_key, public_key })
    }

    fn generate_key_pair(&self, seed: &[u8]) -> Result<KemKeyPair, CryptoError> {
        if seed.len() != self.group.private_key_length() {
            return Err(CryptoError::LengthOutOfRange);
        }
        // Any octets are a private key of X25519. The slower groups don't feel the derivation, and keep to it.
        if self.group.algorithm() != KemAlgorithm::DHKEM_X25519 {
            return self.derive_key_pair(seed);
        }
        let private_key = clamped(seed, self.group.algorithm());
        let public_key = self.group.public_key(private_key.expose())?;
        Ok(KemKeyPair { private_key, public_key })
    }

    fn public_key(&self, private_key: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.group.public_key(private_key)
    }

    fn check_public_key(&self, public_key: &[u8]) -> Result<(), CryptoError> {
        self.group.check_public_key(public_key)
    }

    fn encap(&self, public_key: &[u8], seed: &[u8]) -> Result<Encapsulation, CryptoError> {
        if seed.len() != self.group.private_key_length() {
            return Err(CryptoError::LengthOutOfRange);
        }
        let agreement = match self.group.ephemeral(public_key) {
            Some(agreement) => agreement?,
            None => self.derive_key(seed, |key| self.group.agreement(key, public_key))?.1,
        };
        let shared_secret = self.extract_and_expand(&agreement.shared, &agreement.public_key, public_key)?;
        Ok(Encapsulation { shared_secret, kem_output: agreement.public_key })
    }

    fn decap(&self, private_key: &[u8], public_key: &[u8], kem_output: &[u8]) -> Result<Secret, CryptoError> {
        let shared = self.group.diffie_hellman(private_key, kem_output)?;
        self.extract_and_expand(&shared, kem_output, public_key)
    }
}

impl<G: DhGroup> fmt::Debug for DhKem<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DhKem({})", self.group.algorithm())
    }
}

/// `candidate` with its first octet masked.
fn masked(candidate: &[u8], bitmask: u8) -> Secret {
    changed(candidate, |octets| {
        if let Some(first) = octets.first_mut() {
            *first &= bitmask;
        }
    })
}

/// `key` as SerializePrivateKey gives it: clamped for X25519 and X448 (RFC 9180 §7.1.2, RFC 7748 §5).
fn clamped(key: &[u8], algorithm: KemAlgorithm) -> Secret {
    changed(key, |octets| match (algorithm, octets) {
        (KemAlgorithm::DHKEM_X25519, [first, .., last]) => {
            *first &= 0xf8;
            *last = (*last & 0x7f) | 0x40;
        }
        (KemAlgorithm::DHKEM_X448, [first, .., last]) => {
            *first &= 0xfc;
            *last |= 0x80;
        }
        _ => {}
    })
}

/// A copy of `octets`, changed.
fn changed(octets: &[u8], change: impl FnOnce(&mut [u8])) -> Secret {
    let copied = Secret::try_fill(octets.len(), |out| {
        for (to, from) in out.iter_mut().zip(octets) {
            *to = *from;
        }
        change(out);
        Ok::<(), core::convert::Infallible>(())
    });
    match copied {
        Ok(secret) => secret,
        Err(never) => match never {},
    }
}
