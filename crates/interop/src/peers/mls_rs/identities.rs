//! What mls-rs as a peer shows of itself and believes of others.

use std::error::Error;

use mls_rs::ExtensionList;
use mls_rs::IdentityProvider;
use mls_rs::crypto::SignaturePublicKey;
use mls_rs::error::IntoAnyError;
use mls_rs::identity::basic::{BasicCredential, BasicIdentityProvider};
use mls_rs::identity::x509::{
    CertificateChain, DerCertificate, SubjectIdentityExtractor, X509CredentialValidator, X509IdentityProvider,
};
use mls_rs::identity::{Credential, CredentialType, SigningIdentity};
use mls_rs::time::MlsTime;
use mls_rs_core::identity::MemberValidationContext;
use mls_rs_crypto_awslc::AwsLcCryptoError;
use mls_rs_crypto_awslc::x509::{CertificateParser, CertificateValidator};

use crate::certificates;
use crate::peer::{Believed, Octets, PeerResult, Setup, Shown};

/// The identity of the client called `name` with this public key.
pub(super) fn identity(
    (suite, name): (u16, &str),
    public: SignaturePublicKey,
    shown: Shown,
) -> PeerResult<SigningIdentity> {
    let credential = match shown {
        Shown::Name => BasicCredential::new(name.as_bytes().to_vec()).into_credential(),
        Shown::Chain(chain) => {
            let chain = certificates::chain(suite, (name, public.as_ref()), chain)?;
            CertificateChain::from(chain).into_credential()
        }
    };
    Ok(SigningIdentity::new(credential, public))
}

/// What a credential holds, as it is shown in a roster.
pub(super) fn content(credential: &Credential) -> PeerResult<Octets> {
    match credential {
        Credential::Basic(basic) => Ok(basic.identifier.clone()),
        Credential::X509(chain) => {
            let chain: Vec<Octets> = chain.iter().map(|der| der.as_ref().to_vec()).collect();
            certificates::content(&chain)
        }
        other => Ok(format!("{other:?}").into_bytes()),
    }
}

/// The provider for basic credentials and the one for X.509, each for its type.
#[derive(Clone, Debug)]
pub(super) struct Identities {
    believed: Believed,
    types: Vec<CredentialType>,
    chains: X509IdentityProvider<SubjectIdentityExtractor<CertificateParser>, Anchor>,
}

impl Identities {
    pub(super) fn new(setup: Setup) -> PeerResult<Self> {
        let (types, root) = if setup.knows_certificates() {
            (vec![CredentialType::BASIC, CredentialType::X509], certificates::root(setup.suite)?)
        } else {
            (vec![CredentialType::BASIC], Octets::new())
        };
        let names = SubjectIdentityExtractor::new(0, CertificateParser::new());
        let chains = X509IdentityProvider::new(names, Anchor(root.into()));
        Ok(Self { believed: setup.believed, types, chains })
    }

    fn is_chain(identity: &SigningIdentity) -> bool {
        matches!(identity.credential, Credential::X509(_))
    }
}

impl IdentityProvider for Identities {
    type Error = IdentityError;

    fn validate_member(
        &self,
        identity: &SigningIdentity,
        at: Option<MlsTime>,
        context: MemberValidationContext<'_>,
    ) -> Result<(), IdentityError> {
        match Self::is_chain(identity) {
            true if self.believed == Believed::Everything => Ok(()),
            true => self.chains.validate_member(identity, at, context).map_err(IdentityError::of),
            false => BasicIdentityProvider.validate_member(identity, at, context).map_err(IdentityError::of),
        }
    }

    fn validate_external_sender(
        &self,
        identity: &SigningIdentity,
        at: Option<MlsTime>,
        extensions: Option<&ExtensionList>,
    ) -> Result<(), IdentityError> {
        let basic = BasicIdentityProvider;
        match Self::is_chain(identity) {
            true if self.believed == Believed::Everything => Ok(()),
            true => self.chains.validate_external_sender(identity, at, extensions).map_err(IdentityError::of),
            false => basic.validate_external_sender(identity, at, extensions).map_err(IdentityError::of),
        }
    }

    fn identity(&self, identity: &SigningIdentity, list: &ExtensionList) -> Result<Octets, IdentityError> {
        if Self::is_chain(identity) {
            self.chains.identity(identity, list).map_err(IdentityError::of)
        } else {
            BasicIdentityProvider.identity(identity, list).map_err(IdentityError::of)
        }
    }

    /// Credentials of different types never succeed each other.
    fn valid_successor(
        &self,
        old: &SigningIdentity,
        new: &SigningIdentity,
        extensions: &ExtensionList,
    ) -> Result<bool, IdentityError> {
        match (Self::is_chain(old), Self::is_chain(new)) {
            (true, true) => self.chains.valid_successor(old, new, extensions).map_err(IdentityError::of),
            (false, false) => {
                BasicIdentityProvider.valid_successor(old, new, extensions).map_err(IdentityError::of)
            }
            _ => Ok(false),
        }
    }

    fn supported_types(&self) -> Vec<CredentialType> {
        self.types.clone()
    }
}

/// The root that is trusted; the validator itself can't be shared between threads.
#[derive(Clone, Debug)]
struct Anchor(DerCertificate);

impl X509CredentialValidator for Anchor {
    type Error = AwsLcCryptoError;

    fn validate_chain(
        &self,
        chain: &CertificateChain,
        at: Option<MlsTime>,
    ) -> Result<SignaturePublicKey, AwsLcCryptoError> {
        CertificateValidator::new_der(std::slice::from_ref(&self.0))?.validate_chain(chain, at)
    }
}

/// Why an identity is refused.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct IdentityError(String);

impl IdentityError {
    fn of(error: impl Error) -> Self {
        let mut told = error.to_string();
        let mut source = error.source();
        while let Some(deeper) = source {
            told = format!("{told}: {deeper}");
            source = deeper.source();
        }
        Self(told)
    }
}

impl IntoAnyError for IdentityError {
    fn into_dyn_error(self) -> Result<Box<dyn Error + Send + Sync>, Self> {
        Ok(self.into())
    }
}
