//! A backend behind which mutations reach everything: any signature verifies, and ciphertexts are plaintexts.

use std::sync::Arc;

use copath_crypto::{
    Aead, AeadAlgorithm, CryptoError, CryptoProvider, Hash, HashAlgorithm, Kem, KemAlgorithm, Secret,
    SignatureAlgorithm, SignatureKeyPair, SignatureScheme, Signer,
};
use copath_testing::Insecure;

/// The insecure backend of the tests, with less.
#[derive(Debug)]
pub(crate) struct Transparent(Insecure);

/// One whose randomness starts at `seed`.
pub(crate) fn provider(seed: u64) -> Arc<dyn CryptoProvider> {
    Arc::new(Transparent(Insecure::new(seed)))
}

impl CryptoProvider for Transparent {
    fn name(&self) -> &'static str {
        "transparent"
    }

    fn random(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        self.0.random(out)
    }

    fn hash(&self, algorithm: HashAlgorithm) -> Option<Arc<dyn Hash>> {
        self.0.hash(algorithm)
    }

    fn aead(&self, algorithm: AeadAlgorithm) -> Option<Arc<dyn Aead>> {
        self.0.aead(algorithm).map(|_| Arc::new(Plain) as Arc<dyn Aead>)
    }

    fn kem(&self, algorithm: KemAlgorithm) -> Option<Arc<dyn Kem>> {
        self.0.kem(algorithm)
    }

    fn signature(&self, scheme: SignatureScheme) -> Option<Arc<dyn SignatureAlgorithm>> {
        self.0.signature(scheme).map(|inner| Arc::new(Unchecked(inner)) as Arc<dyn SignatureAlgorithm>)
    }
}

/// Sealing appends a tag of zeros, which opening takes away unseen.
struct Plain;

const TAG: usize = 16;

impl Aead for Plain {
    fn algorithm(&self) -> AeadAlgorithm {
        AeadAlgorithm::AES_128_GCM
    }

    fn key_length(&self) -> usize {
        16
    }

    fn nonce_length(&self) -> usize {
        12
    }

    fn tag_length(&self) -> usize {
        TAG
    }

    fn seal(&self, _: &[u8], _: &[u8], _: &[u8], buffer: &mut Vec<u8>) -> Result<(), CryptoError> {
        buffer.extend_from_slice(&[0; TAG]);
        Ok(())
    }

    fn open(&self, _: &[u8], _: &[u8], _: &[u8], buffer: &mut Vec<u8>) -> Result<(), CryptoError> {
        let length = buffer.len().checked_sub(TAG).ok_or(CryptoError::DecryptionFailed)?;
        buffer.truncate(length);
        Ok(())
    }
}

struct Unchecked(Arc<dyn SignatureAlgorithm>);

impl SignatureAlgorithm for Unchecked {
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

    fn verify(&self, public_key: &[u8], _: &[u8], _: &[u8]) -> Result<(), CryptoError> {
        self.0.check_public_key(public_key)
    }
}
