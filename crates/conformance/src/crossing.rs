//! Two backends against each other.

use std::sync::Arc;

use copath_crypto::{CryptoProvider, Secret, Suite};
use copath_hpke::{Base, HpkeOutput};

use crate::report::{Failure, Report, holds, same};
use crate::signatures::flipped;
use crate::suites::seed;

const AAD: &[u8] = b"associated data";
const MESSAGE: &[u8] = b"message";

pub(crate) fn run(one: &Arc<dyn CryptoProvider>, other: &Arc<dyn CryptoProvider>, report: &mut Report) {
    for here in Suite::available(one) {
        let subject = here.cipher_suite();
        let Ok(there) = Suite::new(other, subject) else {
            report.add_absent(subject);
            continue;
        };
        report.add(subject, "hashes, MACs and derived keys are equal", equal_outputs(&here, &there));
        for (from, to) in [(&here, &there), (&there, &here)] {
            let name = |what| format!("{what} {} to {}", from.provider().name(), to.provider().name());
            report.add(subject, name("AEAD from"), sealed(from, to));
            report.add(subject, name("HPKE from"), encrypted(from, to));
            report.add(subject, name("signature from"), signed(from, to));
        }
    }
}

fn equal_outputs(one: &Suite, other: &Suite) -> Result<(), Failure> {
    let key = Secret::copy_of(b"key");
    holds(one.hash(&[MESSAGE]) == other.hash(&[MESSAGE]))?;
    holds(one.mac(&key, &[MESSAGE]) == other.mac(&key, &[MESSAGE]))?;
    for length in (0..80).step_by(8) {
        let ikm = vec![3; length];
        let (here, there) = (one.kem().derive_key_pair(&ikm)?, other.kem().derive_key_pair(&ikm)?);
        same(here.private_key.expose(), there.private_key.expose())?;
        same(&here.public_key, &there.public_key)?;
    }
    Ok(())
}

fn sealed(from: &Suite, to: &Suite) -> Result<(), Failure> {
    let key = from.random_secret(from.aead().key_length())?;
    let nonce = from.random_bytes(from.aead().nonce_length())?;
    for length in [0, 1, 15, 16, 17, 64, 1000] {
        let plaintext = vec![9; length];
        let ciphertext = from.seal(&key, &nonce, AAD, &plaintext)?;
        same(to.open(&key, &nonce, AAD, &ciphertext)?.expose(), &plaintext)?;
    }
    Ok(())
}

fn encrypted(from: &Suite, to: &Suite) -> Result<(), Failure> {
    let (sender, receiver) = (Base::new(from, b"info"), Base::new(to, b"info"));
    for _ in 0..4 {
        let pair = to.generate_kem_key_pair()?;
        from.kem().check_public_key(&pair.public_key)?;
        let HpkeOutput { kem_output, ciphertext } =
            sender.seal(&pair.public_key, &seed(from)?, AAD, MESSAGE)?;
        let opened = receiver.open(&pair.private_key, &pair.public_key, &kem_output, AAD, &ciphertext)?;
        same(opened.expose(), MESSAGE)?;
        let (kem_output, sent) = sender.export_to(&pair.public_key, &seed(from)?, AAD, 32)?;
        let received = receiver.export_from(&pair.private_key, &pair.public_key, &kem_output, AAD, 32)?;
        same(received.expose(), sent.expose())?;
    }
    Ok(())
}

/// Valid signatures verify there too, and of every changed one both say the same.
fn signed(from: &Suite, to: &Suite) -> Result<(), Failure> {
    for _ in 0..4 {
        let pair = from.generate_signature_key_pair()?;
        let signer = from.signature().signer(&pair.private_key)?;
        same(to.signature().signer(&pair.private_key)?.public_key(), signer.public_key())?;
        let signature = signer.sign(MESSAGE)?;
        to.signature().verify(&pair.public_key, MESSAGE, &signature)?;
        for changed in flipped(&signature) {
            let verify =
                |suite: &Suite| suite.signature().verify(&pair.public_key, MESSAGE, &changed).is_ok();
            holds(verify(from) == verify(to))?;
        }
        for changed in flipped(&pair.public_key) {
            let check = |suite: &Suite| suite.signature().check_public_key(&changed).is_ok();
            holds(check(from) == check(to))?;
        }
    }
    Ok(())
}
