//! One batch of questions: what its chains have in common is read and verified once.

use std::collections::BTreeMap;
use std::sync::Arc;

use copath_codec::Opaque;
use copath_credentials::{CertificateDefect, Credential, CredentialQuestion, CredentialRole, Timestamp};
use copath_crypto::{CryptoError, CryptoProvider};

use crate::certificate::{Certificate, Unreadable};
use crate::issuers::{Issuers, Link};
use crate::key::PublicKey;
use crate::validator::VerifiedChain;
use crate::{
    DistinguishedName, Identity, KeyPurpose, MissingRevocationList, Policy, RevocationList, TrustStore,
    X509Error, constraints,
};

/// What questions are answered with, at one time.
pub(crate) struct Batch<'a> {
    pub(crate) provider: &'a dyn CryptoProvider,
    pub(crate) policy: &'a Policy,
    pub(crate) trust: &'a TrustStore,
    pub(crate) now: u64,
    /// Certificates of issuers, by their octets.
    certificates: BTreeMap<&'a [u8], Result<Arc<Certificate>, Unreadable>>,
    /// The ways from a chain without its first certificate, or from an issuer's name, to the anchors.
    issuers: BTreeMap<IssuersKey<'a>, Result<Arc<Issuers>, X509Error>>,
    lists: BTreeMap<(DistinguishedName, PublicKey), ListState>,
}

type IssuersKey<'a> = (&'a [Opaque], Option<DistinguishedName>);

/// What is known of an authority's revocation list.
type ListState = Result<Arc<RevocationList>, CertificateDefect>;

impl<'a> Batch<'a> {
    pub(crate) fn new(
        provider: &'a dyn CryptoProvider,
        policy: &'a Policy,
        trust: &'a TrustStore,
        now: Timestamp,
    ) -> Self {
        let now = now.as_secs();
        let (certificates, issuers, lists) = Default::default();
        Self { provider, policy, trust, now, certificates, issuers, lists }
    }

    pub(crate) fn answer(&mut self, question: &'a CredentialQuestion) -> Result<(), X509Error> {
        match question {
            CredentialQuestion::Valid { role, credential, signature_key } => {
                self.verify(chain_of(credential)?, signature_key, *role).map(drop)
            }
            CredentialQuestion::Successor { old, old_signature_key, new, new_signature_key } => {
                let same = self.identity(old, old_signature_key)? == self.identity(new, new_signature_key)?;
                if same { Ok(()) } else { Err(X509Error::NotASuccessor) }
            }
            CredentialQuestion::SameClient { a, a_signature_key, b, b_signature_key } => {
                let same = self.identity(a, a_signature_key)? == self.identity(b, b_signature_key)?;
                if same { Ok(()) } else { Err(X509Error::DifferentIdentity) }
            }
            _ => Err(X509Error::NotX509),
        }
    }

    /// Judges a chain in full.
    pub(crate) fn verify(
        &mut self,
        chain: &'a [Opaque],
        signature_key: &[u8],
        role: CredentialRole,
    ) -> Result<VerifiedChain, X509Error> {
        self.check_size(chain)?;
        let (leaf, above) = self.end_entity(chain, signature_key)?;
        if let Some(repeated) = above.iter().position(|der| Some(der) == chain.first()) {
            let defect = CertificateDefect::Duplicate;
            return Err(X509Error::defect(repeated.saturating_add(1), Some(&leaf.subject), defect));
        }
        if let Some(first) = above.first() {
            let issuer = self.authority(first, 1)?;
            if issuer.subject != leaf.issuer {
                let defect = CertificateDefect::WrongOrder;
                return Err(X509Error::defect(1, Some(&issuer.subject), defect));
            }
        }
        let issuers = self.issuers_of(above, &leaf)?;
        let refused = |defect| X509Error::defect(0, Some(&leaf.subject), defect);
        self.check_end_entity(&leaf, role).map_err(refused)?;
        let path = self.choose(&leaf, &issuers, role)?;
        let identity = Identity::of(&leaf, self.policy.identity).map_err(refused)?;
        if !self.policy.expects(role, &identity) {
            return Err(X509Error::WrongIdentity);
        }
        Ok(VerifiedChain::new(identity, &leaf, path))
    }

