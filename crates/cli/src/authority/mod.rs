//! A certification authority for tests, made with rcgen and our own keys.
//!
//! `copath ca` keeps one in files, `copath demo` has one in memory.

mod key;
mod subject;

use std::sync::Arc;

use copath::{Signer, Timestamp};
use copath_credentials_x509::{CertificateRequest, Limits, RequestedName, TrustAnchor, credential_from_der};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyIdMethod, KeyUsagePurpose, RevocationReason, RevokedCertParams, SanType, SerialNumber,
};
use time::OffsetDateTime;
use x509_cert::Certificate;
use x509_cert::der::Decode;

use self::key::{IssuerKey, SubjectKey};
use crate::calendar;

pub(crate) use self::key::Scheme;
pub(crate) use self::subject::Subject;

/// Why an authority can't do what it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AuthorityError {
    /// The key is of a scheme that certificates of the authority can't carry.
    #[error(
        "certificates are for keys of Ed25519, P-256, P-384 and P-521 here: use suite 1, 2, 3, 5 or 7, not 4 or 6"
    )]
    UnsupportedKey,
    /// The subject can't be copied.
    #[error(
        "the subject of the request is more than this test tool copies: one attribute of a type, as UTF-8, printable \
         or IA5 string, e.g. `CN=Alice,O=Example`"
    )]
    UnsupportedSubject,
    /// The request has an alternative name that isn't one.
    #[error("an alternative name of the request isn't in ASCII")]
    UnsupportedName,
    /// A time is beyond what certificates can say.
    #[error("the time is after the year 9999: give fewer --days, or an earlier --at")]
    Time,
    /// The key isn't that of the certificate.
    #[error("the private key isn't that of the certificate: the files belong to different authorities")]
    WrongKey,
    /// The authority's certificate has expired.
    #[error("the certificate of the authority ended at {}: `copath ca init` makes another one", calendar::utc(end.0))]
    Over {
        /// When.
        end: Timestamp,
    },
    /// The files hold no authority.
    #[error("the certificate isn't that of a certification authority")]
    NotAnAuthority,
    /// The certificate or list couldn't be made.
    #[error("the certificate or list couldn't be signed and encoded")]
    Unmade,
}

/// From when until when something is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
}

impl Period {
    /// So many days from a time on.
    pub(crate) fn days(from: Timestamp, days: u32) -> Result<Self, AuthorityError> {
        let not_after = from.0.saturating_add(u64::from(days).saturating_mul(86_400));
        if not_after > calendar::LAST {
            return Err(AuthorityError::Time);
        }
        Ok(Self { not_before: from, not_after: Timestamp(not_after) })
    }
}

/// A certification authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, IssuerKey>,
    certificate: Vec<u8>,
    /// When the certificate ends.
    end: Timestamp,
}

/// A certificate that was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Revoked {
    pub(crate) serial: u64,
    pub(crate) at: Timestamp,
}

impl Authority {
    /// An authority that certifies itself.
    pub(crate) fn root(
        subject: &Subject,
        signer: Arc<dyn Signer>,
        serial: u64,
        period: Period,
    ) -> Result<Self, AuthorityError> {
        let params = authority_params(subject, serial, period)?;
        let key = IssuerKey::new(signer)?;
        let certificate = params.self_signed(&key).map_err(|_| AuthorityError::Unmade)?.der().to_vec();
        Ok(Self { issuer: Issuer::new(params, key), certificate, end: period.not_after })
    }

    /// An authority below this one, which certifies clients alone.
    pub(crate) fn intermediate(
        &self,
        subject: &Subject,
        signer: Arc<dyn Signer>,
        serial: u64,
        period: Period,
    ) -> Result<Self, AuthorityError> {
        let period = self.allowed(period)?;
        let mut params = authority_params(subject, serial, period)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.use_authority_key_identifier_extension = true;
        let key = IssuerKey::new(signer)?;
        let certificate =
            params.signed_by(&key, &self.issuer).map_err(|_| AuthorityError::Unmade)?.der().to_vec();
        Ok(Self { issuer: Issuer::new(params, key), certificate, end: period.not_after })
    }

