//! The kit notices a backend that is wrong in one place.

use std::sync::Arc;

use copath_conformance::{Failure, Report};
use copath_crypto::{
    Aead, AeadAlgorithm, CryptoError, CryptoProvider, Encapsulation, Hash, HashAlgorithm, Kem, KemAlgorithm,
    KemKeyPair, Secret, SignatureAlgorithm, SignatureKeyPair, SignatureScheme, Signer,
};
use copath_provider_rustcrypto::RustCrypto;
use ed25519_dalek::{Signature, Verifier, VerifyingKey};

/// The backend, wrong in one place.
#[derive(Debug)]
struct Sabotaged {
    inner: RustCrypto,
    where_: Place,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Nowhere,
    /// Ed25519 signatures go to dalek as they are.
    Ed25519,
    /// Public keys of KEMs are never checked by themselves.
    KemKeys,
}

impl CryptoProvider for Sabotaged {
    fn name(&self) -> &'static str {
        "sabotaged"
    }

    fn random(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        self.inner.random(out)
    }

    fn hash(&self, algorithm: HashAlgorithm) -> Option<Arc<dyn Hash>> {
        self.inner.hash(algorithm)
    }

    fn aead(&self, algorithm: AeadAlgorithm) -> Option<Arc<dyn Aead>> {
        self.inner.aead(algorithm)
    }

    fn kem(&self, algorithm: KemAlgorithm) -> Option<Arc<dyn Kem>> {
        let kem = self.inner.kem(algorithm)?;
        if self.where_ == Place::KemKeys { Some(Arc::new(Unchecked(kem))) } else { Some(kem) }
    }

    fn signature(&self, scheme: SignatureScheme) -> Option<Arc<dyn SignatureAlgorithm>> {
        let signature = self.inner.signature(scheme)?;
        if self.where_ == Place::Ed25519 && scheme == SignatureScheme::ED25519 {
            return Some(Arc::new(Lenient(signature)));
        }
        Some(signature)
    }
}

struct Lenient(Arc<dyn SignatureAlgorithm>);

impl SignatureAlgorithm for Lenient {
    fn scheme(&self) -> SignatureScheme {
        self.0.scheme()
    }

    fn generate(
        &self,
        random: &mut dyn FnMut(&mut [u8]) -> Result<(), CryptoError>,
    ) -> Result<SignatureKeyPair, CryptoError> {
        self.0.generate(random)
    }

    fn signer(&self, private_key: &Secret) -> Result<Arc<dyn Signer>, CryptoError> {
        self.0.signer(private_key)
    }

    fn check_public_key(&self, public_key: &[u8]) -> Result<(), CryptoError> {
        self.0.check_public_key(public_key)
    }

    fn verify(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        let key = VerifyingKey::try_from(public_key).map_err(|_| CryptoError::InvalidPublicKey)?;
        let signature = Signature::from_slice(signature).map_err(|_| CryptoError::InvalidSignature)?;
        key.verify(message, &signature).map_err(|_| CryptoError::InvalidSignature)
    }
}

struct Unchecked(Arc<dyn Kem>);

impl Kem for Unchecked {
    fn algorithm(&self) -> KemAlgorithm {
        self.0.algorithm()
    }

    fn private_key_length(&self) -> usize {
        self.0.private_key_length()
    }

    fn public_key_length(&self) -> usize {
        self.0.public_key_length()
    }

    fn derive_key_pair(&self, ikm: &[u8]) -> Result<KemKeyPair, CryptoError> {
        self.0.derive_key_pair(ikm)
    }

    fn public_key(&self, private_key: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.0.public_key(private_key)
    }

    fn check_public_key(&self, _: &[u8]) -> Result<(), CryptoError> {
        Ok(())
    }

    fn encap(&self, public_key: &[u8], seed: &[u8]) -> Result<Encapsulation, CryptoError> {
        self.0.encap(public_key, seed)
    }

    fn decap(&self, private_key: &[u8], public_key: &[u8], kem_output: &[u8]) -> Result<Secret, CryptoError> {
        self.0.decap(private_key, public_key, kem_output)
    }
}

fn run(where_: Place) -> Report {
    let provider: Arc<dyn CryptoProvider> =
        Arc::new(Sabotaged { inner: RustCrypto::seeded([2; 32]), where_ });
    copath_conformance::run(&provider)
}

#[test]
fn a_sound_backend_passes() {
    assert!(run(Place::Nowhere).is_success());
}

#[test]
fn lenient_signatures_are_noticed() {
    let report = run(Place::Ed25519);
    assert!(report.failures().count() > 10, "{report}");
    for case in report.failures() {
        assert_eq!((case.subject.as_str(), &case.result), ("ed25519", &Err(Failure::Accepted)), "{report}");
        assert!(case.name.contains("small order"), "{report}");
    }
}

#[test]
fn unchecked_keys_are_noticed() {
    let report = run(Place::KemKeys);
    let bad_keys = report.cases().iter().filter(|case| {
        case.name == "KEM keys of another form"
            || case.subject.starts_with("DHKEM") && case.name.starts_with("Public key that is none")
    });
    assert_eq!(report.failures().count(), bad_keys.count(), "{report}");
    assert_eq!(report.failures().next().unwrap().result, Err(Failure::Accepted));
}