    /// The identity that a credential was accepted with, whether or not it would be accepted now.
    fn identity(&self, credential: &'a Credential, signature_key: &[u8]) -> Result<Identity, X509Error> {
        let chain = chain_of(credential)?;
        self.check_size(chain)?;
        let (leaf, _) = self.end_entity(chain, signature_key)?;
        Identity::of(&leaf, self.policy.identity)
            .map_err(|defect| X509Error::defect(0, Some(&leaf.subject), defect))
    }

    fn check_size(&self, chain: &[Opaque]) -> Result<(), X509Error> {
        let limits = &self.policy.limits;
        if chain.is_empty() {
            return Err(X509Error::EmptyChain);
        }
        if chain.len() > usize::from(limits.chain_length) {
            return Err(X509Error::ChainTooLong { length: chain.len(), limit: limits.chain_length });
        }
        match chain.iter().position(|der| der.len() > limits.certificate_size) {
            Some(position) => Err(X509Error::defect(position, None, CertificateDefect::TooLarge)),
            None => Ok(()),
        }
    }

    /// The first certificate, whose key is `signature_key`, and the rest of the chain.
    fn end_entity(
        &self,
        chain: &'a [Opaque],
        signature_key: &[u8],
    ) -> Result<(Certificate, &'a [Opaque]), X509Error> {
        let (first, above) = chain.split_first().ok_or(X509Error::EmptyChain)?;
        let unreadable = |(subject, defect): Unreadable| X509Error::defect(0, subject.as_ref(), defect);
        let leaf = Certificate::read(first, &self.policy.limits).map_err(unreadable)?;
        let defect = match &leaf.key {
            None => CertificateDefect::UnsupportedKey,
            Some(key) if key.octets != signature_key => CertificateDefect::KeyMismatch,
            Some(_) => return Ok((leaf, above)),
        };
        Err(X509Error::defect(0, Some(&leaf.subject), defect))
    }

    /// The certificate of an issuer, read once a batch.
    pub(crate) fn authority(
        &mut self,
        der: &'a [u8],
        position: usize,
    ) -> Result<Arc<Certificate>, X509Error> {
        let limits = &self.policy.limits;
        let read = || Certificate::read(der, limits).map(Arc::new);
        let certificate = self.certificates.entry(der).or_insert_with(read).clone();
        certificate.map_err(|(subject, defect)| X509Error::defect(position, subject.as_ref(), defect))
    }

    /// The verified ways from the issuer of `leaf` to trust anchors, found once a batch.
    fn issuers_of(&mut self, above: &'a [Opaque], leaf: &Certificate) -> Result<Arc<Issuers>, X509Error> {
        let name = above.is_empty().then(|| leaf.issuer.clone());
        let key = (above, name);
        if let Some(found) = self.issuers.get(&key) {
            return found.clone();
        }
        let found = Issuers::find(self, above, &leaf.issuer).map(Arc::new);
        self.issuers.insert(key, found.clone());
        found
    }

    fn check_end_entity(&self, leaf: &Certificate, role: CredentialRole) -> Result<(), CertificateDefect> {
        if leaf.extensions.basic_constraints.as_ref().is_some_and(|constraints| constraints.ca) {
            return Err(CertificateDefect::IsAnAuthority);
        }
        if leaf.extensions.key_usage.is_some_and(|usage| !usage.digital_signature()) {
            return Err(CertificateDefect::MayNotSign);
        }
        check_purposes(leaf, self.policy.purposes_of(role))?;
        let grace = match role {
            CredentialRole::Member => self.policy.expired_member_grace,
            _ => 0,
        };
        match leaf.check_validity(self.now, self.policy.clock_skew) {
            Err(CertificateDefect::Expired) if grace > 0 => {
                leaf.check_validity(self.now.saturating_sub(grace), self.policy.clock_skew)
            }
            verdict => verdict,
        }
    }

