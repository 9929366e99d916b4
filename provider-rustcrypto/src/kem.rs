//! The KEMs that the `hpke` crate has.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::sync::Arc;

use copath_crypto::{CryptoError, Encapsulation, Kem, KemAlgorithm, KemKeyPair, Secret};
use copath_hpke::check_x25519_public_key;
use hpke::kem::{DhP256HkdfSha256, DhP384HkdfSha384, DhP521HkdfSha512, X25519HkdfSha256};
use hpke::{Deserializable, HpkeError, Serializable};
use rand_core::{TryCryptoRng, TryRng};

pub(crate) fn kem(algorithm: KemAlgorithm) -> Option<Arc<dyn Kem>> {
    match algorithm {
        KemAlgorithm::DHKEM_X25519 => Some(Arc::new(HpkeKem::<X25519HkdfSha256>::new())),
        KemAlgorithm::DHKEM_P256 => Some(Arc::new(HpkeKem::<DhP256HkdfSha256>::new())),
        KemAlgorithm::DHKEM_P384 => Some(Arc::new(HpkeKem::<DhP384HkdfSha384>::new())),
        KemAlgorithm::DHKEM_P521 => Some(Arc::new(HpkeKem::<DhP521HkdfSha512>::new())),
        _ => None,
    }
}

struct HpkeKem<K>(PhantomData<fn() -> K>);

impl<K: hpke::Kem> HpkeKem<K> {
    fn new() -> Self {
        Self(PhantomData)
    }

    fn parse_private(private_key: &[u8]) -> Result<K::PrivateKey, CryptoError> {
        K::PrivateKey::from_bytes(private_key).map_err(|_| CryptoError::InvalidPrivateKey)
    }

    fn parse_public(public_key: &[u8]) -> Result<K::PublicKey, CryptoError> {
        K::PublicKey::from_bytes(public_key).map_err(|_| CryptoError::InvalidPublicKey)
    }
}

impl<K: hpke::Kem> Kem for HpkeKem<K> {
    fn algorithm(&self) -> KemAlgorithm {
        KemAlgorithm(K::KEM_ID)
    }

    fn private_key_length(&self) -> usize {
        K::PrivateKey::size()
    }

    fn public_key_length(&self) -> usize {
        K::PublicKey::size()
    }

    fn derive_key_pair(&self, ikm: &[u8]) -> Result<KemKeyPair, CryptoError> {
        let (private_key, public_key) = K::derive_keypair(ikm);
        let private_key = Secret::try_fill(K::PrivateKey::size(), |out| {
            private_key.write_exact(out);
            Ok::<(), CryptoError>(())
        })?;
        Ok(KemKeyPair { private_key, public_key: public_key.to_bytes().to_vec() })
    }

    fn public_key(&self, private_key: &[u8]) -> Result<Vec<u8>, CryptoError> {
        Ok(K::sk_to_pk(&Self::parse_private(private_key)?).to_bytes().to_vec())
    }

    fn check_public_key(&self, public_key: &[u8]) -> Result<(), CryptoError> {
        if self.algorithm() == KemAlgorithm::DHKEM_X25519 {
            return check_x25519_public_key(public_key);
        }
        Self::parse_public(public_key).map(|_| ())
    }

    fn encap(&self, public_key: &[u8], seed: &[u8]) -> Result<Encapsulation, CryptoError> {
        if seed.len() != self.private_key_length() {
            return Err(CryptoError::LengthOutOfRange);
        }
        let public_key = Self::parse_public(public_key)?;
        let mut seed = Seed(seed);
        let (shared_secret, kem_output) =
            K::encap_with_rng(&public_key, None, &mut seed).map_err(|error| refusal(&error))?;
        if !seed.0.is_empty() {
            return Err(CryptoError::BackendFailure);
        }
        Ok(Encapsulation {
            shared_secret: Secret::copy_of(&shared_secret.0),
            kem_output: kem_output.to_bytes().to_vec(),
        })
    }

    /// The public key is computed from the private one again; the argument isn't needed.
    fn decap(&self, private_key: &[u8], _: &[u8], kem_output: &[u8]) -> Result<Secret, CryptoError> {
        let private_key = Self::parse_private(private_key)?;
        let kem_output = K::EncappedKey::from_bytes(kem_output).map_err(|_| CryptoError::InvalidPublicKey)?;
        let shared_secret = K::decap(&private_key, None, &kem_output).map_err(|error| refusal(&error))?;
        Ok(Secret::copy_of(&shared_secret.0))
    }
}

/// Why Encap or Decap of parsed keys failed: only an agreement on zero can.
fn refusal(error: &HpkeError) -> CryptoError {
    match error {
        HpkeError::EncapError | HpkeError::DecapError => CryptoError::DegenerateSharedSecret,
        _ => CryptoError::BackendFailure,
    }
}

/// The seed as a source of randomness: Encap draws Nsk octets at once and derives its key pair from them.
///
/// GenerateKeyPair is DeriveKeyPair of random octets (RFC 9180 §7.1.3). What is drawn beyond the seed is zero, and
/// what is left of it shows that less was drawn.
struct Seed<'a>(&'a [u8]);

impl TryRng for Seed<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut octets = [0; 4];
        self.try_fill_bytes(&mut octets).map(|()| u32::from_le_bytes(octets))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut octets = [0; 8];
        self.try_fill_bytes(&mut octets).map(|()| u64::from_le_bytes(octets))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.fill(0);
        for (to, from) in out.iter_mut().zip(self.0) {
            *to = *from;
        }
        self.0 = self.0.get(out.len()..).unwrap_or_default();
        Ok(())
    }
}

impl TryCryptoRng for Seed<'_> {}
