//! The ways from an end entity's issuer to trust anchors.

use std::sync::Arc;

use copath_codec::Opaque;
use copath_credentials::CertificateDefect;

use crate::batch::Batch;
use crate::certificate::Certificate;
use crate::{AnchorValidity, DistinguishedName, X509Error, constraints};

/// The most ways that are looked at.
const MAX_PATHS: usize = 8;
/// The most signatures checked while looking for them, those within the chain not counted.
const MAX_STEPS: usize = 64;

/// A certificate on a way to an anchor.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) certificate: Arc<Certificate>,
    /// Counted from the end entity's certificate, which is 0.
    pub(crate) position: usize,
}

impl Link {
    pub(crate) fn refused(&self, defect: CertificateDefect) -> X509Error {
        X509Error::defect(self.position, Some(&self.certificate.subject), defect)
    }
}

/// Ways to anchors, each from the end entity's issuer to an anchor, all verified but for the end entity itself.
#[derive(Debug)]
pub(crate) struct Issuers {
    paths: Vec<Vec<Link>>,
}

impl Issuers {
    /// The ways, the shortest through the chain first; none only if the chain is the end entity's certificate alone.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &[Link]> {
        self.paths.iter().map(Vec::as_slice)
    }

    /// Verifies the chain above the end entity, whose issuer is called `issuer`, and finds the ways from there.
    pub(crate) fn find<'a>(
        batch: &mut Batch<'a>,
        above: &'a [Opaque],
        issuer: &DistinguishedName,
    ) -> Result<Self, X509Error> {
        let chain = read_chain(batch, above)?;
        check_links(batch, &chain)?;
        let mut search = Search { batch, chain: &chain, paths: Vec::new(), steps: MAX_STEPS, defect: None };
        search.within_chain();
        search.beyond(&mut chain.clone(), issuer);
        let Search { paths, defect, .. } = search;
        if let (true, Some(tip)) = (paths.is_empty(), chain.last()) {
            return Err(tip.refused(defect.unwrap_or(CertificateDefect::UnknownIssuer)));
        }
        let mut verdict = Ok(());
        let mut good = Vec::new();
        for path in paths {
            match check_path(batch, &path) {
                Ok(()) => good.push(path),
                Err(error) => verdict = verdict.and(Err(error)),
            }
        }
        if good.is_empty() {
            verdict?;
        }
        Ok(Self { paths: good })
    }
}

/// Reads the certificates, none of which may be there twice, be it with another signature.
fn read_chain<'a>(batch: &mut Batch<'a>, above: &'a [Opaque]) -> Result<Vec<Link>, X509Error> {
    let mut chain: Vec<Link> = Vec::new();
    for (position, der) in (1..).zip(above) {
        let link = Link { certificate: batch.authority(der, position)?, position };
        let Some(key) = link.certificate.key.as_ref() else {
            return Err(link.refused(CertificateDefect::UnsupportedKey));
        };
        let algorithm = batch.provider.signature(key.scheme);
        if algorithm.is_none_or(|algorithm| algorithm.check_public_key(&key.octets).is_err()) {
            return Err(link.refused(CertificateDefect::UnsupportedKey));
        }
        if chain.iter().any(|earlier| earlier.certificate.is_same_authority(&link.certificate)) {
            return Err(link.refused(CertificateDefect::Duplicate));
        }
        chain.push(link);
    }
    Ok(chain)
}

/// Each certificate certifies the one before it (RFC 9420 §5.3).
fn check_links(batch: &Batch<'_>, chain: &[Link]) -> Result<(), X509Error> {
    for (link, next) in chain.iter().zip(chain.iter().skip(1)) {
        if link.certificate.issuer != next.certificate.subject {
            return Err(next.refused(CertificateDefect::WrongOrder));
        }
    }
    for (link, next) in chain.iter().zip(chain.iter().skip(1)) {
        batch.check_signature(&link.certificate, &next.certificate).map_err(|d| link.refused(d))?;
    }
    Ok(())
}

struct Search<'s, 'a> {
    batch: &'s Batch<'a>,
    chain: &'s [Link],
    paths: Vec<Vec<Link>>,
    steps: usize,
    /// Why an anchor that has the right name was no issuer.
    defect: Option<CertificateDefect>,
}

