//! HPKE in base mode: known answers.

use std::sync::Arc;

use copath_crypto::{CryptoProvider, Kem, Secret, Suite};
use copath_hpke::Base;

use crate::data::hpke::{VECTORS, Vector};
use crate::report::{Failure, Report, same};

pub(crate) fn run(provider: &Arc<dyn CryptoProvider>, report: &mut Report) {
    for vector in &VECTORS {
        let Ok(suite) = Suite::new(provider, vector.suite) else {
            report.add_absent(vector.suite);
            continue;
        };
        let name = |what| format!("{what}, {}", vector.source);
        report.add(vector.suite, name("DeriveKeyPair"), derive(&suite, vector));
        report.add(vector.suite, name("Decap"), decap(&suite, vector));
        report.add(vector.suite, name("Open"), open(&suite, vector));
        report.add(vector.suite, name("ReceiveExport"), receive_export(&suite, vector));
        if takes_seeds(suite.kem(), vector) {
            report.add(vector.suite, name("Encap"), encap(&suite, vector));
            report.add(vector.suite, name("Seal"), seal(&suite, vector));
            report.add(vector.suite, name("SendExport"), send_export(&suite, vector));
        } else {
            report
                .add_absent(format!("{}: known answers of the sender, as its seed isn't used", vector.suite));
        }
    }
}

fn derive(suite: &Suite, vector: &Vector) -> Result<(), Failure> {
    let pair = suite.kem().derive_key_pair(vector.ikm_r)?;
    same(pair.private_key.expose(), vector.private_key)?;
    same(&pair.public_key, vector.public_key)?;
    same(&suite.kem().public_key(vector.private_key)?, vector.public_key)?;
    same(&suite.kem().derive_key_pair(vector.ikm_e)?.public_key, vector.kem_output)
}

fn decap(suite: &Suite, vector: &Vector) -> Result<(), Failure> {
    let shared_secret = suite.kem().decap(vector.private_key, vector.public_key, vector.kem_output)?;
    same(shared_secret.expose(), vector.shared_secret)
}

fn open(suite: &Suite, vector: &Vector) -> Result<(), Failure> {
    let opened = Base::new(suite, vector.info).open(
        &Secret::copy_of(vector.private_key),
        vector.public_key,
        vector.kem_output,
        vector.aad,
        vector.ciphertext,
    )?;
    same(opened.expose(), vector.plaintext)
}

fn receive_export(suite: &Suite, vector: &Vector) -> Result<(), Failure> {
    let base = Base::new(suite, vector.info);
    let private_key = Secret::copy_of(vector.private_key);
    for (context, expected) in vector.exports {
        let exported =
            base.export_from(&private_key, vector.public_key, vector.kem_output, context, expected.len())?;
        same(exported.expose(), expected)?;
    }
    Ok(())
}

/// A backend may draw the ephemeral key from its own generator; then two encapsulations from one seed differ.
fn takes_seeds(kem: &dyn Kem, vector: &Vector) -> bool {
    let encap = || kem.encap(vector.public_key, vector.ikm_e).map(|encapsulation| encapsulation.kem_output);
    encap() == encap()
}

fn encap(suite: &Suite, vector: &Vector) -> Result<(), Failure> {
    let encapsulation = suite.kem().encap(vector.public_key, vector.ikm_e)?;
    same(&encapsulation.kem_output, vector.kem_output)?;
    same(encapsulation.shared_secret.expose(), vector.shared_secret)
}

fn seal(suite: &Suite, vector: &Vector) -> Result<(), Failure> {
    let base = Base::new(suite, vector.info);
    let seed = Secret::copy_of(vector.ikm_e);
    let sealed = base.seal(vector.public_key, &seed, vector.aad, vector.plaintext)?;
    same(&sealed.kem_output, vector.kem_output)?;
    same(&sealed.ciphertext, vector.ciphertext)
}

fn send_export(suite: &Suite, vector: &Vector) -> Result<(), Failure> {
    let base = Base::new(suite, vector.info);
    let seed = Secret::copy_of(vector.ikm_e);
    for (context, expected) in vector.exports {
        let (kem_output, exported) = base.export_to(vector.public_key, &seed, context, expected.len())?;
        same(&kem_output, vector.kem_output)?;
        same(exported.expose(), expected)?;
    }
    Ok(())
}
