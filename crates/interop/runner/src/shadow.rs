//! Copath in a joiner's place: with the private keys that came with a key package, the runner follows the group
//! itself, and sees what is inside encrypted commits and Welcomes.

use std::sync::Arc;

use copath_codec::Decode;
use copath_credentials::{CredentialQuestion, CredentialVerdict, RejectionReason, Timestamp};
use copath_crypto::{CryptoProvider, Secret, Suite};
use copath_group::{
    Answers, CommitSummary, Group, GroupSettings, JoinRequests, JoinStep, Joining, KeyPackageSecrets, Merged,
    Needs, Prepared, Received,
};
use copath_messages::{KeyPackage, LeafNodeSource, MlsMessage, PreSharedKeyId, Psk, Welcome};

use crate::export::{Epoch, ExternalPsk, PassiveClient};

/// A key package with the private keys that a client returned along with it.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    pub(crate) message: Vec<u8>,
    pub(crate) key_package: KeyPackage,
    pub(crate) init_priv: Vec<u8>,
    pub(crate) encryption_priv: Vec<u8>,
    pub(crate) signature_priv: Vec<u8>,
}

/// An external PSK, by name and value.
pub(crate) type KnownPsk = (Vec<u8>, Vec<u8>);

/// The group as a joiner sees it.
pub(crate) struct Shadow {
    /// Whose place it takes.
    pub(crate) actor: String,
    /// Whether the tree came with the Welcome.
    pub(crate) tree_inside: bool,
    group: Group,
    now: Timestamp,
    case: PassiveClient,
}

/// Why there is no shadow.
#[derive(Debug)]
pub(crate) enum NoShadow {
    /// The private keys aren't those of the key package, or aren't written as the vectors write them.
    Keys,
    /// A PSK of an epoch before joining, or one that isn't known.
    Psk,
    /// Copath refuses.
    Refused(String),
}

impl NoShadow {
    fn of(error: impl std::fmt::Display) -> Self {
        Self::Refused(error.to_string())
    }
}

impl Package {
    fn secrets(&self, suite: &Suite) -> Option<KeyPackageSecrets> {
        let leaf = &self.key_package.leaf_node;
        let signer = suite.signature().signer(&Secret::copy_of(&self.signature_priv)).ok()?;
        let key = |octets: &[u8], public: &[u8]| {
            let belongs = suite.kem().public_key(octets).ok()? == *public;
            belongs.then(|| Secret::copy_of(octets))
        };
        (signer.public_key() == &leaf.signature_key[..]).then_some(())?;
        Some(KeyPackageSecrets {
            key_package: self.key_package.clone(),
            init_private_key: key(&self.init_priv, &self.key_package.init_key)?,
            leaf_private_key: key(&self.encryption_priv, &leaf.encryption_key)?,
        })
    }

    fn now(&self) -> Timestamp {
        match &self.key_package.leaf_node.leaf_node_source {
            LeafNodeSource::KeyPackage(lifetime) => Timestamp(lifetime.not_before.saturating_add(3600)),
            _ => Timestamp(0),
        }
    }
}

impl Shadow {
    /// Joins by the Welcome in the place of `actor`.
    pub(crate) fn join(
        actor: &str,
        package: &Package,
        (message, welcome, tree): (&[u8], Welcome, &[u8]),
        psks: &[KnownPsk],
    ) -> Result<Self, NoShadow> {
        let provider: Arc<dyn CryptoProvider> = copath_provider_rustcrypto::provider();
        let suite = Suite::new(&provider, package.key_package.cipher_suite).map_err(NoShadow::of)?;
        let mut secrets = Some(package.secrets(&suite).ok_or(NoShadow::Keys)?);
        let now = package.now();
        let settings = settings();
        let mut joining = Joining::new(&provider, &settings, welcome, now);
        let mut tree_inside = true;
        let joined = loop {
            let needs = joining.needs();
            let mut answers = answers(needs, psks)?;
            if needs.ratchet_tree.is_some() {
                tree_inside = false;
                answers.ratchet_tree = (!tree.is_empty()).then(|| tree.to_vec());
            }
            if !needs.key_packages.is_empty() {
                answers.key_package = secrets.take();
            }
            match joining.answer(answers).map_err(NoShadow::of)? {
                JoinStep::Needs(next) => joining = *next,
                JoinStep::Joined(joined) => break *joined,
            }
        };
        let case = PassiveClient {
            cipher_suite: package.key_package.cipher_suite.0,
            external_psks: psks
                .iter()
                .map(|(id, psk)| ExternalPsk { psk_id: id.clone(), psk: psk.clone() })
                .collect(),
            key_package: package.message.clone(),
            signature_priv: package.signature_priv.clone(),
            encryption_priv: package.encryption_priv.clone(),
            init_priv: package.init_priv.clone(),
            welcome: message.to_vec(),
            ratchet_tree: (!tree.is_empty()).then(|| tree.to_vec()),
            initial_epoch_authenticator: joined.group.epoch_authenticator().to_vec(),
            epochs: Vec::new(),
        };
        Ok(Self { actor: actor.to_owned(), tree_inside, group: joined.group, now, case })
    }

