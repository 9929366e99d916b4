//! Requests for certificates.

use core::str::FromStr;

use copath_crypto::{CryptoError, CryptoProvider, SignatureScheme, Signer};
use x509_cert::attr::{Attribute, Attributes};
use x509_cert::der::asn1::{BitString, Ia5String, OctetString};
use x509_cert::der::oid::AssociatedOid;
use x509_cert::der::pem::LineEnding;
use x509_cert::der::{Decode, Encode, EncodePem};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;
use x509_cert::request::{CertReq, CertReqInfo, ExtensionReq, Version};

use crate::certificate::signed_part;
use crate::key::{PublicKey, algorithm_of, scheme_of};
use crate::{DistinguishedName, Limits, X509Error};

/// An alternative name in a request.
///
/// RFC 5280 §4.2.1.6.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestedName {
    /// A mailbox, `alice@example.com`.
    EmailAddress(String),
    /// A URI.
    Uri(String),
    /// A host name.
    DnsName(String),
}

/// A request for a certificate, signed by the key that it is for.
///
/// RFC 2986 (PKCS #10). The signer may be anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRequest {
    request: CertReq,
    subject: DistinguishedName,
    key: PublicKey,
    names: Vec<RequestedName>,
}

impl CertificateRequest {
    /// A request for `signer`'s key. `subject` is in RFC 4514's form, for example `CN=Alice,O=Example`.
    ///
    /// # Errors
    /// [`X509Error::MalformedName`], [`X509Error::UnsupportedScheme`], [`X509Error::Crypto`] if the signer fails.
    pub fn new(signer: &dyn Signer, subject: &str, names: &[RequestedName]) -> Result<Self, X509Error> {
        let key = PublicKey { scheme: signer.scheme(), octets: signer.public_key().to_vec() };
        let subject = Name::from_str(subject).map_err(|_| X509Error::MalformedName)?;
        let attributes = match names {
            [] => Attributes::new(),
            names => attributes_with(names, subject.is_empty())?,
        };
        let public_key = key.to_info().ok_or(X509Error::UnsupportedScheme)?;
        let info = CertReqInfo { version: Version::V1, subject, public_key, attributes };
        let algorithm = algorithm_of(key.scheme).ok_or(X509Error::UnsupportedScheme)?;
        let signed = info.to_der().map_err(|_| X509Error::MalformedName)?;
        let signature = signer.sign(&signed)?;
        let signature = BitString::from_bytes(&signature).map_err(|_| CryptoError::InvalidSignature)?;
        let subject = DistinguishedName::new(&info.subject).ok_or(X509Error::MalformedName)?;
        Ok(Self { request: CertReq { info, algorithm, signature }, subject, key, names: names.to_vec() })
    }

    /// Reads a request and checks that it is signed by the key that it is for.
    ///
    /// # Errors
    /// [`X509Error::MalformedRequest`], [`X509Error::UnsupportedScheme`], [`X509Error::Crypto`] for a bad signature.
    pub fn from_der(der: &[u8], provider: &dyn CryptoProvider, limits: &Limits) -> Result<Self, X509Error> {
        if der.len() > limits.certificate_size {
            return Err(X509Error::MalformedRequest);
        }
        let request = CertReq::from_der(der).map_err(|_| X509Error::MalformedRequest)?;
        let signed = signed_part(der).ok_or(X509Error::MalformedRequest)?;
        let key = PublicKey::read(&request.info.public_key).ok_or(X509Error::UnsupportedScheme)?;
        let scheme = scheme_of(&request.algorithm).filter(|scheme| *scheme == key.scheme);
        let algorithm = provider.signature(scheme.ok_or(X509Error::UnsupportedScheme)?);
        let signature = request.signature.as_bytes().ok_or(X509Error::MalformedRequest)?;
        algorithm.ok_or(X509Error::UnsupportedScheme)?.verify(&key.octets, signed, signature)?;
        let subject = DistinguishedName::new(&request.info.subject).ok_or(X509Error::MalformedRequest)?;
        let names = requested_names(&request.info.attributes)?;
        Ok(Self { request, subject, key, names })
    }

    /// The subject asked for.
    pub fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// The scheme of the key.
    pub fn scheme(&self) -> SignatureScheme {
        self.key.scheme
    }

