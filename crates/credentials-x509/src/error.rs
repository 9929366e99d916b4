//! Why a chain was refused.

use core::fmt;

use copath_credentials::{CertificateDefect, RejectionReason};
use copath_crypto::CryptoError;

use crate::DistinguishedName;

/// Why an X.509 credential, or something that belongs to one, was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum X509Error {
    /// The chain has no certificate.
    #[error("the chain of certificates is empty")]
    EmptyChain,
    /// The chain has too many certificates; none was parsed.
    #[error("the chain has {length} certificates, and the limit is {limit}")]
    ChainTooLong {
        /// The certificates in the chain.
        length: usize,
        /// The limit.
        limit: u16,
    },
    /// A certificate was refused.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The chain is good, but its identity isn't expected in this role.
    #[error("the chain is valid, but its identity isn't one that is expected here")]
    WrongIdentity,
    /// The identities of the old and the new credential differ.
    #[error("the identity isn't that of the credential that is replaced")]
    NotASuccessor,
    /// The identities of two credentials differ.
    #[error("the two credentials have different identities")]
    DifferentIdentity,
    /// The credential isn't of type x509.
    #[error("the credential isn't of type x509")]
    NotX509,
    /// The text isn't a list of certificates in PEM.
    #[error("the text isn't a list of certificates in PEM")]
    MalformedPem,
    /// A revocation list was refused.
    #[error(transparent)]
    RevocationList(#[from] RevocationListError),
    /// A name for a certificate request isn't of its form.
    #[error("the name isn't of its form: a subject in RFC 4514, e.g. `CN=Alice,O=Example`, others in ASCII")]
    MalformedName,
    /// A certificate request can't be read.
    #[error("the certificate request can't be read")]
    MalformedRequest,
    /// The signer's scheme has no X.509 algorithm here.
    #[error("the signer's scheme has no X.509 algorithm")]
    UnsupportedScheme,
    /// The signer or the backend failed, or the signature of a request is bad.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl X509Error {
    pub(crate) fn defect(
        position: usize,
        subject: Option<&DistinguishedName>,
        defect: CertificateDefect,
    ) -> Self {
        let position = u16::try_from(position).unwrap_or(u16::MAX);
        Self::Certificate(CertificateError { position, subject: subject.cloned(), defect })
    }

    /// The reason in the form that the engine takes.
    pub fn reason(&self) -> RejectionReason {
        match self {
            Self::EmptyChain => RejectionReason::EmptyChain,
            Self::ChainTooLong { .. } => RejectionReason::ChainTooLong,
            Self::Certificate(error) => {
                RejectionReason::Certificate { position: error.position, defect: error.defect }
            }
            Self::WrongIdentity | Self::DifferentIdentity => RejectionReason::WrongIdentity,
            Self::NotASuccessor => RejectionReason::NotASuccessor,
            _ => RejectionReason::UnsupportedType,
        }
    }
}

/// Which certificate was refused, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateError {
    /// Its position, counted from the end entity's, which is 0. Positions beyond the credential's chain are the
    /// validator's own intermediate certificates and trust anchors.
    pub position: u16,
    /// Its subject, if it could be read.
    pub subject: Option<DistinguishedName>,
    /// What is wrong with it.
    pub defect: CertificateDefect,
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "certificate {} of the chain", self.position)?;
        if let Some(subject) = &self.subject {
            write!(f, " ({subject})")?;
        }
        write!(f, ": {}", self.defect)
    }
}

impl core::error::Error for CertificateError {}

/// Why a revocation list can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RevocationListError {
    /// It is longer than the limit.
    #[error("the revocation list is longer than the limit")]
    TooLarge,
    /// It isn't exactly one list of version 2 in DER.
    #[error("the revocation list isn't exactly one list of version 2 in DER")]
    Malformed,
    /// A critical extension isn't known: it may be a delta, indirect, or for a part of the certificates.
    #[error(
        "the revocation list has a critical extension that isn't known: a delta, indirect or partial list"
    )]
    UnknownCriticalExtension,
    /// The signature algorithm can't be used.
    #[error("the revocation list's signature algorithm can't be used")]
    UnsupportedSignature,
}
