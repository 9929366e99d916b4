//! The sending side: a credential from a chain.

use copath_codec::Opaque;
use copath_credentials::{CertificateDefect, Credential};
use copath_crypto::Signer;
use x509_cert::der::pem;

use crate::certificate::{Certificate, Unreadable};
use crate::key::PublicKey;
use crate::{Limits, X509Error};

const BEGIN: &str = "-----BEGIN ";
const BEGIN_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";
const END_CERTIFICATE: &str = "-----END CERTIFICATE-----";

/// A credential from a chain in DER, the end entity's certificate first, each certifying the one before it.
///
/// RFC 9420 §5.3. Everything that can be seen without a trust anchor is checked before the credential goes into a
/// leaf: that the certificates can be read, are in order, and that the first one is for `signer`'s key.
/// [`X509Validator::verify`](crate::X509Validator::verify) checks the rest.
///
/// # Errors
/// [`X509Error::EmptyChain`], [`X509Error::ChainTooLong`], [`X509Error::Certificate`].
pub fn credential_from_der(
    chain: Vec<Vec<u8>>,
    signer: &dyn Signer,
    limits: &Limits,
) -> Result<Credential, X509Error> {
    if chain.len() > usize::from(limits.chain_length) {
        return Err(X509Error::ChainTooLong { length: chain.len(), limit: limits.chain_length });
    }
    let mut below: Option<Certificate> = None;
    for (position, der) in chain.iter().enumerate() {
        let unreadable =
            |(subject, defect): Unreadable| X509Error::defect(position, subject.as_ref(), defect);
        let certificate = Certificate::read(der, limits).map_err(unreadable)?;
        let fits = match &below {
            None => check_key(&certificate, signer),
            Some(below) if below.issuer == certificate.subject => Ok(()),
            Some(_) => Err(CertificateDefect::WrongOrder),
        };
        fits.map_err(|defect| X509Error::defect(position, Some(&certificate.subject), defect))?;
        below = Some(certificate);
    }
    if below.is_none() {
        return Err(X509Error::EmptyChain);
    }
    Ok(Credential::X509 { certificates: chain.into_iter().map(Opaque::from).collect() })
}

/// A credential from a chain in PEM, the end entity's certificate first.
///
/// RFC 7468 §5. Text between the certificates is skipped; anything else in PEM, a private key above all, is refused.
///
/// # Errors
/// [`X509Error::MalformedPem`], and those of [`credential_from_der`].
pub fn credential_from_pem(
    text: &str,
    signer: &dyn Signer,
    limits: &Limits,
) -> Result<Credential, X509Error> {
    let mut chain = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(BEGIN) {
        let block = rest.get(at..).unwrap_or_default();
        if !block.starts_with(BEGIN_CERTIFICATE) {
            return Err(X509Error::MalformedPem);
        }
        let length = block.find(END_CERTIFICATE).map(|end| end.saturating_add(END_CERTIFICATE.len()));
        let (block, after) =
            length.and_then(|length| block.split_at_checked(length)).ok_or(X509Error::MalformedPem)?;
        let (_, der) = pem::decode_vec(block.as_bytes()).map_err(|_| X509Error::MalformedPem)?;
        chain.push(der);
        rest = after;
    }
    credential_from_der(chain, signer, limits)
}

fn check_key(certificate: &Certificate, signer: &dyn Signer) -> Result<(), CertificateDefect> {
    let own = PublicKey { scheme: signer.scheme(), octets: signer.public_key().to_vec() };
    match &certificate.key {
        None => Err(CertificateDefect::UnsupportedKey),
        Some(key) if *key == own => Ok(()),
        Some(_) => Err(CertificateDefect::KeyMismatch),
    }
}