impl Search<'_, '_> {
    /// The ways that end at an anchor in the chain, or at one that has issued a certificate before its last.
    fn within_chain(&mut self) {
        let mut path: Vec<Link> = Vec::new();
        for (index, link) in self.chain.iter().enumerate() {
            let anchors = self.batch.trust.anchors(&link.certificate.subject);
            if let Some(anchor) = anchors.iter().find(|anchor| anchor.is_same_authority(&link.certificate)) {
                // Anybody can copy an anchor's name and key into a certificate that nobody checks: the validator's own
                // one takes its place.
                self.keep_with(&path, anchor);
            }
            path.push(link.clone());
            let Some(next) = self.chain.get(index.saturating_add(1)) else { continue };
            for anchor in self.batch.trust.anchors(&link.certificate.issuer) {
                if !anchor.is_same_authority(&next.certificate) && self.has_issued(Some(link), anchor) {
                    self.keep_with(&path, anchor);
                }
            }
        }
    }

    /// The ways from the end of `path`, whose last certificate or, if it is empty, whose end entity was issued by
    /// `issuer`.
    fn beyond(&mut self, path: &mut Vec<Link>, issuer: &DistinguishedName) {
        let tip = path.last().cloned();
        let issuer = tip.as_ref().map_or(issuer, |tip| &tip.certificate.issuer);
        let trust = self.batch.trust;
        for anchor in trust.anchors(issuer) {
            let is_tip = tip.as_ref().is_some_and(|tip| tip.certificate.is_same_authority(anchor));
            if !is_tip && self.has_issued(tip.as_ref(), anchor) {
                self.keep_with(path, anchor);
            }
        }
        if path.len().saturating_add(2) > usize::from(self.batch.policy.limits.chain_length) {
            return;
        }
        for certificate in trust.intermediates(issuer) {
            let repeated = path.iter().any(|link| link.certificate.is_same_authority(certificate));
            if !repeated && self.has_issued(tip.as_ref(), certificate) {
                path.push(self.link(path, certificate));
                self.beyond(path, &certificate.issuer);
                path.pop();
            }
        }
    }

    /// Whether `issuer` has signed the certificate; that of the end entity itself is checked later.
    fn has_issued(&mut self, certificate: Option<&Link>, issuer: &Certificate) -> bool {
        let Some(steps) = self.steps.checked_sub(1) else { return false };
        self.steps = steps;
        let Some(link) = certificate else { return true };
        match self.batch.check_signature(&link.certificate, issuer) {
            Ok(()) => true,
            Err(defect) => {
                self.defect = self.defect.or(Some(defect));
                false
            }
        }
    }

    fn link(&self, path: &[Link], certificate: &Arc<Certificate>) -> Link {
        Link { certificate: Arc::clone(certificate), position: path.len().saturating_add(1) }
    }

    fn keep_with(&mut self, path: &[Link], anchor: &Arc<Certificate>) {
        let mut path = path.to_vec();
        path.push(self.link(&path, anchor));
        self.keep(path);
    }

    fn keep(&mut self, path: Vec<Link>) {
        if self.paths.len() < MAX_PATHS {
            self.paths.push(path);
        }
    }
}

/// Everything about the issuers that doesn't depend on the end entity (RFC 5280 §6.1.3 and §6.1.4).
fn check_path(batch: &mut Batch<'_>, path: &[Link]) -> Result<(), X509Error> {
    for (index, link) in path.iter().enumerate() {
        let below = path.get(..index).unwrap_or_default();
        let above = path.get(index.saturating_add(1));
        check_issuer(batch, link, above.is_none()).map_err(|defect| link.refused(defect))?;
        let counted = below.iter().filter(|lower| !lower.certificate.is_self_issued());
        let basic_constraints = link.certificate.extensions.basic_constraints.as_ref();
        let limit = basic_constraints.and_then(|constraints| constraints.path_len_constraint);
        if limit.is_some_and(|limit| counted.clone().count() > usize::from(limit)) {
            return Err(link.refused(CertificateDefect::PathTooLong));
        }
        if let Some(constraints) = &link.certificate.extensions.name_constraints {
            for lower in counted {
                constraints::check(constraints, &lower.certificate).map_err(|d| lower.refused(d))?;
            }
        }
        if let Some(issuer) = above {
            let revocation = batch.check_revocation(&link.certificate, &issuer.certificate);
            revocation.map_err(|defect| link.refused(defect))?;
        }
    }
    Ok(())
}

fn check_issuer(batch: &Batch<'_>, link: &Link, is_anchor: bool) -> Result<(), CertificateDefect> {
    let policy = batch.policy;
    if !is_anchor || policy.anchor_validity == AnchorValidity::Checked {
        link.certificate.check_validity(batch.now, policy.clock_skew)?;
    }
    link.certificate.check_authority()
}