    /// The key, as in `LeafNode.signature_key`.
    pub fn public_key(&self) -> &[u8] {
        &self.key.octets
    }

    /// The alternative names asked for, those of other forms left out.
    pub fn names(&self) -> &[RequestedName] {
        &self.names
    }

    /// The request in DER.
    ///
    /// # Errors
    /// [`X509Error::MalformedRequest`], which a request that was read or made doesn't give.
    pub fn to_der(&self) -> Result<Vec<u8>, X509Error> {
        self.request.to_der().map_err(|_| X509Error::MalformedRequest)
    }

    /// The request in PEM.
    ///
    /// # Errors
    /// As [`CertificateRequest::to_der`].
    pub fn to_pem(&self) -> Result<String, X509Error> {
        self.request.to_pem(LineEnding::LF).map_err(|_| X509Error::MalformedRequest)
    }
}

fn attributes_with(names: &[RequestedName], critical: bool) -> Result<Attributes, X509Error> {
    let malformed = |_| X509Error::MalformedName;
    let names = names.iter().map(to_general_name).collect::<Result<Vec<_>, _>>()?;
    let value = SubjectAltName(names).to_der().map_err(malformed)?;
    let extn_value = OctetString::new(value).map_err(malformed)?;
    let extension = Extension { extn_id: SubjectAltName::OID, critical, extn_value };
    let attribute = Attribute::try_from(ExtensionReq(vec![extension])).map_err(malformed)?;
    Attributes::try_from(vec![attribute]).map_err(malformed)
}

impl RequestedName {
    /// Whether it looks like what it is said to be. Nobody could be known by it otherwise.
    fn is_well_formed(&self) -> bool {
        let (Self::EmailAddress(text) | Self::Uri(text) | Self::DnsName(text)) = self;
        if !text.bytes().all(|octet| octet.is_ascii_graphic()) {
            return false;
        }
        let is_part = |part: &str| !part.is_empty();
        match self {
            Self::EmailAddress(text) => {
                text.split_once('@').is_some_and(|(local, host)| is_part(local) && is_host(host))
            }
            Self::Uri(text) => text.split_once(':').is_some_and(|(scheme, rest)| {
                let inner = |octet: u8| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet);
                scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                    && scheme.bytes().all(inner)
                    && is_part(rest)
            }),
            Self::DnsName(text) => is_host(text),
        }
    }
}

fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(&octet))
    };
    text.split('.').all(is_label)
}

fn to_general_name(name: &RequestedName) -> Result<GeneralName, X509Error> {
    if !name.is_well_formed() {
        return Err(X509Error::MalformedName);
    }
    let ascii = |text: &str| Ia5String::new(text).map_err(|_| X509Error::MalformedName);
    Ok(match name {
        RequestedName::EmailAddress(text) => GeneralName::Rfc822Name(ascii(text)?),
        RequestedName::Uri(text) => GeneralName::UniformResourceIdentifier(ascii(text)?),
        RequestedName::DnsName(text) => GeneralName::DnsName(ascii(text)?),
    })
}

fn requested_names(attributes: &Attributes) -> Result<Vec<RequestedName>, X509Error> {
    let malformed = |_| X509Error::MalformedRequest;
    let mut names = Vec::new();
    for value in attributes.iter().filter(|a| a.oid == ExtensionReq::OID).flat_map(|a| a.values.iter()) {
        let extensions: ExtensionReq =
            ExtensionReq::from_der(&value.to_der().map_err(malformed)?).map_err(malformed)?;
        for extension in extensions.0.iter().filter(|extension| extension.extn_id == SubjectAltName::OID) {
            let read = SubjectAltName::from_der(extension.extn_value.as_bytes()).map_err(malformed)?;
            names.extend(read.0.iter().filter_map(from_general_name));
        }
    }
    Ok(names)
}

fn from_general_name(name: &GeneralName) -> Option<RequestedName> {
    match name {
        GeneralName::Rfc822Name(text) => Some(RequestedName::EmailAddress(text.as_str().to_owned())),
        GeneralName::UniformResourceIdentifier(text) => Some(RequestedName::Uri(text.as_str().to_owned())),
        GeneralName::DnsName(text) => Some(RequestedName::DnsName(text.as_str().to_owned())),
        _ => None,
    }
}
