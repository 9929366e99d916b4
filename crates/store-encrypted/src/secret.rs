//! What opens a store: a key or a passphrase.

use core::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use copath_records::StoreError;
use zeroize::Zeroizing;

use crate::octets::Octets;

/// Octets of keys.
pub(crate) const KEY: usize = 32;

/// The key of one purpose.
pub(crate) type Key = Zeroizing<[u8; KEY]>;

/// Octets of the salt of a passphrase.
const SALT: usize = 16;

/// The most memory that a stored cost may ask for, in KiB: whoever can write to the file chooses it.
const MAX_MEMORY_KIB: u32 = 1 << 18;
/// The most passes that a stored cost may ask for.
const MAX_PASSES: u32 = 16;
/// The most lanes that a stored cost may ask for.
const MAX_LANES: u32 = 16;

/// What a store is opened with. It belongs to the application, which keeps it away from the store.
pub struct StoreSecret(Kind);

enum Kind {
    Key(Key),
    Passphrase(Zeroizing<Vec<u8>>, PassphraseCost),
}

impl StoreSecret {
    /// A key of 32 random octets, of the platform's key store for example.
    pub fn key(key: [u8; 32]) -> Self {
        Self(Kind::Key(Zeroizing::new(key)))
    }

    /// A passphrase, as octets; whoever wants two spellings of one word to be equal normalizes them before.
    pub fn passphrase(passphrase: &[u8]) -> Self {
        Self::passphrase_with_cost(passphrase, PassphraseCost::default())
    }

    /// A passphrase, and what trying one costs. The cost counts where the store is created or rekeyed; a store is
    /// opened with the cost that it was written with. One out of bounds is [`StoreError::Unavailable`] there.
    pub fn passphrase_with_cost(passphrase: &[u8], cost: PassphraseCost) -> Self {
        Self(Kind::Passphrase(Zeroizing::new(passphrase.to_vec()), cost))
    }

    /// How a key is got from this for a new envelope.
    pub(crate) fn fresh_derivation(&self) -> Result<Derivation, StoreError> {
        match &self.0 {
            Kind::Key(_) => Ok(Derivation::None),
            Kind::Passphrase(_, cost) => {
                cost.params().map_err(|_| StoreError::Unavailable)?;
                let mut salt = [0; SALT];
                getrandom::fill(&mut salt).map_err(|_| StoreError::Unavailable)?;
                Ok(Derivation::Argon2id { cost: *cost, salt })
            }
        }
    }

    /// The key that an envelope with this derivation is sealed with.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] if this is a key and the envelope wants a passphrase, or the other way round.
    pub(crate) fn derive(&self, derivation: &Derivation) -> Result<Key, StoreError> {
        match (&self.0, derivation) {
            (Kind::Key(key), Derivation::None) => Ok(key.clone()),
            (Kind::Passphrase(passphrase, _), Derivation::Argon2id { cost, salt }) => {
                let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost.params()?);
                let mut key = Key::default();
                let hashed = argon2.hash_password_into(passphrase, salt, key.as_mut_slice());
                hashed.map_err(|_| StoreError::Unavailable)?;
                Ok(key)
            }
            _ => Err(StoreError::WrongKey),
        }
    }
}

impl fmt::Debug for StoreSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreSecret(..)")
    }
}

/// What trying one passphrase costs: the parameters of Argon2id (RFC 9106 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassphraseCost {
    /// Memory in KiB, at least eight times the lanes, at most 2^18.
    pub memory_kib: u32,
    /// Passes over the memory, at least 1, at most 16.
    pub passes: u32,
    /// Lanes, at least 1, at most 16.
    pub lanes: u32,
}

impl PassphraseCost {
    fn params(self) -> Result<Params, StoreError> {
        let bounded =
            self.memory_kib <= MAX_MEMORY_KIB && self.passes <= MAX_PASSES && self.lanes <= MAX_LANES;
        if !bounded {
            return Err(StoreError::Corrupt);
        }
        Params::new(self.memory_kib, self.passes, self.lanes, Some(KEY)).map_err(|_| StoreError::Corrupt)
    }
}

impl Default for PassphraseCost {
    /// RFC 9106 §4, the second recommended option: 64 MiB and three passes, but one lane, since lanes aren't run in
    /// parallel here.
    fn default() -> Self {
        Self { memory_kib: 64 << 10, passes: 3, lanes: 1 }
    }
}

/// How an envelope's key is got, as the envelope says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Derivation {
    /// The application has the key itself.
    None,
    /// From a passphrase.
    Argon2id { cost: PassphraseCost, salt: [u8; SALT] },
}

impl Derivation {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::None => out.push(0),
            Self::Argon2id { cost, salt } => {
                out.push(1);
                for number in [cost.memory_kib, cost.passes, cost.lanes] {
                    out.extend_from_slice(&number.to_be_bytes());
                }
                out.extend_from_slice(salt);
            }
        }
    }

    pub(crate) fn read(octets: &mut Octets<'_>) -> Result<Self, StoreError> {
        match octets.u8()? {
            0 => Ok(Self::None),
            1 => {
                let (memory_kib, passes, lanes) = (octets.u32()?, octets.u32()?, octets.u32()?);
                let cost = PassphraseCost { memory_kib, passes, lanes };
                cost.params()?;
                Ok(Self::Argon2id { cost, salt: octets.array()? })
            }
            _ => Err(StoreError::Corrupt),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_out_of_bounds_are_refused_before_they_are_paid() {
        let good = PassphraseCost { memory_kib: 8, passes: 1, lanes: 1 };
        assert!(good.params().is_ok());
        for bad in [
            PassphraseCost { memory_kib: u32::MAX, ..good },
            PassphraseCost { memory_kib: 7, ..good },
            PassphraseCost { passes: u32::MAX, ..good },
            PassphraseCost { passes: 0, ..good },
            PassphraseCost { lanes: 17, memory_kib: 1 << 18, ..good },
            PassphraseCost { memory_kib: (1 << 18) + 1, ..good },
            PassphraseCost { passes: 17, ..good },
            PassphraseCost { lanes: 0, ..good },
        ] {
            let mut octets = Vec::new();
            Derivation::Argon2id { cost: bad, salt: [1; SALT] }.write(&mut octets);
            assert_eq!(Derivation::read(&mut Octets(&octets)), Err(StoreError::Corrupt), "{bad:?}");
        }
    }

    #[test]
    fn secret_is_silent() {
        assert_eq!(format!("{:?}", StoreSecret::passphrase(b"open sesame")), "StoreSecret(..)");
    }
}
