//! What Copath as a peer shows of itself and believes of others.

use std::sync::Arc;

use copath_codec::Opaque;
use copath_credentials::{
    ByCredentialType, Credential, CredentialQuestion, CredentialType, CredentialValidator, CredentialVerdict,
    Timestamp,
};
use copath_credentials_x509::{IdentitySource, Limits, Policy, TrustAnchor, TrustStore, X509Validator};
use copath_crypto::Signer;

use crate::certificates;
use crate::peer::{Believed, PeerError, PeerResult, Setup, Shown};

/// The credential of the client called `name` with the key of `signer`.
pub(super) fn credential(
    (suite, name): (u16, &str),
    signer: &dyn Signer,
    shown: Shown,
) -> PeerResult<Credential> {
    Ok(match shown {
        Shown::Name => Credential::basic(name.as_bytes()),
        Shown::Chain(chain) => {
            let chain = certificates::chain(suite, (name, signer.public_key()), chain)?;
            Credential::X509 { certificates: chain.into_iter().map(Opaque::from).collect() }
        }
    })
}

/// Who judges the credentials of others.
pub(super) fn validator(setup: Setup) -> PeerResult<Arc<dyn CredentialValidator>> {
    if setup.believed == Believed::Everything {
        return Ok(Arc::new(Everything));
    }
    let root = certificates::root(setup.suite)?;
    let anchor = TrustAnchor::from_der(&root, &Limits::DEFAULT).map_err(PeerError::of)?;
    let trust = TrustStore::new().with_anchor(anchor);
    let provider = copath_provider_rustcrypto::provider();
    let chains = X509Validator::new(provider, Policy::new(IdentitySource::CommonName), trust);
    let by_type = ByCredentialType::new()
        .with(CredentialType::BASIC, Arc::new(Everything))
        .with(CredentialType::X509, Arc::new(chains));
    Ok(Arc::new(by_type))
}

/// Believes everything.
#[derive(Debug)]
struct Everything;

impl CredentialValidator for Everything {
    fn validate(&self, questions: &[CredentialQuestion], _: Timestamp) -> Vec<CredentialVerdict> {
        vec![CredentialVerdict::Accepted; questions.len()]
    }
}
