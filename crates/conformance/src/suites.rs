//! Whole suites: keys, HPKE, labelled functions, randomness.

use std::sync::Arc;

use copath_crypto::{CryptoError, CryptoProvider, KemKeyPair, Secret, Suite};
use copath_hpke::{Base, HpkeOutput, decrypt_with_label, encrypt_with_label};

use crate::report::{Failure, Report, holds, refused, same};
use crate::signatures::flipped;

const AAD: &[u8] = b"associated data";
const PLAINTEXT: &[u8] = b"plaintext";

pub(crate) fn run(provider: &Arc<dyn CryptoProvider>, report: &mut Report) {
    report.add("randomness", "no two draws are alike", draws(provider));
    for suite in Suite::available(provider) {
        let subject = suite.cipher_suite();
        report.add(subject, "one setup, many recipients", many_recipients(&suite));
        report.add(subject, "every failure of opening looks alike", failures_alike(&suite));
        report.add(subject, "failures of exporting name the key", export_failures(&suite));
        report.add(subject, "EncryptWithLabel", encryption_with_label(&suite));
        report.add(subject, "SignWithLabel", signature_with_label(&suite));
    }
}

fn draws(provider: &Arc<dyn CryptoProvider>) -> Result<(), Failure> {
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..64 {
        let mut drawn = [0; 32];
        provider.random(&mut drawn)?;
        holds(seen.insert(drawn))?;
    }
    Ok(provider.random(&mut [])?)
}

pub(crate) fn seed(suite: &Suite) -> Result<Secret, CryptoError> {
    suite.random_secret(suite.kem().private_key_length())
}

fn many_recipients(suite: &Suite) -> Result<(), Failure> {
    let base = Base::new(suite, b"info");
    let mut outputs: Vec<(KemKeyPair, HpkeOutput)> = Vec::new();
    for _ in 0..3 {
        let pair = suite.generate_kem_key_pair()?;
        let output = base.seal(&pair.public_key, &seed(suite)?, AAD, PLAINTEXT)?;
        holds(outputs.iter().all(|(_, other)| other.kem_output != output.kem_output))?;
        outputs.push((pair, output));
    }
    for (receiver, (pair, _)) in outputs.iter().enumerate() {
        for (sent, (_, output)) in outputs.iter().enumerate() {
            let HpkeOutput { kem_output, ciphertext } = output;
            let opened = base.open(&pair.private_key, &pair.public_key, kem_output, AAD, ciphertext);
            if receiver == sent {
                same(opened?.expose(), PLAINTEXT)?;
            } else {
                refused(opened, &[CryptoError::DecryptionFailed])?;
            }
        }
    }
    Ok(())
}

fn failures_alike(suite: &Suite) -> Result<(), Failure> {
    let pair = suite.generate_kem_key_pair()?;
    let base = Base::new(suite, b"info");
    let HpkeOutput { kem_output, ciphertext } = base.seal(&pair.public_key, &seed(suite)?, AAD, PLAINTEXT)?;
    let fails = |base: &Base, private: &Secret, enc: &[u8], aad: &[u8], ciphertext: &[u8]| {
        let opened = base.open(private, &pair.public_key, enc, aad, ciphertext);
        refused(opened, &[CryptoError::DecryptionFailed])
    };
    let private = &pair.private_key;
    fails(&Base::new(suite, b"other info"), private, &kem_output, AAD, &ciphertext)?;
    fails(&base, private, &kem_output, b"other", &ciphertext)?;
    fails(&base, &Secret::zero(1), &kem_output, AAD, &ciphertext)?;
    fails(&base, private, &[], AAD, &ciphertext)?;
    fails(&base, private, &vec![0; kem_output.len()], AAD, &ciphertext)?;
    fails(&base, private, &kem_output, AAD, &[])?;
    for changed in flipped(&kem_output) {
        fails(&base, private, &changed, AAD, &ciphertext)?;
    }
    for changed in flipped(&ciphertext) {
        fails(&base, private, &kem_output, AAD, &changed)?;
    }
    Ok(())
}

/// A bad KEM output of an external commit is its sender's fault, and told apart (RFC 9420 §8.3).
fn export_failures(suite: &Suite) -> Result<(), Failure> {
    let pair = suite.generate_kem_key_pair()?;
    let base = Base::new(suite, b"");
    let bad = [CryptoError::InvalidPublicKey, CryptoError::DegenerateSharedSecret];
    for enc in [vec![], vec![0; suite.kem().public_key_length()]] {
        refused(base.export_from(&pair.private_key, &pair.public_key, &enc, b"context", 32), &bad)?;
        refused(base.export_to(&enc, &seed(suite)?, b"context", 32), &bad)?;
    }
    let (kem_output, sent) =
        base.export_to(&pair.public_key, &seed(suite)?, b"context", suite.hash_length())?;
    let export = |context: &[u8], length| {
        base.export_from(&pair.private_key, &pair.public_key, &kem_output, context, length)
    };
    same(export(b"context", suite.hash_length())?.expose(), sent.expose())?;
    holds(!export(b"other", suite.hash_length())?.ct_eq(sent.expose()))?;
    refused(export(b"context", 256 * suite.hash_length()), &[CryptoError::LengthOutOfRange])
}

fn encryption_with_label(suite: &Suite) -> Result<(), Failure> {
    let pair = suite.generate_kem_key_pair()?;
    let output =
        encrypt_with_label(suite, (&pair.public_key, &seed(suite)?), "label", b"context", PLAINTEXT)?;
    let decrypt = |label: &str, context: &[u8]| {
        decrypt_with_label(suite, (&pair.private_key, &pair.public_key), label, context, &output)
    };
    same(decrypt("label", b"context")?.expose(), PLAINTEXT)?;
    refused(decrypt("lapel", b"context"), &[CryptoError::DecryptionFailed])?;
    refused(decrypt("label", b"contest"), &[CryptoError::DecryptionFailed])
}

fn signature_with_label(suite: &Suite) -> Result<(), Failure> {
    let pair = suite.generate_signature_key_pair()?;
    let signer = suite.signature().signer(&pair.private_key)?;
    let signature = suite.sign_with_label(&*signer, "label", b"content")?;
    suite.verify_with_label(&pair.public_key, "label", b"content", &signature)?;
    let verify = |label, content| suite.verify_with_label(&pair.public_key, label, content, &signature);
    refused(verify("lapel", b"content"), &[CryptoError::InvalidSignature])?;
    refused(verify("label", b"contest"), &[CryptoError::InvalidSignature])
}
