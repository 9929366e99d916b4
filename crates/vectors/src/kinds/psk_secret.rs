//! `psk_secret`: all pre-shared keys of a Commit in one.

use std::sync::Arc;

use copath_codec::Encode;
use copath_crypto::{CryptoProvider, Secret, Suite};
use copath_key_schedule::{PskInput, psk_secret};
use copath_messages::{PreSharedKeyId, Psk};
use serde::{Deserialize, Serialize};

use crate::hex_bytes::Hex;
use crate::mismatch::same;
use crate::{Error, Mismatch, Outcome};

/// A list of external keys.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) cipher_suite: u16,
    pub(crate) psks: Vec<Entry>,
    pub(crate) psk_secret: Hex,
}

/// An external key.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) psk_id: Hex,
    pub(crate) psk: Hex,
    pub(crate) psk_nonce: Hex,
}

/// Runs a file.
pub(crate) fn run(provider: &Arc<dyn CryptoProvider>, json: &str) -> Result<Outcome, Error> {
    let cases: Vec<Case> = serde_json::from_str(json)?;
    Ok(Outcome::of_suites(provider, &cases, |case| case.cipher_suite, run_case))
}

fn run_case(suite: &Suite, case: &Case) -> Result<(), Mismatch> {
    same("psk_secret", combine(suite, &case.psks)?.expose(), &case.psk_secret)
}

/// The `psk_secret` of external keys.
pub(crate) fn combine(suite: &Suite, entries: &[Entry]) -> Result<Secret, Mismatch> {
    let mut keys = Vec::new();
    for entry in entries {
        let psk = Psk::External { psk_id: (&entry.psk_id[..]).into() };
        let id = PreSharedKeyId { psk, psk_nonce: (&entry.psk_nonce[..]).into() };
        keys.push((id.to_bytes()?, entry.psk.secret()));
    }
    let inputs: Vec<_> = keys.iter().map(|(id, psk)| PskInput { id, psk }).collect();
    Ok(psk_secret(suite, &inputs)?.into_secret())
}
