//! The validator.

use core::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use copath_codec::Opaque;
use copath_credentials::{
    CredentialQuestion, CredentialRole, CredentialValidator, CredentialVerdict, Timestamp,
};
use copath_crypto::CryptoProvider;

use crate::batch::Batch;
use crate::certificate::Certificate;
use crate::issuers::Link;
use crate::{DistinguishedName, Identity, Policy, TrustStore, X509Error};

/// Judges X.509 credentials.
///
/// RFC 9420 §5.3 and §5.3.1. Credentials of other types are refused as unsupported: for a group with several types,
/// give each its validator with [`ByCredentialType`](copath_credentials::ByCredentialType).
///
/// - *Valid*: the whole chain is judged, as of the time given.
/// - *Successor* and *same client*: both have the same [`Identity`] under the policy. The old credential may have
///   expired or been revoked meanwhile.
///
/// The first certificate's key has to be the leaf's signature key, octet for octet, and for an algorithm that signs. As
/// the keys of the schemes differ in length, this makes it a key of the suite's scheme wherever the leaf's own key is.
///
/// In a batch, the certificates above the end entities are read and verified once for each distinct chain of them,
/// revocation lists once for each issuer: what is left for each member is one certificate and one signature.
pub struct X509Validator {
    provider: Arc<dyn CryptoProvider>,
    policy: Policy,
    trust: RwLock<Arc<TrustStore>>,
}

impl X509Validator {
    /// A validator that checks signatures with `provider`.
    pub fn new(provider: Arc<dyn CryptoProvider>, policy: Policy, trust: TrustStore) -> Self {
        Self { provider, policy, trust: RwLock::new(Arc::new(trust)) }
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What is trusted now.
    pub fn trust(&self) -> Arc<TrustStore> {
        Arc::clone(&self.trust.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces what is trusted, for example when new revocation lists have come.
    pub fn set_trust(&self, trust: TrustStore) {
        *self.trust.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(trust);
    }

    /// Judges one chain, the end entity's certificate first, presented with `signature_key`.
    ///
    /// # Errors
    /// Which certificate is refused, and why.
    pub fn verify(
        &self,
        chain: &[Opaque],
        signature_key: &[u8],
        role: CredentialRole,
        now: Timestamp,
    ) -> Result<VerifiedChain, X509Error> {
        let trust = self.trust();
        Batch::new(&*self.provider, &self.policy, &trust, now).verify(chain, signature_key, role)
    }

    /// The answer to one question, with the reason in full.
    ///
    /// # Errors
    /// Which certificate is refused, and why; or how two identities differ.
    pub fn explain(&self, question: &CredentialQuestion, now: Timestamp) -> Result<(), X509Error> {
        let trust = self.trust();
        Batch::new(&*self.provider, &self.policy, &trust, now).answer(question)
    }
}

impl CredentialValidator for X509Validator {
    fn validate(&self, questions: &[CredentialQuestion], now: Timestamp) -> Vec<CredentialVerdict> {
        let trust = self.trust();
        let mut batch = Batch::new(&*self.provider, &self.policy, &trust, now);
        let verdict = |question| match batch.answer(question) {
            Ok(()) => CredentialVerdict::Accepted,
            Err(error) => CredentialVerdict::Rejected(error.reason()),
        };
        questions.iter().map(verdict).collect()
    }
}

impl fmt::Debug for X509Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let provider = self.provider.name();
        f.debug_struct("X509Validator").field("provider", &provider).field("policy", &self.policy).finish()
    }
}

/// A chain that was found good, at one time and in one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedChain {
    identity: Identity,
    subject: DistinguishedName,
    anchor: DistinguishedName,
    not_after: Timestamp,
}

impl VerifiedChain {
    pub(crate) fn new(identity: Identity, leaf: &Certificate, path: &[Link]) -> Self {
        let anchor = path.last().map_or(&leaf.issuer, |link| &link.certificate.subject).clone();
        let ends = path.iter().map(|link| link.certificate.not_after);
        let not_after = ends.fold(leaf.not_after, u64::min);
        Self { identity, subject: leaf.subject.clone(), anchor, not_after: Timestamp(not_after) }
    }

    /// Who it is, by the policy.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The end entity's subject.
    pub fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// The trust anchor's name.
    pub fn anchor(&self) -> &DistinguishedName {
        &self.anchor
    }

    /// When the first certificate on the way expires: the time to have a new one.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }
}
