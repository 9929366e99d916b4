//! Randomness: of the operating system, or from a seed.

use std::fmt;
use std::sync::Mutex;

use chacha20::ChaCha20Rng;
use copath_crypto::CryptoError;
use rand_core::{Rng, SeedableRng};

pub(crate) enum Randomness {
    System,
    Seeded(Box<Mutex<ChaCha20Rng>>),
}

impl Randomness {
    pub(crate) fn system() -> Self {
        Self::System
    }

    pub(crate) fn seeded(seed: [u8; 32]) -> Self {
        Self::Seeded(Box::new(Mutex::new(ChaCha20Rng::from_seed(seed))))
    }

    pub(crate) fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        match self {
            Self::System => getrandom::fill(out).map_err(|_| CryptoError::RandomnessUnavailable),
            Self::Seeded(stream) => {
                stream.lock().map_err(|_| CryptoError::RandomnessUnavailable)?.fill_bytes(out);
                Ok(())
            }
        }
    }
}

impl fmt::Debug for Randomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Seeded(_) => "Seeded(..)",
        })
    }
}