    /// An authority from its certificate and its key.
    pub(crate) fn restore(certificate: Vec<u8>, signer: Arc<dyn Signer>) -> Result<Self, AuthorityError> {
        let limits = Limits::DEFAULT;
        let anchor =
            TrustAnchor::from_der(&certificate, &limits).map_err(|_| AuthorityError::NotAnAuthority)?;
        credential_from_der(vec![certificate.clone()], &*signer, &limits)
            .map_err(|_| AuthorityError::WrongKey)?;
        let subject = Subject::from_der(anchor.subject().as_der())?;
        let read = Certificate::from_der(&certificate).map_err(|_| AuthorityError::NotAnAuthority)?;
        let end = Timestamp(read.tbs_certificate().validity().not_after.to_unix_duration().as_secs());
        // An issuer is its name, its key and what the key may do.
        let mut params = CertificateParams::default();
        params.distinguished_name = subject.into_name();
        params.key_usages = authority_usages();
        Ok(Self { issuer: Issuer::new(params, IssuerKey::new(signer)?), certificate, end })
    }

    /// A period as long as what is issued may be valid: not longer than its issuer.
    pub(crate) fn allowed(&self, asked: Period) -> Result<Period, AuthorityError> {
        if self.end <= asked.not_before {
            return Err(AuthorityError::Over { end: self.end });
        }
        Ok(Period { not_after: asked.not_after.min(self.end), ..asked })
    }

    /// The authority's own certificate in DER.
    pub(crate) fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// A client's certificate in DER, for what the request asks.
    pub(crate) fn issue(
        &self,
        request: &CertificateRequest,
        serial: u64,
        period: Period,
    ) -> Result<Vec<u8>, AuthorityError> {
        let subject = Subject::from_der(request.subject().as_der())?;
        let mut params = params(&subject, serial, self.allowed(period)?)?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.subject_alt_names = request.names().iter().map(alternative_name).collect::<Result<_, _>>()?;
        let key = SubjectKey::of(request)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(|_| AuthorityError::Unmade)?;
        Ok(certificate.der().to_vec())
    }

    /// A revocation list in DER, the `number`th one.
    pub(crate) fn revocation_list(
        &self,
        revoked: &[Revoked],
        number: u64,
        period: Period,
    ) -> Result<Vec<u8>, AuthorityError> {
        let entry = |revoked: &Revoked| {
            Ok(RevokedCertParams {
                serial_number: serial_number(revoked.serial),
                revocation_time: time(revoked.at)?,
                reason_code: Some(RevocationReason::CessationOfOperation),
                invalidity_date: None,
            })
        };
        let params = CertificateRevocationListParams {
            this_update: time(period.not_before)?,
            next_update: time(period.not_after)?,
            crl_number: serial_number(number),
            issuing_distribution_point: None,
            revoked_certs: revoked.iter().map(entry).collect::<Result<_, _>>()?,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = params.signed_by(&self.issuer).map_err(|_| AuthorityError::Unmade)?;
        Ok(list.der().to_vec())
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

fn authority_params(
    subject: &Subject,
    serial: u64,
    period: Period,
) -> Result<CertificateParams, AuthorityError> {
    let mut params = params(subject, serial, period)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = authority_usages();
    Ok(params)
}

fn authority_usages() -> Vec<KeyUsagePurpose> {
    vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign]
}

fn params(subject: &Subject, serial: u64, period: Period) -> Result<CertificateParams, AuthorityError> {
    let mut params = CertificateParams::default();
    params.not_before = time(period.not_before)?;
    params.not_after = time(period.not_after)?;
    params.serial_number = Some(serial_number(serial));
    params.distinguished_name = subject.clone().into_name();
    Ok(params)
}

fn alternative_name(name: &RequestedName) -> Result<SanType, AuthorityError> {
    let ascii = |text: &String| text.as_str().try_into().map_err(|_| AuthorityError::UnsupportedName);
    Ok(match name {
        RequestedName::EmailAddress(text) => SanType::Rfc822Name(ascii(text)?),
        RequestedName::Uri(text) => SanType::URI(ascii(text)?),
        RequestedName::DnsName(text) => SanType::DnsName(ascii(text)?),
        _ => return Err(AuthorityError::UnsupportedName),
    })
}

fn serial_number(serial: u64) -> SerialNumber {
    SerialNumber::from(serial)
}

fn time(time: Timestamp) -> Result<OffsetDateTime, AuthorityError> {
    let seconds = i64::try_from(time.0).map_err(|_| AuthorityError::Time)?;
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| AuthorityError::Time)
}
