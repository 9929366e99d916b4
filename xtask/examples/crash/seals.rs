//! Which key and nonce each ciphertext was made with: a backend that writes it down before it returns.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use copath::messages::{MlsMessage, MlsMessageBody};
use copath_codec::Decode;
use copath_crypto::{
    Aead, AeadAlgorithm, CryptoError, CryptoProvider, Hash, HashAlgorithm, Kem, KemAlgorithm,
    SignatureAlgorithm, SignatureScheme,
};

use crate::delivery::{Delivery, Kind, sum};

/// A backend whose AEADs leave a line for each encryption.
#[derive(Debug)]
pub(crate) struct Sealing {
    inner: Arc<dyn CryptoProvider>,
    file: Arc<File>,
}

struct Recorded {
    inner: Arc<dyn Aead>,
    file: Arc<File>,
}

impl Sealing {
    pub(crate) fn over(inner: Arc<dyn CryptoProvider>, path: &Path) -> Arc<dyn CryptoProvider> {
        let file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        Arc::new(Self { inner, file: Arc::new(file) })
    }
}

impl CryptoProvider for Sealing {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn random(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        self.inner.random(out)
    }

    fn hash(&self, algorithm: HashAlgorithm) -> Option<Arc<dyn Hash>> {
        self.inner.hash(algorithm)
    }

    fn aead(&self, algorithm: AeadAlgorithm) -> Option<Arc<dyn Aead>> {
        let inner = self.inner.aead(algorithm)?;
        Some(Arc::new(Recorded { inner, file: Arc::clone(&self.file) }))
    }

    fn kem(&self, algorithm: KemAlgorithm) -> Option<Arc<dyn Kem>> {
        self.inner.kem(algorithm)
    }

    fn signature(&self, scheme: SignatureScheme) -> Option<Arc<dyn SignatureAlgorithm>> {
        self.inner.signature(scheme)
    }
}

impl Aead for Recorded {
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
        self.inner.seal(key, nonce, aad, buffer)?;
        let mut line = [0; LINE];
        line[..8].copy_from_slice(&sum(buffer).to_le_bytes());
        line[8..16].copy_from_slice(&sum(key).to_le_bytes());
        line[16..].copy_from_slice(&sum(nonce).to_le_bytes());
        (&*self.file).write_all(&line).unwrap();
        Ok(())
    }

    fn open(&self, key: &[u8], nonce: &[u8], aad: &[u8], buffer: &mut Vec<u8>) -> Result<(), CryptoError> {
        self.inner.open(key, nonce, aad, buffer)
    }
}

/// The sums of ciphertext, key and nonce.
const LINE: usize = 24;

/// No key was used twice among the released ciphertexts; returns how many there are.
pub(crate) fn check(path: &Path, delivery: &Delivery) -> Result<usize, String> {
    let octets = std::fs::read(path).unwrap_or_default();
    let word = |line: &[u8], at: usize| u64::from_le_bytes(line[at..at + 8].try_into().unwrap());
    let lines = octets.chunks_exact(LINE);
    let made: HashMap<u64, (u64, u64)> =
        lines.map(|line| (word(line, 0), (word(line, 8), word(line, 16)))).collect();
    let mut used: HashMap<(u64, u64), u64> = HashMap::new();
    // The keys of messages are used once, whatever the nonce (RFC 9420 §9.1).
    let mut message_keys: HashMap<u64, u64> = HashMap::new();
    for (at, entry) in delivery.entries.iter().enumerate() {
        let (ciphertexts, key_of_message) = match MlsMessage::from_bytes(&entry.octets).unwrap().body {
            MlsMessageBody::PrivateMessage(message) => {
                let content = sum(&message.ciphertext);
                (vec![content, sum(&message.encrypted_sender_data)], Some(content))
            }
            MlsMessageBody::Welcome(welcome) => (vec![sum(&welcome.encrypted_group_info)], None),
            _ if entry.kind == Kind::KeyPackage => continue,
            _ => (Vec::new(), None),
        };
        for ciphertext in ciphertexts {
            let key = made.get(&ciphertext).ok_or(format!("entry {at} was sealed by nobody"))?;
            if used.insert(*key, ciphertext).is_some_and(|other| other != ciphertext) {
                return Err(format!("entry {at}: key and nonce of an earlier ciphertext"));
            }
            let again = (key_of_message == Some(ciphertext))
                .then(|| message_keys.insert(key.0, ciphertext))
                .flatten();
            if again.is_some_and(|other| other != ciphertext) {
                return Err(format!("entry {at}: the key of an earlier message"));
            }
        }
    }
    Ok(used.len())
}
