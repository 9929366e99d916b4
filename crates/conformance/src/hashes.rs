//! SHA-2, HMAC and HKDF.

use std::sync::Arc;

use copath_crypto::{CryptoError, CryptoProvider, Hash, HashAlgorithm, expand, extract};

use crate::data::symmetric::{DIGESTS, HASHES, HKDF_SHA256, MACS};
use crate::report::{Failure, Report, holds, refused, same};

pub(crate) fn run(provider: &Arc<dyn CryptoProvider>, report: &mut Report) {
    for (index, algorithm) in HASHES.into_iter().enumerate() {
        let subject = format!("{algorithm:?}");
        let Some(hash) = provider.hash(algorithm) else {
            report.add_absent(subject);
            continue;
        };
        report.add(&subject, "answers for its algorithm", holds(hash.algorithm() == algorithm));
        for (message, digests) in &DIGESTS {
            let name = format!("FIPS 180-4, {} octets", message.len());
            report.add(&subject, name, digest(&*hash, message, expected(digests, index)));
        }
        for (case, (key, message, macs)) in MACS.iter().enumerate() {
            // The document's case 5 is about truncation, which isn't used.
            let number = if case < 4 { case + 1 } else { case + 2 };
            let name = format!("RFC 4231, case {number}");
            report.add(&subject, name, mac(&*hash, key, message, expected(macs, index)));
        }
        if algorithm == HashAlgorithm::Sha256 {
            hkdf(&*hash, &subject, report);
        }
        let longest = 255 * algorithm.output_length();
        report.add(&subject, "HKDF of the longest output", longest_expand(&*hash, longest));
    }
}

fn expected<'a>(answers: &[&'a [u8]; 3], index: usize) -> &'a [u8] {
    answers.get(index).copied().unwrap_or_default()
}

/// In one part, in many, and with empty ones between.
fn digest(hash: &dyn Hash, message: &[u8], expected: &[u8]) -> Result<(), Failure> {
    let mut out = vec![0; hash.algorithm().output_length()];
    hash.hash(&[message], &mut out);
    same(&out, expected)?;
    out.fill(0);
    hash.hash(&message.chunks(3).flat_map(|part| [part, &[]]).collect::<Vec<_>>(), &mut out);
    same(&out, expected)
}

fn mac(hash: &dyn Hash, key: &[u8], message: &[u8], expected: &[u8]) -> Result<(), Failure> {
    let mut out = vec![0; hash.algorithm().output_length()];
    hash.hmac(key, &[message], &mut out);
    same(&out, expected)?;
    out.fill(0);
    hash.hmac(key, &message.chunks(5).flat_map(|part| [part, &[]]).collect::<Vec<_>>(), &mut out);
    same(&out, expected)
}

fn hkdf(hash: &dyn Hash, subject: &str, report: &mut Report) {
    for (case, vector) in HKDF_SHA256.iter().enumerate() {
        let prk = extract(hash, vector.salt, &[vector.ikm]);
        let derived = expand(hash, prk.expose(), &[vector.info], vector.okm.len());
        let result = same(prk.expose(), vector.prk)
            .and_then(|()| same(derived.map_err(Failure::from)?.expose(), vector.okm));
        report.add(subject, format!("RFC 5869, case {}", case + 1), result);
    }
}

fn longest_expand(hash: &dyn Hash, longest: usize) -> Result<(), Failure> {
    holds(expand(hash, b"key", &[], longest)?.len() == longest)?;
    refused(expand(hash, b"key", &[], longest + 1), &[CryptoError::LengthOutOfRange])
}
