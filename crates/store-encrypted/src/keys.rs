//! What the data key of a realm is used for, one key each.

use chacha20poly1305::aead::{AeadInOut, Nonce, Tag};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use copath_records::{Record, RecordKey, StoreError};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::secret::{KEY, Key};

/// The version of what [`seal`] writes.
const SEALED_VERSION: u8 = 1;

/// Octets of a nonce: long enough to be drawn at random for ever.
const NONCE: usize = 24;
/// Octets of a tag.
const TAG: usize = 16;

/// Octets of what stands for a name, and of what is added up.
pub(crate) const BLIND: usize = 16;

/// What is added up.
pub(crate) type Entry = [u8; BLIND];

/// The keys of one realm: all records that are sealed under one data key.
pub(crate) struct RealmKeys {
    names: Key,
    entries: Key,
    values: Key,
}

impl RealmKeys {
    pub(crate) fn new(data_key: &Key) -> Self {
        let derive = |label: &[u8]| Zeroizing::new(mac(data_key, &[b"copath store ", label]));
        Self { names: derive(b"names"), entries: derive(b"entries"), values: derive(b"values") }
    }

    /// What stands for a path of names: equal for equal paths, and random without the key.
    pub(crate) fn blind(&self, path: &[u8]) -> [u8; BLIND] {
        halve(mac(&self.names, &[path]))
    }

    /// What a record adds to the sum of those that there are. Its tag is in it: a batch that failed may have left a
    /// record of the same name and version somewhere.
    pub(crate) fn entry(&self, name: &RecordKey, version: u64, sealed: &Record) -> Result<Entry, StoreError> {
        let tag = sealed.expose().last_chunk::<TAG>().ok_or(StoreError::Corrupt)?;
        Ok(halve(mac(&self.entries, &[&version.to_be_bytes(), tag, name.as_octets()])))
    }

    /// Seals `plaintext` for its name.
    pub(crate) fn seal(&self, name: &RecordKey, plaintext: Zeroizing<Vec<u8>>) -> Result<Record, StoreError> {
        seal(&self.values, name.as_octets(), plaintext)
    }

    /// Opens what was sealed for this name.
    pub(crate) fn open(&self, name: &RecordKey, sealed: &Record) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        open(&self.values, name.as_octets(), sealed.expose())
    }
}

/// Seals with XChaCha20-Poly1305 under a random nonce: version, nonce, ciphertext and tag.
pub(crate) fn seal(key: &Key, context: &[u8], mut text: Zeroizing<Vec<u8>>) -> Result<Record, StoreError> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).map_err(|_| StoreError::Unavailable)?;
    let sealed = cipher(key)
        .encrypt_inout_detached(&Nonce::<XChaCha20Poly1305>::from(nonce), context, text.as_mut_slice().into())
        .map_err(|_| StoreError::Full)?;
    let mut out = Vec::with_capacity(text.len().saturating_add(NONCE + TAG + 1));
    out.push(SEALED_VERSION);
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&text);
    out.extend_from_slice(&sealed);
    Ok(Record::from(out))
}

/// Opens what [`seal`] sealed with the same context.
pub(crate) fn open(key: &Key, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let (version, rest) = sealed.split_first().ok_or(StoreError::Corrupt)?;
    match *version {
        SEALED_VERSION => {}
        0 => return Err(StoreError::Corrupt),
        found => return Err(StoreError::NewerFormat { found, known: SEALED_VERSION }),
    }
    let (nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or(StoreError::Corrupt)?;
    let (text, tag) = rest.split_last_chunk::<TAG>().ok_or(StoreError::Corrupt)?;
    let mut text = Zeroizing::new(text.to_vec());
    let tag = Tag::<XChaCha20Poly1305>::from(*tag);
    cipher(key)
        .decrypt_inout_detached(
            &Nonce::<XChaCha20Poly1305>::from(*nonce),
            context,
            text.as_mut_slice().into(),
            &tag,
        )
        .map_err(|_| StoreError::Corrupt)?;
    Ok(text)
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&**key).into())
}

/// HMAC-SHA-256 of the parts, one after the other.
fn mac(key: &Key, parts: &[&[u8]]) -> [u8; KEY] {
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    for (to, from) in block.iter_mut().zip(key.iter()) {
        *to = *from;
    }
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new(&block);
    zeroize::Zeroize::zeroize(block.as_mut_slice());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn halve(full: [u8; KEY]) -> [u8; BLIND] {
    let mut half = [0; BLIND];
    for (to, from) in half.iter_mut().zip(full) {
        *to = from;
    }
    half
}
