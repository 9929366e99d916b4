//! Keys in the form that rcgen takes.

use std::sync::Arc;

use clap::ValueEnum;
use copath::{CipherSuite, Signer, SuiteParameters};
use copath_credentials_x509::CertificateRequest;
use rcgen::{PublicKeyData, SignatureAlgorithm, SigningKey};

use super::AuthorityError;

/// A signature scheme that certificates are made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scheme {
    /// Ed25519, as in suites 1 and 3.
    #[default]
    Ed25519,
    /// ECDSA on P-256, as in suite 2.
    P256,
    /// ECDSA on P-384, as in suite 7.
    P384,
    /// ECDSA on P-521, as in suite 5.
    P521,
}

impl Scheme {
    const ALL: [Self; 4] = [Self::Ed25519, Self::P256, Self::P384, Self::P521];

    /// A suite that signs with it.
    pub(crate) fn suite(self) -> CipherSuite {
        match self {
            Self::Ed25519 => CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519,
            Self::P256 => CipherSuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256,
            Self::P384 => CipherSuite::MLS_256_DHKEMP384_AES256GCM_SHA384_P384,
            Self::P521 => CipherSuite::MLS_256_DHKEMP521_AES256GCM_SHA512_P521,
        }
    }

    /// The scheme of a signer; none for Ed448.
    pub(crate) fn of(signer: &dyn Signer) -> Option<Self> {
        Self::which(|row| row.signature == signer.scheme())
    }

    /// The scheme of a suite; none for Ed448.
    pub(crate) fn of_suite(suite: CipherSuite) -> Option<Self> {
        let row = SuiteParameters::of(suite)?;
        Self::which(|other| other.signature == row.signature)
    }

    fn which(is: impl Fn(&SuiteParameters) -> bool) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| SuiteParameters::of(scheme.suite()).is_some_and(&is))
    }

    fn algorithm(self) -> &'static SignatureAlgorithm {
        match self {
            Self::Ed25519 => &rcgen::PKCS_ED25519,
            Self::P256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            Self::P384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            Self::P521 => &rcgen::PKCS_ECDSA_P521_SHA512,
        }
    }
}

/// The key of an authority.
pub(super) struct IssuerKey {
    signer: Arc<dyn Signer>,
    algorithm: &'static SignatureAlgorithm,
}

impl IssuerKey {
    pub(super) fn new(signer: Arc<dyn Signer>) -> Result<Self, AuthorityError> {
        let algorithm = Scheme::of(&*signer).ok_or(AuthorityError::UnsupportedKey)?.algorithm();
        Ok(Self { signer, algorithm })
    }
}

impl PublicKeyData for IssuerKey {
    fn der_bytes(&self) -> &[u8] {
        self.signer.public_key()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

impl SigningKey for IssuerKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.signer.sign(message).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

/// The key that a request is for.
pub(super) struct SubjectKey<'r> {
    octets: &'r [u8],
    algorithm: &'static SignatureAlgorithm,
}

impl<'r> SubjectKey<'r> {
    pub(super) fn of(request: &'r CertificateRequest) -> Result<Self, AuthorityError> {
        let scheme = Scheme::which(|row| row.signature == request.scheme());
        let algorithm = scheme.ok_or(AuthorityError::UnsupportedKey)?.algorithm();
        Ok(Self { octets: request.public_key(), algorithm })
    }
}

impl PublicKeyData for SubjectKey<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.octets
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}
