//! Revocation lists.

use std::collections::BTreeSet;

use copath_crypto::SignatureScheme;
use x509_cert::certificate::Version;
use x509_cert::crl::{CertificateList, TbsCertList};
use x509_cert::der::Decode;
use x509_cert::ext::Extension;

use crate::certificate::{seconds, signed_part};
use crate::key::scheme_of;
use crate::{DistinguishedName, Limits, RevocationListError};

/// A certificate revocation list.
///
/// RFC 5280 §5. Complete lists of the issuer itself: delta, indirect and partial lists are refused. Its signature is
/// checked when the issuer's key is known, that is when a chain is judged.
#[derive(Debug)]
pub struct RevocationList {
    issuer: DistinguishedName,
    this_update: u64,
    next_update: u64,
    serials: BTreeSet<Vec<u8>>,
    pub(crate) signed: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) signature_scheme: SignatureScheme,
}

impl RevocationList {
    /// Reads exactly one list.
    ///
    /// # Errors
    /// [`RevocationListError`].
    pub fn from_der(der: &[u8], limits: &Limits) -> Result<Self, RevocationListError> {
        use RevocationListError::{Malformed, TooLarge, UnsupportedSignature};
        if der.len() > limits.revocation_list_size {
            return Err(TooLarge);
        }
        let signed = signed_part(der).ok_or(Malformed)?.to_vec();
        let read: CertificateList = CertificateList::from_der(der).map_err(|_| Malformed)?;
        let list = &read.tbs_cert_list;
        if list.version != Version::V2 || list.signature != read.signature_algorithm {
            return Err(Malformed);
        }
        check_extensions(list)?;
        let revoked = list.revoked_certificates.iter().flatten();
        Ok(Self {
            issuer: DistinguishedName::new(&list.issuer).ok_or(Malformed)?,
            this_update: seconds(list.this_update),
            next_update: seconds(list.next_update.ok_or(Malformed)?),
            serials: revoked.map(|entry| entry.serial_number.as_bytes().to_vec()).collect(),
            signed,
            signature: read.signature.as_bytes().ok_or(Malformed)?.to_vec(),
            signature_scheme: scheme_of(&read.signature_algorithm).ok_or(UnsupportedSignature)?,
        })
    }

    /// Whose list it says it is.
    pub fn issuer(&self) -> &DistinguishedName {
        &self.issuer
    }

    /// When it was issued, in seconds since 1970.
    pub fn this_update(&self) -> u64 {
        self.this_update
    }

    /// When the next one is due, in seconds since 1970.
    pub fn next_update(&self) -> u64 {
        self.next_update
    }

    /// How many certificates it revokes.
    pub fn len(&self) -> usize {
        self.serials.len()
    }

    /// Whether it revokes nothing.
    pub fn is_empty(&self) -> bool {
        self.serials.is_empty()
    }

    pub(crate) fn revokes(&self, serial: &[u8]) -> bool {
        self.serials.contains(serial)
    }
}

fn check_extensions(list: &TbsCertList) -> Result<(), RevocationListError> {
    let of_list = list.crl_extensions.iter().flatten();
    let entries = list.revoked_certificates.iter().flatten();
    let of_entries = entries.flat_map(|entry| entry.crl_entry_extensions.iter().flatten());
    let is_critical = |extension: &Extension| extension.critical;
    if of_list.chain(of_entries).any(is_critical) {
        return Err(RevocationListError::UnknownCriticalExtension);
    }
    Ok(())
}
