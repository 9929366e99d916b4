//! What is trusted.

use std::collections::BTreeMap;
use std::sync::Arc;

use copath_credentials::CertificateDefect;

use crate::certificate::{Certificate, Unreadable};
use crate::{DistinguishedName, Limits, RevocationList, X509Error};

/// A certification authority that the application trusts.
///
/// RFC 5280 §6.1.1(d). It is taken from a certificate, whose own signature doesn't count; its path length and its name
/// constraints do.
#[derive(Clone, Debug)]
pub struct TrustAnchor {
    certificate: Arc<Certificate>,
}

impl TrustAnchor {
    /// The anchor in a certificate.
    ///
    /// # Errors
    /// [`X509Error::Certificate`] if it can't be read, isn't that of a certification authority, or has a key that
    /// can't be used.
    pub fn from_der(der: &[u8], limits: &Limits) -> Result<Self, X509Error> {
        authority(der, limits).map(|certificate| Self { certificate })
    }

    /// The anchor's name.
    pub fn subject(&self) -> &DistinguishedName {
        &self.certificate.subject
    }
}

/// What a validator knows: trust anchors, intermediate certificates and revocation lists.
///
/// RFC 9420 §5.3 lets a chain leave certificates out that others are known to have: those are the intermediate
/// certificates here. They are no anchors, every check applies to them.
#[derive(Clone, Debug, Default)]
pub struct TrustStore {
    anchors: BTreeMap<DistinguishedName, Vec<Arc<Certificate>>>,
    intermediates: BTreeMap<DistinguishedName, Vec<Arc<Certificate>>>,
    revocation_lists: BTreeMap<DistinguishedName, Vec<Arc<RevocationList>>>,
}

impl TrustStore {
    /// A store that trusts nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a trust anchor.
    #[must_use]
    pub fn with_anchor(mut self, anchor: TrustAnchor) -> Self {
        self.anchors.entry(anchor.certificate.subject.clone()).or_default().push(anchor.certificate);
        self
    }

    /// Adds an intermediate certificate that chains may leave out (rule 5.3-03).
    ///
    /// # Errors
    /// As [`TrustAnchor::from_der`].
    pub fn with_intermediate(mut self, der: &[u8], limits: &Limits) -> Result<Self, X509Error> {
        let certificate = authority(der, limits)?;
        self.intermediates.entry(certificate.subject.clone()).or_default().push(certificate);
        Ok(self)
    }

    /// Adds a revocation list. The newest one of an issuer counts; its signature is checked when it is needed.
    #[must_use]
    pub fn with_revocation_list(mut self, list: RevocationList) -> Self {
        let lists = self.revocation_lists.entry(list.issuer().clone()).or_default();
        lists.push(Arc::new(list));
        lists.sort_by_key(|list| core::cmp::Reverse(list.this_update()));
        self
    }

    /// The store without any revocation list, to put new ones in.
    #[must_use]
    pub fn without_revocation_lists(mut self) -> Self {
        self.revocation_lists.clear();
        self
    }

    pub(crate) fn anchors(&self, subject: &DistinguishedName) -> &[Arc<Certificate>] {
        self.anchors.get(subject).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn intermediates(&self, subject: &DistinguishedName) -> &[Arc<Certificate>] {
        self.intermediates.get(subject).map_or(&[], Vec::as_slice)
    }

    /// The lists in an issuer's name, the newest first.
    pub(crate) fn revocation_lists(&self, issuer: &DistinguishedName) -> &[Arc<RevocationList>] {
        self.revocation_lists.get(issuer).map_or(&[], Vec::as_slice)
    }
}

fn authority(der: &[u8], limits: &Limits) -> Result<Arc<Certificate>, X509Error> {
    let refused = |(subject, defect): Unreadable| X509Error::defect(0, subject.as_ref(), defect);
    let certificate = Certificate::read(der, limits).map_err(refused)?;
    let check = certificate.check_authority();
    let check =
        check.and(if certificate.key.is_some() { Ok(()) } else { Err(CertificateDefect::UnsupportedKey) });
    check.map_err(|defect| X509Error::defect(0, Some(&certificate.subject), defect))?;
    Ok(Arc::new(certificate))
}
