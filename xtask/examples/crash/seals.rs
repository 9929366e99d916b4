//! Which key and nonce each ciphertext was made with: a backend that writes it down before it returns.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use copath::messages::{MlsMessage, MlsMessageBody};
use copath_codec::Decode;
use copath_crypto::CryptoProvider;
use copath_testing::{Seal, SealObserver, watch_seals};

use crate::delivery::{Delivery, Kind, sum};

/// A file with a line for each encryption.
#[derive(Debug)]
struct SealLog(File);

/// A backend whose AEADs leave a line for each encryption in the file at `path`.
pub(crate) fn logged(inner: Arc<dyn CryptoProvider>, path: &Path) -> Arc<dyn CryptoProvider> {
    let file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    watch_seals(inner, Arc::new(SealLog(file)))
}

impl SealObserver for SealLog {
    fn sealed(&self, seal: &Seal<'_>) {
        let mut line = [0; LINE];
        line[..8].copy_from_slice(&sum(seal.ciphertext).to_le_bytes());
        line[8..16].copy_from_slice(&sum(seal.key).to_le_bytes());
        line[16..].copy_from_slice(&sum(seal.nonce).to_le_bytes());
        (&self.0).write_all(&line).unwrap();
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
