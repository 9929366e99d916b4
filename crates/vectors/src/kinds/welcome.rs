//! `welcome`: opening a Welcome.
//!
//! The vectors have no tree and their leaves don't list suite 7, so that only opening, signature and confirmation tag
//! can be checked here; joining in full is what `passive-client` is for.

use std::sync::Arc;

use copath_codec::{Decode, Encode};
use copath_crypto::{CryptoProvider, Suite};
use copath_hpke::{HpkeOutput, decrypt_with_label};
use copath_key_schedule::{EpochSecrets, JoinerSecret, PskSecret};
use copath_messages::{GroupInfo, GroupSecrets, KeyPackage, MlsMessage, MlsMessageBody, Welcome};
use serde::{Deserialize, Serialize};

use crate::hex_bytes::Hex;
use crate::mismatch::{At, equal, require};
use crate::{Error, Mismatch, Outcome, keys};

/// A key package and the Welcome for it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) cipher_suite: u16,
    pub(crate) init_priv: Hex,
    pub(crate) signer_pub: Hex,
    pub(crate) key_package: Hex,
    pub(crate) welcome: Hex,
}

/// Runs a file.
pub(crate) fn run(provider: &Arc<dyn CryptoProvider>, json: &str) -> Result<Outcome, Error> {
    let cases: Vec<Case> = serde_json::from_str(json)?;
    Ok(Outcome::of_suites(provider, &cases, |case| case.cipher_suite, run_case))
}

fn run_case(suite: &Suite, case: &Case) -> Result<(), Mismatch> {
    let key_package = key_package(&case.key_package)?.verify(suite).at("key_package")?;
    let welcome = welcome(&case.welcome)?;
    equal("suite of the Welcome", welcome.cipher_suite, suite.cipher_suite())?;
    let secrets = open_secrets(suite, case, &key_package, &welcome)?;
    equal("number of pre-shared keys", secrets.psks.len(), 0)?;

    let joiner = JoinerSecret::from_secret(secrets.joiner_secret);
    let intermediate = joiner.with_psk(suite, &PskSecret::absent(suite));
    let keys = intermediate.welcome_secret(suite)?.key_and_nonce(suite)?;
    let opened = suite
        .open(&keys.key, keys.nonce.expose(), &[], &welcome.encrypted_group_info)
        .at("encrypted_group_info")?;
    let group_info = GroupInfo::from_bytes(opened.expose()).at("GroupInfo")?;
    group_info.verify_signature(suite, &case.signer_pub).at("GroupInfo")?;

    let context = &group_info.group_context;
    equal("suite of the group", context.cipher_suite, suite.cipher_suite())?;
    let epoch = EpochSecrets::derive(suite, intermediate.epoch_secret(suite, &context.to_bytes()?)?)?;
    let tag = epoch.confirmation_key.tag(suite, &context.confirmed_transcript_hash);
    require("the confirmation tag doesn't verify", tag.ct_eq(&group_info.confirmation_tag))
}

fn open_secrets(
    suite: &Suite,
    case: &Case,
    key_package: &KeyPackage,
    welcome: &Welcome,
) -> Result<GroupSecrets, Mismatch> {
    let reference = key_package.reference(suite)?;
    let entry = welcome.find(&reference).ok_or_else(|| Mismatch::new("no entry for the key package"))?;
    let encrypted = &entry.encrypted_group_secrets;
    let ciphertext =
        HpkeOutput { kem_output: encrypted.kem_output.to_vec(), ciphertext: encrypted.ciphertext.to_vec() };
    let private = keys::kem_private_key(suite, &case.init_priv, &key_package.init_key).at("init_priv")?;
    let opened = decrypt_with_label(
        suite,
        (&private, &key_package.init_key),
        "Welcome",
        &welcome.encrypted_group_info,
        &ciphertext,
    )
    .at("encrypted_group_secrets")?;
    GroupSecrets::from_bytes(opened.expose()).at("GroupSecrets")
}

fn key_package(message: &Hex) -> Result<KeyPackage, Mismatch> {
    match MlsMessage::from_bytes(message).at("key_package")?.body {
        MlsMessageBody::KeyPackage(key_package) => Ok(key_package),
        _ => Err(Mismatch::new("key_package is something else")),
    }
}

fn welcome(message: &Hex) -> Result<Welcome, Mismatch> {
    match MlsMessage::from_bytes(message).at("welcome")?.body {
        MlsMessageBody::Welcome(welcome) => Ok(welcome),
        _ => Err(Mismatch::new("welcome is something else")),
    }
}
