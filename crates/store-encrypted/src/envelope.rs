//! The envelope: the data keys, sealed with the application's secret.

use core::hash::Hasher as _;

use copath_records::{Record, StoreError};
use siphasher::sip::SipHasher24;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::keys;
use crate::octets::{Octets, push_counted};
use crate::secret::{Derivation, Key, StoreSecret};

/// The version of the envelope that this library writes.
const ENVELOPE_VERSION: u8 = 1;

/// Octets of the checksum at the end.
const CHECKSUM: usize = 8;

/// The data key of a realm, and the number that the realm has in names.
pub(crate) struct DataKey {
    pub(crate) realm: u32,
    pub(crate) key: Key,
}

impl DataKey {
    pub(crate) fn random(realm: u32) -> Result<Self, StoreError> {
        let mut key = Key::default();
        getrandom::fill(key.as_mut_slice()).map_err(|_| StoreError::Unavailable)?;
        Ok(Self { realm, key })
    }
}

/// The data keys: the present one, and while records are sealed anew the retiring one after it.
pub(crate) struct Envelope {
    /// Counts envelopes, so that an old one can't be put back.
    pub(crate) serial: u64,
    pub(crate) keys: Vec<DataKey>,
}

impl Envelope {
    /// Seals the data keys with `secret`.
    ///
    /// Format: version u8; serial u64; derivation; counted sealed keys; checksum u64 over all before.
    pub(crate) fn seal(&self, secret: &StoreSecret) -> Result<Record, StoreError> {
        let derivation = secret.fresh_derivation()?;
        let mut out = vec![ENVELOPE_VERSION];
        out.extend_from_slice(&self.serial.to_be_bytes());
        derivation.write(&mut out);
        let mut keys = Zeroizing::new(Vec::with_capacity(self.keys.len().saturating_mul(36)));
        for DataKey { realm, key } in &self.keys {
            keys.extend_from_slice(&realm.to_be_bytes());
            keys.extend_from_slice(key.as_slice());
        }
        let sealed = keys::seal(&secret.derive(&derivation)?, &out, keys)?;
        push_counted(&mut out, sealed.expose())?;
        let checksum = checksum(&out);
        out.extend_from_slice(&checksum);
        Ok(Record::from(out))
    }

    /// Opens an envelope.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] if `secret` isn't the one that it was sealed with, [`StoreError::Corrupt`] if it was
    /// damaged: the checksum tells the two apart, but not from a forgery.
    pub(crate) fn open(record: &Record, secret: &StoreSecret) -> Result<Self, StoreError> {
        let (body, kept) = record.expose().split_last_chunk::<CHECKSUM>().ok_or(StoreError::Corrupt)?;
        let mut octets = Octets(body);
        match octets.u8()? {
            0 => return Err(StoreError::Corrupt),
            ENVELOPE_VERSION => {}
            found => return Err(StoreError::NewerFormat { found, known: ENVELOPE_VERSION }),
        }
        if !bool::from(kept.ct_eq(&checksum(body))) {
            return Err(StoreError::Corrupt);
        }
        let serial = octets.u64()?;
        let derivation = Derivation::read(&mut octets)?;
        let context = body.get(..body.len().saturating_sub(octets.0.len())).ok_or(StoreError::Corrupt)?;
        let sealed = octets.counted()?;
        octets.end()?;
        let key = secret.derive(&derivation)?;
        let keys = keys::open(&key, context, sealed).map_err(|error| match error {
            StoreError::Corrupt => StoreError::WrongKey,
            other => other,
        })?;
        Ok(Self { serial, keys: read_keys(&keys)? })
    }

    /// How the key of a sealed envelope is got; the store has opened it before.
    pub(crate) fn derivation(record: &Record) -> Result<Derivation, StoreError> {
        let mut octets = Octets(record.expose());
        octets.u8()?;
        octets.u64()?;
        Derivation::read(&mut octets)
    }
}

fn read_keys(keys: &[u8]) -> Result<Vec<DataKey>, StoreError> {
    let mut octets = Octets(keys);
    let mut found = Vec::new();
    while !octets.0.is_empty() {
        found.push(DataKey { realm: octets.u32()?, key: Zeroizing::new(octets.array()?) });
    }
    if matches!(found.len(), 1 | 2) { Ok(found) } else { Err(StoreError::Corrupt) }
}

/// SipHash-2-4 under the zero key.
fn checksum(octets: &[u8]) -> [u8; CHECKSUM] {
    let mut hasher = SipHasher24::new();
    hasher.write(octets);
    hasher.finish().to_be_bytes()
}
