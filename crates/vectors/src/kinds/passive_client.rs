//! `passive-client`: a client that joins and follows.
//!
//! The group lives in a store: after every epoch it is loaded anew from its records, so that a group that was only in
//! memory and one that was written are held to the same authenticators.

use std::sync::Arc;

use copath_codec::Decode;
use copath_credentials::Timestamp;
use copath_crypto::{CryptoProvider, Secret, Suite};
use copath_group::{KeyPackageSecrets, Merged};
use copath_messages::{KeyPackage, LeafNodeSource, MlsMessage, MlsMessageBody, PreSharedKeyId, Psk};
use serde::{Deserialize, Serialize};

use crate::follower::{self, Follower, Secrets};
use crate::hex_bytes::Hex;
use crate::mismatch::{At, require, same};
use crate::{Error, Mismatch, Outcome, keys};

/// A key package, the Welcome for it, and what happens afterwards.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) cipher_suite: u16,
    pub(crate) external_psks: Vec<ExternalPsk>,
    pub(crate) key_package: Hex,
    pub(crate) signature_priv: Hex,
    pub(crate) encryption_priv: Hex,
    pub(crate) init_priv: Hex,
    pub(crate) welcome: Hex,
    pub(crate) ratchet_tree: Option<Hex>,
    pub(crate) initial_epoch_authenticator: Hex,
    pub(crate) epochs: Vec<Epoch>,
}

/// A pre-shared key from outside of MLS.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExternalPsk {
    pub(crate) psk_id: Hex,
    pub(crate) psk: Hex,
}

/// What leads to the next epoch.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Epoch {
    pub(crate) proposals: Vec<Hex>,
    pub(crate) commit: Hex,
    pub(crate) epoch_authenticator: Hex,
}

/// Runs a file.
pub(crate) fn run(provider: &Arc<dyn CryptoProvider>, json: &str) -> Result<Outcome, Error> {
    let cases: Vec<Case> = serde_json::from_str(json)?;
    Ok(Outcome::of_suites(provider, &cases, |case| case.cipher_suite, run_case))
}

fn run_case(suite: &Suite, case: &Case) -> Result<(), Mismatch> {
    let MlsMessageBody::KeyPackage(key_package) = MlsMessage::from_bytes(&case.key_package)?.body else {
        return Err(Mismatch::new("key_package is something else"));
    };
    let LeafNodeSource::KeyPackage(lifetime) = &key_package.leaf_node.leaf_node_source else {
        return Err(Mismatch::new("the key package's leaf has another source"));
    };
    let secrets = Secrets {
        now: Timestamp(lifetime.not_before),
        psk: &|id| psk(case, id),
        ratchet_tree: case.ratchet_tree.as_deref(),
    };
    let package = package_secrets(suite, case, key_package)?;
    let MlsMessageBody::Welcome(welcome) = MlsMessage::from_bytes(&case.welcome).at("welcome")?.body else {
        return Err(Mismatch::new("welcome is something else"));
    };
    let mut follower =
        Follower::join((suite.provider(), follower::settings()), &secrets, package, welcome).at("joining")?;
    same("initial_epoch_authenticator", follower.epoch_authenticator(), &case.initial_epoch_authenticator)?;
    for (number, epoch) in case.epochs.iter().enumerate() {
        for proposal in &epoch.proposals {
            follower.queue(&secrets, proposal).at(format!("proposal of epoch {number}"))?;
        }
        let merged = follower.follow(&secrets, &epoch.commit).at(format!("commit of epoch {number}"))?;
        require("the client was removed", merged != Merged::Removed).at(format!("epoch {number}"))?;
        same("epoch_authenticator", follower.epoch_authenticator(), &epoch.epoch_authenticator)
            .at(format!("epoch {number}"))?;
        follower.reload().at(format!("stored state of epoch {number}"))?;
        same("stored epoch_authenticator", follower.epoch_authenticator(), &epoch.epoch_authenticator)
            .at(format!("epoch {number}"))?;
    }
    Ok(())
}

/// The key package with its private keys, which have to belong to it.
fn package_secrets(
    suite: &Suite,
    case: &Case,
    key_package: KeyPackage,
) -> Result<KeyPackageSecrets, Mismatch> {
    let leaf = &key_package.leaf_node;
    keys::signer(suite, &case.signature_priv, &leaf.signature_key).at("signature_priv")?;
    let init_private_key =
        keys::kem_private_key(suite, &case.init_priv, &key_package.init_key).at("init_priv")?;
    let leaf_private_key =
        keys::kem_private_key(suite, &case.encryption_priv, &leaf.encryption_key).at("encryption_priv")?;
    Ok(KeyPackageSecrets { key_package, init_private_key, leaf_private_key })
}

fn psk(case: &Case, id: &PreSharedKeyId) -> Option<Secret> {
    let Psk::External { psk_id } = &id.psk else { return None };
    let entry = case.external_psks.iter().find(|entry| entry.psk_id[..] == psk_id[..])?;
    Some(entry.psk.secret())
}
