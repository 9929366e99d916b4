//! Vectors of our own, in the working group's formats.
//!
//! What a vector expects is worked out by another way than the one it checks wherever there is one: tree relations by
//! splitting intervals, headers by arithmetic, the secret tree from its root.

mod array_tree;
mod crypto_basics;
mod deserialization;
mod grove;
mod key_schedule;
mod message_protection;
mod messages;
mod passive_client;
mod psk_secret;
mod secret_tree;
mod succession;
mod transcript_hashes;
mod tree_math;
mod tree_operations;
mod tree_validation;
mod treekem;
mod welcome;
mod world;

use std::sync::Arc;

use copath_crypto::{CryptoProvider, Suite, SuiteParameters};
use serde::Serialize;

use crate::hex_bytes::Hex;
use crate::{Error, Kind, Mismatch};

/// Makes a backend whose randomness follows from a seed alone.
pub type Seeded<'a> = dyn Fn([u8; 32]) -> Arc<dyn CryptoProvider> + 'a;

impl Kind {
    /// Makes the vectors of this format for every suite of RFC 9420, the same for the same backend each time.
    ///
    /// # Errors
    /// The backend lacks a suite, or fails.
    pub fn generate(self, seeded: &Seeded<'_>) -> Result<String, Error> {
        let json = match self {
            Self::TreeMath => lines(&tree_math::cases()),
            Self::Deserialization => lines(&deserialization::cases()),
            Self::CryptoBasics => self.by_suite(seeded, crypto_basics::cases),
            Self::SecretTree => self.by_suite(seeded, secret_tree::cases),
            Self::KeySchedule => self.by_suite(seeded, key_schedule::cases),
            Self::PskSecret => self.by_suite(seeded, psk_secret::cases),
            Self::TranscriptHashes => self.by_suite(seeded, transcript_hashes::cases),
            Self::MessageProtection => self.by_suite(seeded, message_protection::cases),
            Self::TreeOperations => self.by_suite(seeded, tree_operations::cases),
            Self::TreeValidation => self.by_suite(seeded, tree_validation::cases),
            Self::TreeKem => self.by_suite(seeded, treekem::cases),
            Self::Messages => self.by_suite(seeded, messages::cases),
            Self::Welcome => self.by_suite(seeded, welcome::cases),
            Self::PassiveClient => self.by_suite(seeded, passive_client::cases),
            Self::Succession => self.by_suite(seeded, succession::cases),
        };
        json.map_err(|mismatch| Error::Generate(mismatch.at(self)))
    }

    /// Each suite has a seed of its own, so that the cases of one don't depend on those of another.
    fn by_suite<C: Serialize>(
        self,
        seeded: &Seeded<'_>,
        cases: impl Fn(&Suite) -> Result<Vec<C>, Mismatch>,
    ) -> Result<String, Mismatch> {
        let mut all = Vec::new();
        for row in &SuiteParameters::ALL {
            let mut seed = [0; 32];
            let name = self.name().bytes().chain(row.suite.0.to_be_bytes());
            for (octet, from) in seed.iter_mut().zip(name) {
                *octet = from;
            }
            let suite = Suite::new(&seeded(seed), row.suite)?;
            all.extend(cases(&suite).map_err(|mismatch| mismatch.at(row.suite))?);
        }
        lines(&all)
    }
}

/// A list with one case a line.
fn lines<C: Serialize>(cases: &[C]) -> Result<String, Mismatch> {
    let cases: Vec<String> = cases.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    Ok(format!("[\n{}\n]\n", cases.join(",\n")))
}

/// Random octets.
fn random(suite: &Suite, length: usize) -> Result<Hex, Mismatch> {
    Ok(suite.random_bytes(length)?.into())
}
