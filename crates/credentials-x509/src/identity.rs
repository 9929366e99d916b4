//! Who a certificate is for.

use core::fmt;

use copath_credentials::{CertificateDefect, CredentialRole};
use x509_cert::ext::pkix::name::GeneralName;

use crate::certificate::Certificate;
use crate::name::{ComparableName, common_names};

/// Which name in the end entity's certificate is the identity.
///
/// RFC 9420 §5.3 leaves it to the application. Exactly one name of the kind has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum IdentitySource {
    /// The whole subject, compared as RFC 5280 §7.1 says.
    Subject,
    /// The subject's commonName, compared exactly. Only name constraints on directory names reach it.
    CommonName,
    /// The alternative name rfc822Name; the part after the @ in lower case.
    EmailAddress,
    /// The alternative name uniformResourceIdentifier, compared exactly.
    Uri,
    /// The alternative name dNSName, in lower case; no wildcard.
    DnsName,
}

/// The identity in a valid chain.
///
/// Identities are equal if kind and value are.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    source: IdentitySource,
    value: Vec<u8>,
    text: String,
}

impl Identity {
    /// Which name it was taken from.
    pub fn source(&self) -> IdentitySource {
        self.source
    }

    /// The name as text, for people; the subject in RFC 4514's form.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn of(certificate: &Certificate, source: IdentitySource) -> Result<Self, CertificateDefect> {
        if source == IdentitySource::Subject {
            return Self::of_subject(certificate);
        }
        let mut found = if source == IdentitySource::CommonName {
            common_names(&certificate.subject_name)
        } else {
            let names = certificate.extensions.alternative_names.iter();
            names.filter_map(|name| alternative(name, source)).collect()
        };
        let text = match (found.pop(), found.is_empty()) {
            (None, _) => return Err(CertificateDefect::NoIdentity),
            (Some(_), false) => return Err(CertificateDefect::AmbiguousIdentity),
            (Some(text), true) => text.filter(|text| is_presentable(text)),
        };
        let text = text.ok_or(CertificateDefect::NoIdentity)?;
        Ok(Self { source, value: text.clone().into_bytes(), text })
    }

    fn of_subject(certificate: &Certificate) -> Result<Self, CertificateDefect> {
        let name = ComparableName::new(&certificate.subject_name).ok_or(CertificateDefect::Malformed)?;
        if name.is_empty() {
            return Err(CertificateDefect::NoIdentity);
        }
        let text = certificate.subject.to_string();
        Ok(Self { source: IdentitySource::Subject, value: name.to_octets(), text })
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({:?})", self.source, self.text)
    }
}

fn is_presentable(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

/// The name in its normal form if it is of the kind; an inner `None` if it is of the kind and unusable.
fn alternative(name: &GeneralName, source: IdentitySource) -> Option<Option<String>> {
    match (name, source) {
        (GeneralName::Rfc822Name(name), IdentitySource::EmailAddress) => {
            let parts = name.as_str().rsplit_once('@');
            Some(parts.map(|(local, host)| format!("{local}@{}", host.to_ascii_lowercase())))
        }
        (GeneralName::UniformResourceIdentifier(name), IdentitySource::Uri) => {
            Some(Some(name.as_str().to_owned()))
        }
        (GeneralName::DnsName(name), IdentitySource::DnsName) => {
            let name = name.as_str();
            Some((!name.contains('*')).then(|| name.to_ascii_lowercase()))
        }
        _ => None,
    }
}

/// Which identities the application expects, and in which roles (rule 5.3.1-09).
///
/// Closures `Fn(CredentialRole, &Identity) -> bool` implement it.
pub trait ExpectedIdentity: Send + Sync {
    /// Whether `identity` is expected in `role`.
    fn expects(&self, role: CredentialRole, identity: &Identity) -> bool;
}

impl<F: Fn(CredentialRole, &Identity) -> bool + Send + Sync> ExpectedIdentity for F {
    fn expects(&self, role: CredentialRole, identity: &Identity) -> bool {
        self(role, identity)
    }
}
