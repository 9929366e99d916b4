//! A backend without any security, for tests of huge groups and for fuzzing.
//!
//! It has the sizes of suite 1 and keeps the relations that the protocol needs (what was signed verifies, what was
//! sealed opens, different inputs give different outputs), at a thousandth of the cost. Anybody can forge anything.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use copath_crypto::{
    Aead, AeadAlgorithm, CryptoError, CryptoProvider, Encapsulation, Hash, HashAlgorithm, Kem, KemAlgorithm,
    KemKeyPair, Secret, SignatureAlgorithm, SignatureKeyPair, SignatureScheme, Signer,
};

const SIZE: usize = 32;

/// The insecure backend: suite 1 alone, randomness counted up from a seed.
#[derive(Debug)]
pub struct Insecure {
    counter: AtomicU64,
}

impl Insecure {
    /// The backend whose randomness starts at `seed`.
    pub fn new(seed: u64) -> Self {
        Self { counter: AtomicU64::new(seed) }
    }
}

impl CryptoProvider for Insecure {
    fn name(&self) -> &'static str {
        "insecure"
    }

    fn random(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        fill(&[b"random", &number.to_be_bytes()], out);
        Ok(())
    }

    fn hash(&self, algorithm: HashAlgorithm) -> Option<Arc<dyn Hash>> {
        (algorithm == HashAlgorithm::Sha256).then(|| Arc::new(Mixer) as Arc<dyn Hash>)
    }

    fn aead(&self, algorithm: AeadAlgorithm) -> Option<Arc<dyn Aead>> {
        (algorithm == AeadAlgorithm::AES_128_GCM).then(|| Arc::new(Mixer) as Arc<dyn Aead>)
    }

    fn kem(&self, algorithm: KemAlgorithm) -> Option<Arc<dyn Kem>> {
        (algorithm == KemAlgorithm::DHKEM_X25519).then(|| Arc::new(Mixer) as Arc<dyn Kem>)
    }

    fn signature(&self, scheme: SignatureScheme) -> Option<Arc<dyn SignatureAlgorithm>> {
        (scheme == SignatureScheme::ED25519).then(|| Arc::new(Mixer) as Arc<dyn SignatureAlgorithm>)
    }
}

/// Mixes inputs into outputs; not a cryptographic hash.
struct Mixer;

/// Four lanes, each absorbing all words of all parts with their lengths.
fn mix(parts: &[&[u8]]) -> [u64; 4] {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut lanes =
        [0x243f_6a88_85a3_08d3_u64, 0x1319_8a2e_0370_7344, 0xa409_3822_299f_31d0, 0x082e_fa98_ec4e_6c89];
    let mut absorb = |word: u64| {
        for (lane, turn) in lanes.iter_mut().zip([13, 29, 37, 51]) {
            *lane = (*lane ^ word).wrapping_mul(ODD).rotate_left(turn) ^ (*lane >> 31);
        }
    };
    for part in parts {
        for chunk in part.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            absorb(u64::from_be_bytes(word));
        }
        absorb(part.len() as u64);
    }
    for round in 0..4 {
        absorb(round);
    }
    lanes
}

fn fill(parts: &[&[u8]], out: &mut [u8]) {
    let lanes = mix(parts);
    for (position, chunk) in out.chunks_mut(8).enumerate() {
        let lane =
            lanes[position % 4].wrapping_mul(position as u64 | 1).rotate_left(17) ^ lanes[(position + 1) % 4];
        chunk.copy_from_slice(&lane.to_be_bytes()[..chunk.len()]);
    }
}

fn array(parts: &[&[u8]]) -> [u8; SIZE] {
    let mut out = [0; SIZE];
    fill(parts, &mut out);
    out
}

impl Hash for Mixer {
    fn algorithm(&self) -> HashAlgorithm {
        HashAlgorithm::Sha256
    }

    fn hash(&self, parts: &[&[u8]], out: &mut [u8]) {
        fill(&[b"hash", &parts.concat()], out);
    }

    fn hmac(&self, key: &[u8], parts: &[&[u8]], out: &mut [u8]) {
        fill(&[b"hmac", key, &parts.concat()], out);
    }
}

