//! `key-schedule`: epoch after epoch.

use std::sync::Arc;

use copath_codec::{Decode, Encode};
use copath_crypto::{CryptoProvider, Secret, Suite};
use copath_key_schedule::{CommitSecret, EpochSecrets, InitSecret, JoinerSecret, PskSecret};
use copath_messages::{Extensions, GroupContext, ProtocolVersion};
use serde::{Deserialize, Serialize};

use crate::hex_bytes::Hex;
use crate::mismatch::{At, equal, same};
use crate::{Error, Mismatch, Outcome};

/// The epochs of one group.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) cipher_suite: u16,
    pub(crate) group_id: Hex,
    pub(crate) initial_init_secret: Hex,
    pub(crate) epochs: Vec<Epoch>,
}

/// What goes into an epoch, and what comes out.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Epoch {
    pub(crate) tree_hash: Hex,
    pub(crate) commit_secret: Hex,
    pub(crate) psk_secret: Hex,
    pub(crate) confirmed_transcript_hash: Hex,
    #[serde(flatten)]
    pub(crate) computed: Computed,
}

/// What comes out of an epoch.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Computed {
    pub(crate) group_context: Hex,
    pub(crate) joiner_secret: Hex,
    pub(crate) welcome_secret: Hex,
    pub(crate) init_secret: Hex,
    pub(crate) sender_data_secret: Hex,
    pub(crate) encryption_secret: Hex,
    pub(crate) exporter_secret: Hex,
    pub(crate) epoch_authenticator: Hex,
    pub(crate) external_secret: Hex,
    pub(crate) confirmation_key: Hex,
    pub(crate) membership_key: Hex,
    pub(crate) resumption_psk: Hex,
    pub(crate) external_pub: Hex,
    pub(crate) exporter: Exporter,
}

/// One use of the exporter.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exporter {
    pub(crate) label: String,
    pub(crate) context: Hex,
    pub(crate) length: u32,
    pub(crate) secret: Hex,
}

/// What goes into an epoch.
#[derive(Debug)]
pub(crate) struct Inputs<'a> {
    pub(crate) group_context: GroupContext,
    pub(crate) init_secret: Secret,
    pub(crate) commit_secret: &'a Hex,
    pub(crate) psk_secret: &'a Hex,
    /// Label, context and length; the secret is not read.
    pub(crate) exporter: &'a Exporter,
}

/// Runs a file.
pub(crate) fn run(provider: &Arc<dyn CryptoProvider>, json: &str) -> Result<Outcome, Error> {
    let cases: Vec<Case> = serde_json::from_str(json)?;
    Ok(Outcome::of_suites(provider, &cases, |case| case.cipher_suite, run_case))
}

fn run_case(suite: &Suite, case: &Case) -> Result<(), Mismatch> {
    let mut init_secret = case.initial_init_secret.secret();
    for (number, epoch) in (0..).zip(&case.epochs) {
        let group_context = GroupContext {
            version: ProtocolVersion::MLS10,
            cipher_suite: suite.cipher_suite(),
            group_id: case.group_id.to_vec().into(),
            epoch: number,
            tree_hash: epoch.tree_hash.to_vec().into(),
            confirmed_transcript_hash: epoch.confirmed_transcript_hash.to_vec().into(),
            extensions: Extensions::new(),
        };
        let decoded = GroupContext::from_bytes(&epoch.computed.group_context)?;
        equal("group_context, decoded", &decoded, &group_context)?;
        let inputs = Inputs {
            group_context,
            init_secret,
            commit_secret: &epoch.commit_secret,
            psk_secret: &epoch.psk_secret,
            exporter: &epoch.computed.exporter,
        };
        let computed = compute(suite, inputs).at(format!("epoch {number}"))?;
        compare(&computed, &epoch.computed).at(format!("epoch {number}"))?;
        init_secret = computed.init_secret.secret();
    }
    Ok(())
}

/// Derives everything that an epoch has.
pub(crate) fn compute(suite: &Suite, inputs: Inputs<'_>) -> Result<Computed, Mismatch> {
    let context = inputs.group_context.to_bytes()?;
    let commit_secret = CommitSecret::from_secret(inputs.commit_secret.secret());
    let init_secret = InitSecret::from_secret(inputs.init_secret);
    let joiner = JoinerSecret::derive(suite, &init_secret, &commit_secret, &context)?;
    let intermediate = joiner.with_psk(suite, &PskSecret::from_secret(inputs.psk_secret.secret()));
    let welcome = intermediate.welcome_secret(suite)?;
    let secrets = EpochSecrets::derive(suite, intermediate.epoch_secret(suite, &context)?)?;
    let external = secrets.external_secret.key_pair(suite)?;
    let mut exporter = inputs.exporter.clone();
    let length = usize::try_from(exporter.length)?;
    let exported =
        secrets.exporter_secret.export(suite, exporter.label.as_bytes(), &exporter.context, length)?;
    exporter.secret = (&exported).into();
    Ok(Computed {
        group_context: context.into(),
        joiner_secret: joiner.as_secret().into(),
        welcome_secret: welcome.as_secret().into(),
        init_secret: secrets.init_secret.as_secret().into(),
        sender_data_secret: secrets.sender_data_secret.as_secret().into(),
        encryption_secret: secrets.encryption_secret.as_secret().into(),
        exporter_secret: secrets.exporter_secret.as_secret().into(),
        epoch_authenticator: secrets.epoch_authenticator.as_hash_output().into(),
        external_secret: secrets.external_secret.as_secret().into(),
        confirmation_key: secrets.confirmation_key.as_secret().into(),
        membership_key: secrets.membership_key.as_secret().into(),
        resumption_psk: secrets.resumption_psk.as_secret().into(),
        external_pub: external.public_key.into(),
        exporter,
    })
}

fn compare(found: &Computed, expected: &Computed) -> Result<(), Mismatch> {
    same("group_context", &found.group_context, &expected.group_context)?;
    same("joiner_secret", &found.joiner_secret, &expected.joiner_secret)?;
    same("welcome_secret", &found.welcome_secret, &expected.welcome_secret)?;
    same("init_secret", &found.init_secret, &expected.init_secret)?;
    same("sender_data_secret", &found.sender_data_secret, &expected.sender_data_secret)?;
    same("encryption_secret", &found.encryption_secret, &expected.encryption_secret)?;
    same("exporter_secret", &found.exporter_secret, &expected.exporter_secret)?;
    same("epoch_authenticator", &found.epoch_authenticator, &expected.epoch_authenticator)?;
    same("external_secret", &found.external_secret, &expected.external_secret)?;
    same("confirmation_key", &found.confirmation_key, &expected.confirmation_key)?;
    same("membership_key", &found.membership_key, &expected.membership_key)?;
    same("resumption_psk", &found.resumption_psk, &expected.resumption_psk)?;
    same("external_pub", &found.external_pub, &expected.external_pub)?;
    same("exporter.secret", &found.exporter.secret, &expected.exporter.secret)
}