    /// The first way to an anchor that bears `leaf`.
    fn choose<'i>(
        &mut self,
        leaf: &Certificate,
        issuers: &'i Issuers,
        role: CredentialRole,
    ) -> Result<&'i [Link], X509Error> {
        let mut first_error = None;
        for path in issuers.paths() {
            match self.check_under(leaf, path, role) {
                Ok(()) => return Ok(path),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        let unknown = || X509Error::defect(0, Some(&leaf.subject), CertificateDefect::UnknownIssuer);
        Err(first_error.unwrap_or_else(unknown))
    }

    fn check_under(
        &mut self,
        leaf: &Certificate,
        path: &[Link],
        role: CredentialRole,
    ) -> Result<(), X509Error> {
        let refused = |defect| X509Error::defect(0, Some(&leaf.subject), defect);
        let Some(issuer) = path.first() else { return Err(refused(CertificateDefect::UnknownIssuer)) };
        self.check_signature(leaf, &issuer.certificate).map_err(refused)?;
        for (link, _) in path.iter().zip(path.iter().skip(1)) {
            let purposes = check_purposes(&link.certificate, self.policy.purposes_of(role));
            purposes.map_err(|defect| link.refused(defect))?;
        }
        for constraints in path.iter().filter_map(|l| l.certificate.extensions.name_constraints.as_ref()) {
            constraints::check(constraints, leaf).map_err(refused)?;
        }
        self.check_revocation(leaf, &issuer.certificate).map_err(refused)
    }

    /// Whether the issuer's key verifies the certificate's signature.
    pub(crate) fn check_signature(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
    ) -> Result<(), CertificateDefect> {
        use CertificateDefect::{BadSignature, UnsupportedSignature};
        let key = issuer.key.as_ref().ok_or(UnsupportedSignature)?;
        let scheme = certificate.signature_scheme.filter(|scheme| *scheme == key.scheme);
        let algorithm = self.provider.signature(scheme.ok_or(UnsupportedSignature)?);
        let verdict = algorithm.ok_or(UnsupportedSignature)?.verify(
            &key.octets,
            &certificate.signed,
            &certificate.signature,
        );
        verdict.map_err(|_: CryptoError| BadSignature)
    }

    /// Whether the issuer has revoked the certificate.
    pub(crate) fn check_revocation(
        &mut self,
        certificate: &Certificate,
        issuer: &Certificate,
    ) -> Result<(), CertificateDefect> {
        let lists = self.trust.revocation_lists(&issuer.subject);
        let Some(key) = issuer.key.clone().filter(|_| !lists.is_empty()) else {
            return match self.policy.revocation.missing {
                MissingRevocationList::Accept => Ok(()),
                MissingRevocationList::Refuse => Err(CertificateDefect::RevocationUnknown),
            };
        };
        let known = (issuer.subject.clone(), key);
        let state = match self.lists.get(&known) {
            Some(state) => state.clone(),
            None => {
                let state = self.usable_list(lists, issuer, &known.1);
                self.lists.insert(known, state.clone());
                state
            }
        };
        if state?.revokes(&certificate.serial) { Err(CertificateDefect::Revoked) } else { Ok(()) }
    }

    /// The newest list that the issuer has signed, if it is fresh.
    fn usable_list(&self, lists: &[Arc<RevocationList>], issuer: &Certificate, key: &PublicKey) -> ListState {
        use CertificateDefect::{RevocationListForged, RevocationListNotYetValid, RevocationListStale};
        let may_sign = issuer.extensions.key_usage.is_none_or(|usage| usage.crl_sign());
        let genuine = lists.iter().find(|list| may_sign && self.signs(key, list));
        let list = genuine.ok_or(RevocationListForged)?;
        let skew = self.policy.clock_skew;
        if self.now.saturating_add(skew) < list.this_update() {
            return Err(RevocationListNotYetValid);
        }
        let oldest = self.policy.revocation.maximum_age.map(|age| list.this_update().saturating_add(age));
        let end = oldest.map_or(list.next_update(), |oldest| oldest.min(list.next_update()));
        if self.now > end.saturating_add(skew) {
            return Err(RevocationListStale);
        }
        Ok(Arc::clone(list))
    }

    fn signs(&self, key: &PublicKey, list: &RevocationList) -> bool {
        let algorithm = self.provider.signature(key.scheme).filter(|_| key.scheme == list.signature_scheme);
        algorithm.is_some_and(|a| a.verify(&key.octets, &list.signed, &list.signature).is_ok())
    }
}

fn chain_of(credential: &Credential) -> Result<&[Opaque], X509Error> {
    match credential {
        Credential::X509 { certificates } => Ok(certificates),
        _ => Err(X509Error::NotX509),
    }
}

fn check_purposes(certificate: &Certificate, wanted: &[KeyPurpose]) -> Result<(), CertificateDefect> {
    match &certificate.extensions.purposes {
        Some(purposes) if !wanted.iter().any(|purpose| purposes.contains(&purpose.0)) => {
            Err(CertificateDefect::WrongPurpose)
        }
        _ => Ok(()),
    }
}
