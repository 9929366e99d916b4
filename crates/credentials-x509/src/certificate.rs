//! A certificate that has been read.

use copath_credentials::CertificateDefect;
use copath_crypto::SignatureScheme;
use x509_cert::certificate::Version;
use x509_cert::der::asn1::{AnyRef, ObjectIdentifier};
use x509_cert::der::{Decode, Reader, SliceReader};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, NameConstraints, SubjectAltName};
use x509_cert::name::Name;
use x509_cert::time::Time;

use crate::key::{PublicKey, scheme_of};
use crate::{DistinguishedName, Limits};

/// A certificate of version 3, within the limits, whose critical extensions are all known.
///
/// RFC 5280 §4.1. Nothing says yet that its signature is good.
#[derive(Debug)]
pub(crate) struct Certificate {
    /// The octets that are signed.
    pub(crate) signed: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    /// None if the algorithm isn't known.
    pub(crate) signature_scheme: Option<SignatureScheme>,
    pub(crate) serial: Vec<u8>,
    pub(crate) issuer: DistinguishedName,
    pub(crate) subject: DistinguishedName,
    pub(crate) subject_name: Name,
    /// Seconds since 1970, inclusive.
    pub(crate) not_before: u64,
    /// Seconds since 1970, inclusive.
    pub(crate) not_after: u64,
    /// None if the algorithm or the curve isn't known.
    pub(crate) key: Option<PublicKey>,
    pub(crate) extensions: KnownExtensions,
}

/// The extensions that validation looks at (RFC 5280 §4.2.1).
#[derive(Debug, Default)]
pub(crate) struct KnownExtensions {
    pub(crate) basic_constraints: Option<BasicConstraints>,
    pub(crate) key_usage: Option<KeyUsage>,
    pub(crate) purposes: Option<Vec<ObjectIdentifier>>,
    pub(crate) alternative_names: Vec<GeneralName>,
    pub(crate) name_constraints: Option<NameConstraints>,
}

/// A certificate that was refused while it was read, with its subject if that could be read.
pub(crate) type Unreadable = (Option<DistinguishedName>, CertificateDefect);

impl Certificate {
    /// Reads exactly one certificate.
    pub(crate) fn read(der: &[u8], limits: &Limits) -> Result<Self, Unreadable> {
        use CertificateDefect::{Malformed, TooLarge};
        if der.len() > limits.certificate_size {
            return Err((None, TooLarge));
        }
        let signed = signed_part(der).ok_or((None, Malformed))?;
        let read = x509_cert::Certificate::from_der(der).map_err(|_| (None, Malformed))?;
        let tbs = read.tbs_certificate();
        let subject = DistinguishedName::new(tbs.subject()).ok_or((None, Malformed))?;
        Self::check(&read, signed, subject.clone(), limits).map_err(|defect| (Some(subject), defect))
    }

    fn check(
        read: &x509_cert::Certificate,
        signed: &[u8],
        subject: DistinguishedName,
        limits: &Limits,
    ) -> Result<Self, CertificateDefect> {
        use CertificateDefect::{
            EmptyValidity, Malformed, SignatureAlgorithmMismatch, TooManyEntries, Version as WrongVersion,
        };
        let tbs = read.tbs_certificate();
        if tbs.version() != Version::V3 {
            return Err(WrongVersion);
        }
        if tbs.signature() != read.signature_algorithm() {
            return Err(SignatureAlgorithmMismatch);
        }
        if [tbs.issuer(), tbs.subject()].iter().any(|name| name.iter().count() > limits.entries) {
            return Err(TooManyEntries);
        }
        let not_before = seconds(tbs.validity().not_before);
        let not_after = seconds(tbs.validity().not_after);
        if not_before > not_after {
            return Err(EmptyValidity);
        }
        Ok(Self {
            signed: signed.to_vec(),
            signature: read.signature().as_bytes().ok_or(Malformed)?.to_vec(),
            signature_scheme: scheme_of(read.signature_algorithm()),
            serial: tbs.serial_number().as_bytes().to_vec(),
            issuer: DistinguishedName::new(tbs.issuer()).ok_or(Malformed)?,
            subject,
            subject_name: tbs.subject().clone(),
            not_before,
            not_after,
            key: PublicKey::read(tbs.subject_public_key_info()),
            extensions: KnownExtensions::read(tbs.extensions().map_or(&[], Vec::as_slice), limits)?,
        })
    }

