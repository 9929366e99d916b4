//! Who acts: an identity with a signature key for one suite.

use std::sync::Arc;

use copath_credentials::Credential;
use copath_crypto::{CipherSuite, Secret, Signer, Suite};
use copath_group::{
    GroupSettings, HandshakeFormat, JoinRequests, KeyPackageParameters, KeyPackageSecrets, LeafParameters,
};
use copath_messages::{CredentialType, Lifetime};

use crate::ClientError;
use crate::clock::now;

/// For how many days leaves are valid.
const DAYS: u32 = 90;

/// An actor of the harness in the groups of one suite.
#[derive(Clone)]
pub(crate) struct Actor {
    pub(crate) suite: Suite,
    pub(crate) identity: Vec<u8>,
    pub(crate) leaf: LeafParameters,
    pub(crate) signer: Arc<dyn Signer>,
    /// Kept because the harness writes it into vectors.
    signature_private_key: Arc<Secret>,
}

impl Actor {
    /// With a fresh signature key; supports `suites`.
    pub(crate) fn new(suite: Suite, identity: &[u8], suites: &[CipherSuite]) -> Result<Self, ClientError> {
        let keys = suite.generate_signature_key_pair()?;
        let signer = suite.signature().signer(&keys.private_key)?;
        let mut leaf = LeafParameters::new(Credential::basic(identity), suites);
        leaf.capabilities.credentials = vec![CredentialType::BASIC];
        let signature_private_key = Arc::new(keys.private_key);
        Ok(Self { suite, identity: identity.to_vec(), leaf, signer, signature_private_key })
    }

    /// What groups of this actor are set to.
    pub(crate) fn settings(handshake_format: HandshakeFormat) -> GroupSettings {
        let mut settings = GroupSettings::default();
        settings.policy.handshake_format = handshake_format;
        settings.policy.join_requests = JoinRequests::Queued;
        // Some clients make leaves that never expire.
        settings.policy.lifetimes = settings.policy.lifetimes.without_max_total();
        settings
    }

    /// When a new leaf of this actor is valid.
    pub(crate) fn lifetime(&self) -> Lifetime {
        self.key_package_parameters().lifetime
    }

    /// A fresh key package.
    pub(crate) fn key_package(&self) -> Result<KeyPackageSecrets, ClientError> {
        Ok(KeyPackageSecrets::generate(&self.suite, &self.key_package_parameters(), &*self.signer)?)
    }

    /// The private half of the signature key.
    pub(crate) fn signature_private_key(&self) -> Vec<u8> {
        self.signature_private_key.expose().to_vec()
    }

    fn key_package_parameters(&self) -> KeyPackageParameters {
        KeyPackageParameters::new(self.leaf.clone(), now(), DAYS)
    }
}