    /// Follows a commit and the proposals that it may refer to; what it does, and whether the group goes on.
    pub(crate) fn follow(
        &mut self,
        proposals: &[Vec<u8>],
        commit: &[u8],
        psks: &[KnownPsk],
    ) -> Result<(CommitSummary, Merged), NoShadow> {
        for proposal in proposals {
            match self.receive(proposal)? {
                Received::Proposal(check) => {
                    let answers = answers(check.needs(), psks)?;
                    let prepared = check.finish(&self.group, answers).map_err(NoShadow::of)?;
                    self.apply(prepared)?;
                }
                _ => return Err(NoShadow::Refused("a proposal that is none".into())),
            }
        }
        let Received::Commit(check) = self.receive(commit)? else {
            return Err(NoShadow::Refused("a commit that is none".into()));
        };
        let answers = answers(check.needs(), psks)?;
        let staged = check.finish(&self.group, answers).map_err(NoShadow::of)?;
        let summary = staged.summary().clone();
        let prepared = self.group.merge(staged).map_err(NoShadow::of)?;
        let merged = self.apply(prepared)?;
        if merged != Merged::Removed {
            self.case.epochs.push(Epoch {
                proposals: proposals.to_vec(),
                commit: commit.to_vec(),
                epoch_authenticator: self.group.epoch_authenticator().to_vec(),
            });
            let known = psks.iter().map(|(id, psk)| ExternalPsk { psk_id: id.clone(), psk: psk.clone() });
            self.case.external_psks = known.collect();
        }
        Ok((summary, merged))
    }

    /// The authenticator of the present epoch.
    pub(crate) fn epoch_authenticator(&self) -> &[u8] {
        self.group.epoch_authenticator()
    }

    /// An exported secret of the present epoch.
    pub(crate) fn export(&self, label: &str, context: &[u8], length: usize) -> Option<Vec<u8>> {
        let secret = self.group.export_secret(label.as_bytes(), context, length).ok()?;
        Some(secret.expose().to_vec())
    }

    /// What was seen.
    pub(crate) fn into_case(self) -> PassiveClient {
        self.case
    }

    fn receive(&self, message: &[u8]) -> Result<Received, NoShadow> {
        let message = MlsMessage::from_bytes(message).map_err(NoShadow::of)?;
        self.group.receive(&message, self.now).map_err(NoShadow::of)
    }

    fn apply<T>(&mut self, prepared: Prepared<T>) -> Result<T, NoShadow> {
        self.group.apply(prepared.patch).map_err(NoShadow::of)?;
        Ok(prepared.output)
    }
}

/// Everything but key packages and trees. An identity is a client.
fn answers(needs: &Needs, psks: &[KnownPsk]) -> Result<Answers, NoShadow> {
    let known = |id: &PreSharedKeyId| {
        let Psk::External { psk_id } = &id.psk else { return None };
        let (_, psk) = psks.iter().find(|(known, _)| known[..] == psk_id[..])?;
        Some(Secret::copy_of(psk))
    };
    let mut answers = Answers::none();
    answers.psks = needs.psks.iter().map(known).collect();
    if answers.psks.iter().any(Option::is_none) {
        return Err(NoShadow::Psk);
    }
    answers.credentials = needs.credentials.iter().map(verdict).collect();
    Ok(answers)
}

fn verdict(question: &CredentialQuestion) -> CredentialVerdict {
    match question {
        CredentialQuestion::SameClient { a, b, .. } if a != b => {
            CredentialVerdict::Rejected(RejectionReason::Unknown)
        }
        _ => CredentialVerdict::Accepted,
    }
}

/// As lenient as the RFC lets a member be.
fn settings() -> GroupSettings {
    let mut settings = GroupSettings::default();
    settings.policy.lifetimes = settings.policy.lifetimes.without_max_total();
    settings.policy.resumption_epochs = 1000;
    settings.policy.join_requests = JoinRequests::Queued;
    settings
}
