//! `crypto-basics`: the labelled functions.

use std::sync::Arc;

use copath_crypto::{CryptoProvider, Suite};
use copath_hpke::{HpkeOutput, decrypt_with_label, encrypt_with_label};
use serde::{Deserialize, Serialize};

use crate::hex_bytes::Hex;
use crate::mismatch::{At, same};
use crate::{Error, Mismatch, Outcome, keys};

/// Each function once.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) cipher_suite: u16,
    pub(crate) ref_hash: RefHash,
    pub(crate) expand_with_label: ExpandWithLabel,
    pub(crate) derive_secret: DeriveSecret,
    pub(crate) derive_tree_secret: DeriveTreeSecret,
    pub(crate) sign_with_label: SignWithLabel,
    pub(crate) encrypt_with_label: EncryptWithLabel,
}

/// RefHash (RFC 9420 §5.2).
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefHash {
    pub(crate) label: String,
    pub(crate) value: Hex,
    pub(crate) out: Hex,
}

/// ExpandWithLabel (RFC 9420 §8).
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpandWithLabel {
    pub(crate) secret: Hex,
    pub(crate) label: String,
    pub(crate) context: Hex,
    pub(crate) length: u16,
    pub(crate) out: Hex,
}

/// DeriveSecret (RFC 9420 §8).
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeriveSecret {
    pub(crate) secret: Hex,
    pub(crate) label: String,
    pub(crate) out: Hex,
}

/// DeriveTreeSecret (RFC 9420 §9.1).
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeriveTreeSecret {
    pub(crate) secret: Hex,
    pub(crate) label: String,
    pub(crate) generation: u32,
    pub(crate) length: u16,
    pub(crate) out: Hex,
}

/// SignWithLabel and VerifyWithLabel (RFC 9420 §5.1.2).
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignWithLabel {
    #[serde(rename = "priv")]
    pub(crate) private: Hex,
    #[serde(rename = "pub")]
    pub(crate) public: Hex,
    pub(crate) content: Hex,
    pub(crate) label: String,
    pub(crate) signature: Hex,
}

/// EncryptWithLabel and DecryptWithLabel (RFC 9420 §5.1.3).
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EncryptWithLabel {
    #[serde(rename = "priv")]
    pub(crate) private: Hex,
    #[serde(rename = "pub")]
    pub(crate) public: Hex,
    pub(crate) label: String,
    pub(crate) context: Hex,
    pub(crate) plaintext: Hex,
    pub(crate) kem_output: Hex,
    pub(crate) ciphertext: Hex,
}

/// Runs a file.
pub(crate) fn run(provider: &Arc<dyn CryptoProvider>, json: &str) -> Result<Outcome, Error> {
    let cases: Vec<Case> = serde_json::from_str(json)?;
    Ok(Outcome::of_suites(provider, &cases, |case| case.cipher_suite, run_case))
}

fn run_case(suite: &Suite, case: &Case) -> Result<(), Mismatch> {
    derivations(suite, case)?;
    signature(suite, &case.sign_with_label).at("sign_with_label")?;
    encryption(suite, &case.encrypt_with_label).at("encrypt_with_label")
}

fn derivations(suite: &Suite, case: &Case) -> Result<(), Mismatch> {
    let v = &case.ref_hash;
    same("ref_hash", suite.ref_hash(&v.label, &v.value)?.as_slice(), &v.out)?;
    let v = &case.expand_with_label;
    let out = suite.expand_with_label(&v.secret.secret(), &v.label, &v.context, v.length.into())?;
    same("expand_with_label", out.expose(), &v.out)?;
    let v = &case.derive_secret;
    same("derive_secret", suite.derive_secret(&v.secret.secret(), &v.label)?.expose(), &v.out)?;
    let v = &case.derive_tree_secret;
    let out = suite.derive_tree_secret(&v.secret.secret(), &v.label, v.generation, v.length.into())?;
    same("derive_tree_secret", out.expose(), &v.out)
}

fn signature(suite: &Suite, v: &SignWithLabel) -> Result<(), Mismatch> {
    suite.verify_with_label(&v.public, &v.label, &v.content, &v.signature).at("the vector's signature")?;
    let signer = keys::signer(suite, &v.private, &v.public)?;
    let signature = suite.sign_with_label(&*signer, &v.label, &v.content)?;
    suite.verify_with_label(&v.public, &v.label, &v.content, &signature).at("our signature")
}

fn encryption(suite: &Suite, v: &EncryptWithLabel) -> Result<(), Mismatch> {
    let private = keys::kem_private_key(suite, &v.private, &v.public)?;
    let open = |ciphertext: &HpkeOutput| {
        decrypt_with_label(suite, (&private, &v.public), &v.label, &v.context, ciphertext)
    };
    let given = HpkeOutput { kem_output: v.kem_output.to_vec(), ciphertext: v.ciphertext.to_vec() };
    same("plaintext", open(&given).at("the vector's ciphertext")?.expose(), &v.plaintext)?;
    let seed = suite.random_secret(suite.kem().private_key_length())?;
    let ours = encrypt_with_label(suite, (&v.public, &seed), &v.label, &v.context, &v.plaintext)?;
    same("plaintext of ours", open(&ours).at("our ciphertext")?.expose(), &v.plaintext)
}
