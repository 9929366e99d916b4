//! `passive-client`: a client that joins and follows.
//!
//! The group lives in a store: after every epoch it is loaded anew from its records, so that a group that was only in
//! memory and one that was written are held to the same authenticators.

use std::sync::Arc;

use copath_codec::Decode;
use copath_credentials::Timestamp;
use copath_crypto::{CryptoProvider, Secret, Suite};
use copath_group::{Group, KeyPackageSecrets, Merged};
use copath_messages::{
    KeyPackage, LeafNodeSource, MlsMessage, MlsMessageBody, PreSharedKeyId, Psk, ResumptionPskUsage,
};
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
    follow(suite, case).map(drop)
}

/// Joins the group of a case and follows it to the end.
pub(crate) fn follow(suite: &Suite, case: &Case) -> Result<Follower, Mismatch> {
    let client = case.client();
    let mut follower = client.join(suite)?;
    same("initial_epoch_authenticator", follower.epoch_authenticator(), &case.initial_epoch_authenticator)?;
    let known = |id: &PreSharedKeyId| client.psk(id);
    let (_, now) = client.key_package()?;
    let secrets = client.secrets(now, &known);
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
    Ok(follower)
}

/// What a client has when it joins by a Welcome.
pub(crate) struct Client<'a> {
    pub(crate) external_psks: &'a [ExternalPsk],
    pub(crate) key_package: &'a Hex,
    pub(crate) signature_priv: &'a Hex,
    pub(crate) encryption_priv: &'a Hex,
    pub(crate) init_priv: &'a Hex,
    pub(crate) welcome: &'a Hex,
    pub(crate) ratchet_tree: Option<&'a Hex>,
    pub(crate) parent: Option<(&'a Group, ResumptionPskUsage)>,
}

impl Case {
    fn client(&self) -> Client<'_> {
        Client {
            external_psks: &self.external_psks,
            key_package: &self.key_package,
            signature_priv: &self.signature_priv,
            encryption_priv: &self.encryption_priv,
            init_priv: &self.init_priv,
            welcome: &self.welcome,
            ratchet_tree: self.ratchet_tree.as_ref(),
            parent: None,
        }
    }
}

impl Client<'_> {
    /// Joins by the Welcome.
    pub(crate) fn join(&self, suite: &Suite) -> Result<Follower, Mismatch> {
        let (key_package, now) = self.key_package()?;
        let known = |id: &PreSharedKeyId| self.psk(id);
        let package = self.package_secrets(suite, key_package)?;
        let MlsMessageBody::Welcome(welcome) = MlsMessage::from_bytes(self.welcome).at("welcome")?.body
        else {
            return Err(Mismatch::new("welcome is something else"));
        };
        let place = (suite.provider(), follower::settings());
        Follower::join(place, &self.secrets(now, &known), package, welcome).at("joining")
    }

    /// The key package, and a moment when it is valid.
    fn key_package(&self) -> Result<(KeyPackage, Timestamp), Mismatch> {
        let MlsMessageBody::KeyPackage(key_package) = MlsMessage::from_bytes(self.key_package)?.body else {
            return Err(Mismatch::new("key_package is something else"));
        };
        let LeafNodeSource::KeyPackage(lifetime) = &key_package.leaf_node.leaf_node_source else {
            return Err(Mismatch::new("the key package's leaf has another source"));
        };
        let now = Timestamp(lifetime.not_before);
        Ok((key_package, now))
    }

    fn secrets<'b>(
        &'b self,
        now: Timestamp,
        psk: &'b dyn Fn(&PreSharedKeyId) -> Option<Secret>,
    ) -> Secrets<'b> {
        Secrets { now, psk, ratchet_tree: self.ratchet_tree.map(|tree| &tree[..]), parent: self.parent }
    }

    /// The key package with its private keys, which have to belong to it.
    fn package_secrets(&self, suite: &Suite, key_package: KeyPackage) -> Result<KeyPackageSecrets, Mismatch> {
        let leaf = &key_package.leaf_node;
        keys::signer(suite, self.signature_priv, &leaf.signature_key).at("signature_priv")?;
        let init_private_key =
            keys::kem_private_key(suite, self.init_priv, &key_package.init_key).at("init_priv")?;
        let leaf_private_key =
            keys::kem_private_key(suite, self.encryption_priv, &leaf.encryption_key).at("encryption_priv")?;
        Ok(KeyPackageSecrets { key_package, init_private_key, leaf_private_key })
    }

    fn psk(&self, id: &PreSharedKeyId) -> Option<Secret> {
        let Psk::External { psk_id } = &id.psk else { return None };
        let entry = self.external_psks.iter().find(|entry| entry.psk_id[..] == psk_id[..])?;
        Some(entry.psk.secret())
    }
}