    /// Whether subject and issuer are the same (RFC 5280 §6.1: self-issued).
    pub(crate) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether both name the same key of the same subject.
    pub(crate) fn is_same_authority(&self, other: &Self) -> bool {
        self.key.is_some() && self.subject == other.subject && self.key == other.key
    }

    /// Whether `time` is within the validity, which is widened on both sides by `skew` seconds.
    pub(crate) fn check_validity(&self, time: u64, skew: u64) -> Result<(), CertificateDefect> {
        if time.saturating_add(skew) < self.not_before {
            Err(CertificateDefect::NotYetValid)
        } else if time > self.not_after.saturating_add(skew) {
            Err(CertificateDefect::Expired)
        } else {
            Ok(())
        }
    }

    /// Whether the certificate is that of a certification authority that may sign certificates.
    pub(crate) fn check_authority(&self) -> Result<(), CertificateDefect> {
        if !self.extensions.basic_constraints.as_ref().is_some_and(|constraints| constraints.ca) {
            return Err(CertificateDefect::NotAnAuthority);
        }
        match self.extensions.key_usage {
            Some(usage) if !usage.key_cert_sign() => Err(CertificateDefect::MayNotCertify),
            _ => Ok(()),
        }
    }
}

impl KnownExtensions {
    fn read(extensions: &[Extension], limits: &Limits) -> Result<Self, CertificateDefect> {
        use CertificateDefect::{DuplicateExtension, TooManyEntries};
        if extensions.len() > limits.entries {
            return Err(TooManyEntries);
        }
        let mut known = Self::default();
        for (index, extension) in extensions.iter().enumerate() {
            if extensions.iter().take(index).any(|earlier| earlier.extn_id == extension.extn_id) {
                return Err(DuplicateExtension);
            }
            known.read_one(extension)?;
        }
        if known.count() > limits.entries { Err(TooManyEntries) } else { Ok(known) }
    }

    fn read_one(&mut self, extension: &Extension) -> Result<(), CertificateDefect> {
        use x509_cert::der::oid::AssociatedOid;
        let octets = extension.extn_value.as_bytes();
        match extension.extn_id {
            BasicConstraints::OID => self.basic_constraints = Some(decode(octets)?),
            KeyUsage::OID => self.key_usage = Some(decode(octets)?),
            ExtendedKeyUsage::OID => self.purposes = Some(decode::<ExtendedKeyUsage>(octets)?.0),
            SubjectAltName::OID => self.alternative_names = decode::<SubjectAltName>(octets)?.0,
            NameConstraints::OID => self.name_constraints = Some(decode(octets)?),
            _ if extension.critical => return Err(CertificateDefect::UnknownCriticalExtension),
            _ => {}
        }
        Ok(())
    }

    /// The largest list.
    fn count(&self) -> usize {
        let constraints = self.name_constraints.as_ref().map_or(0, |constraints| {
            let subtrees = [&constraints.permitted_subtrees, &constraints.excluded_subtrees];
            subtrees.into_iter().flatten().map(Vec::len).sum()
        });
        let purposes = self.purposes.as_ref().map_or(0, Vec::len);
        self.alternative_names.len().max(constraints).max(purposes)
    }
}

fn decode<'a, T: Decode<'a>>(octets: &'a [u8]) -> Result<T, CertificateDefect> {
    T::from_der(octets).map_err(|_| CertificateDefect::MalformedExtension)
}

pub(crate) fn seconds(time: Time) -> u64 {
    time.to_unix_duration().as_secs()
}

/// The first element of a signed structure, with its header: the octets as they were signed.
pub(crate) fn signed_part(der: &[u8]) -> Option<&[u8]> {
    let outer = AnyRef::from_der(der).ok()?;
    SliceReader::new(outer.value()).ok()?.tlv_bytes().ok()
}