impl Aead for Mixer {
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
        16
    }

    fn seal(&self, key: &[u8], nonce: &[u8], aad: &[u8], buffer: &mut Vec<u8>) -> Result<(), CryptoError> {
        if key.len() != 16 || nonce.len() != 12 {
            return Err(CryptoError::LengthOutOfRange);
        }
        let tag = array(&[b"tag", key, nonce, aad, buffer]);
        whiten(key, nonce, buffer);
        buffer.extend_from_slice(&tag[..16]);
        Ok(())
    }

    fn open(&self, key: &[u8], nonce: &[u8], aad: &[u8], buffer: &mut Vec<u8>) -> Result<(), CryptoError> {
        let length = buffer.len().checked_sub(16).ok_or(CryptoError::DecryptionFailed)?;
        let tag = buffer.split_off(length);
        whiten(key, nonce, buffer);
        if array(&[b"tag", key, nonce, aad, buffer])[..16] != tag[..] {
            buffer.clear();
            return Err(CryptoError::DecryptionFailed);
        }
        Ok(())
    }
}

fn whiten(key: &[u8], nonce: &[u8], buffer: &mut [u8]) {
    let pad = array(&[b"pad", key, nonce]);
    for (octet, pad) in buffer.iter_mut().zip(pad.iter().cycle()) {
        *octet ^= pad;
    }
}

impl Kem for Mixer {
    fn algorithm(&self) -> KemAlgorithm {
        KemAlgorithm::DHKEM_X25519
    }

    fn private_key_length(&self) -> usize {
        SIZE
    }

    fn public_key_length(&self) -> usize {
        SIZE
    }

    fn derive_key_pair(&self, ikm: &[u8]) -> Result<KemKeyPair, CryptoError> {
        let private = array(&[b"kem private", ikm]);
        let public_key = array(&[b"kem public", &private]).to_vec();
        Ok(KemKeyPair { private_key: Secret::copy_of(&private), public_key })
    }

    fn public_key(&self, private_key: &[u8]) -> Result<Vec<u8>, CryptoError> {
        Ok(array(&[b"kem public", private_key]).to_vec())
    }

    fn check_public_key(&self, public_key: &[u8]) -> Result<(), CryptoError> {
        if public_key.len() == SIZE { Ok(()) } else { Err(CryptoError::InvalidPublicKey) }
    }

    fn encap(&self, public_key: &[u8], seed: &[u8]) -> Result<Encapsulation, CryptoError> {
        Kem::check_public_key(self, public_key)?;
        let kem_output = array(&[b"kem output", seed]).to_vec();
        let shared = array(&[b"kem shared", public_key, &kem_output]);
        Ok(Encapsulation { shared_secret: Secret::copy_of(&shared), kem_output })
    }

    fn decap(
        &self,
        private_key: &[u8],
        _public_key: &[u8],
        kem_output: &[u8],
    ) -> Result<Secret, CryptoError> {
        Kem::check_public_key(self, kem_output)?;
        let public_key = array(&[b"kem public", private_key]);
        Ok(Secret::copy_of(&array(&[b"kem shared", &public_key, kem_output])))
    }
}

struct MixerSigner {
    public_key: [u8; SIZE],
}

impl fmt::Debug for MixerSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MixerSigner")
    }
}

fn signature(public_key: &[u8], message: &[u8]) -> Vec<u8> {
    let half = array(&[b"signature", public_key, message]);
    [half, array(&[&half])].concat()
}

impl Signer for MixerSigner {
    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }

    fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        Ok(signature(&self.public_key, message))
    }
}

impl SignatureAlgorithm for Mixer {
    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }

    fn generate(
        &self,
        random: &mut dyn FnMut(&mut [u8]) -> Result<(), CryptoError>,
    ) -> Result<SignatureKeyPair, CryptoError> {
        let private_key = Secret::try_fill(SIZE, random)?;
        let public_key = array(&[b"signature public", private_key.expose()]).to_vec();
        Ok(SignatureKeyPair { private_key, public_key })
    }

    fn signer(&self, private_key: &Secret) -> Result<Arc<dyn Signer>, CryptoError> {
        Ok(Arc::new(MixerSigner { public_key: array(&[b"signature public", private_key.expose()]) }))
    }

    fn check_public_key(&self, public_key: &[u8]) -> Result<(), CryptoError> {
        if public_key.len() == SIZE { Ok(()) } else { Err(CryptoError::InvalidPublicKey) }
    }

    fn verify(&self, public_key: &[u8], message: &[u8], received: &[u8]) -> Result<(), CryptoError> {
        SignatureAlgorithm::check_public_key(self, public_key)?;
        if signature(public_key, message) == received { Ok(()) } else { Err(CryptoError::InvalidSignature) }
    }
}
