//! Chains by openssl and by rcgen, good ones and each single defect.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on has failed"
)]

mod anchors;
mod authority;
mod batch;
mod constraints;
mod defects;
mod fixtures;
mod forge;
mod hierarchy;
mod identity;
mod limits;
mod mutation;
mod openssl;
mod oracle;
mod requests;
mod revocation;
mod roles;
mod sending;

use copath_codec::Opaque;
use copath_credentials::{CertificateDefect, CredentialRole, Timestamp};
use copath_credentials_x509::{
    IdentitySource, Limits, Policy, TrustAnchor, TrustStore, VerifiedChain, X509Error, X509Validator,
};

/// In the middle of 2025, when the certificates of the tests are valid.
const NOW: Timestamp = Timestamp(1_751_328_000);

fn policy() -> Policy {
    Policy::new(IdentitySource::EmailAddress)
}

fn trust(root: &[u8]) -> TrustStore {
    TrustStore::new().with_anchor(TrustAnchor::from_der(root, &Limits::DEFAULT).unwrap())
}

fn validator(policy: Policy, trust: TrustStore) -> X509Validator {
    X509Validator::new(copath_provider_rustcrypto::provider(), policy, trust)
}

fn chain(certificates: &[&[u8]]) -> Vec<Opaque> {
    certificates.iter().map(|der| Opaque::from(*der)).collect()
}

fn verify(validator: &X509Validator, chain: &[Opaque], key: &[u8]) -> Result<VerifiedChain, X509Error> {
    validator.verify(chain, key, CredentialRole::Added, NOW)
}

/// Which certificate was refused, and why.
#[track_caller]
fn refused(result: Result<VerifiedChain, X509Error>) -> (u16, CertificateDefect) {
    match result {
        Err(X509Error::Certificate(error)) => (error.position, error.defect),
        other => panic!("no certificate was refused: {other:?}"),
    }
}
