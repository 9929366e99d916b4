//! Who vouches for the names in the demo: a directory of keys, or a certification authority in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use copath::{
    CipherSuite, Credential, CredentialValidator, CryptoProvider, FixedDirectory, Identity, Timestamp,
};
use copath_credentials_x509::{
    CertificateRequest, IdentitySource, Limits, Policy, RequestedName, RevocationList, TrustAnchor,
    TrustStore, X509Error, X509Validator, credential_from_der,
};

use crate::authority::{Authority, Period, Revoked, Subject};
use crate::failure::Failure;

/// For how long the certificates of the demo are valid, in days.
const DAYS: u32 = 30;

/// Who vouches for names.
#[derive(Debug)]
pub(crate) enum Credentials {
    /// A directory that knows everybody's key.
    Basic(Directory),
    /// A certification authority.
    X509(Box<Organisation>),
}

/// A directory that knows everybody's key.
#[derive(Debug)]
pub(crate) struct Directory {
    provider: Arc<dyn CryptoProvider>,
    suite: CipherSuite,
    keys: FixedDirectory,
}

/// A certification authority that everybody trusts, and what it has issued.
#[derive(Debug)]
pub(crate) struct Organisation {
    provider: Arc<dyn CryptoProvider>,
    suite: CipherSuite,
    root: Authority,
    intermediate: Authority,
    validator: Arc<X509Validator>,
    now: Timestamp,
    /// The newest certificate of each name.
    serials: BTreeMap<String, u64>,
    next_serial: u64,
    revoked: Vec<Revoked>,
}

impl Credentials {
    pub(crate) fn basic(provider: &Arc<dyn CryptoProvider>, suite: CipherSuite) -> Self {
        Self::Basic(Directory { provider: Arc::clone(provider), suite, keys: FixedDirectory::new() })
    }

    pub(crate) fn x509(
        provider: &Arc<dyn CryptoProvider>,
        suite: CipherSuite,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        Ok(Self::X509(Box::new(Organisation::new(provider, suite, now)?)))
    }

    /// A fresh key for a name, with a credential that says so.
    pub(crate) fn identity(&mut self, name: &str) -> Result<Identity, Failure> {
        match self {
            Self::Basic(directory) => directory.identity(name),
            Self::X509(organisation) => organisation.identity(name),
        }
    }

    /// Who everybody asks about credentials.
    pub(crate) fn validator(&self) -> Arc<dyn CredentialValidator> {
        match self {
            Self::Basic(directory) => Arc::new(directory.keys.clone()),
            Self::X509(organisation) => Arc::clone(&organisation.validator) as _,
        }
    }
}

impl Directory {
    fn identity(&mut self, name: &str) -> Result<Identity, Failure> {
        let identity = Identity::generate(&self.provider, self.suite, Credential::basic(name.as_bytes()))?;
        self.keys.insert(name.as_bytes(), identity.signature_key());
        Ok(identity)
    }
}

impl Organisation {
    fn new(provider: &Arc<dyn CryptoProvider>, suite: CipherSuite, now: Timestamp) -> Result<Self, Failure> {
        let key =
            || Identity::generate(provider, suite, Credential::basic(b"")).map(|key| key.signer().clone());
        let period = Period::days(now, DAYS).map_err(Failure::Certifying)?;
        let root = Authority::root(&Subject::for_tests("Demo Root"), key()?, 1, period);
        let root = root.map_err(Failure::Certifying)?;
        let intermediate = root.intermediate(&Subject::for_tests("Demo Intermediate"), key()?, 2, period);
        let intermediate = intermediate.map_err(Failure::Certifying)?;
        let anchor = TrustAnchor::from_der(root.certificate(), &Limits::DEFAULT).map_err(Failure::Demo)?;
        let trust = TrustStore::new().with_anchor(anchor);
        let policy = Policy::new(IdentitySource::EmailAddress);
        let validator = Arc::new(X509Validator::new(Arc::clone(provider), policy, trust));
        Ok(Self {
            provider: Arc::clone(provider),
            suite,
            root,
            intermediate,
            validator,
            now,
            serials: BTreeMap::new(),
            next_serial: 3,
            revoked: Vec::new(),
        })
    }

    /// A fresh key, a request for it, and the certificate that the intermediate authority issues.
    pub(crate) fn identity(&mut self, name: &str) -> Result<Identity, Failure> {
        let key = Identity::generate(&self.provider, self.suite, Credential::basic(name.as_bytes()))?;
        let signer = Arc::clone(key.signer());
        let mailbox = RequestedName::EmailAddress(format!("{}@example.com", name.replace(' ', "-")));
        let request = CertificateRequest::new(&*signer, &format!("CN={name}"), &[mailbox]);
        let request = request.map_err(Failure::Demo)?;
        let period = Period::days(self.now, DAYS).map_err(Failure::Certifying)?;
        let serial = self.next_serial;
        let certificate = self.intermediate.issue(&request, serial, period).map_err(Failure::Certifying)?;
        self.next_serial = serial.saturating_add(1);
        self.serials.insert(name.to_owned(), serial);
        let chain = vec![certificate, self.intermediate.certificate().to_vec()];
        let credential = credential_from_der(chain, &*signer, &Limits::DEFAULT).map_err(Failure::Demo)?;
        Ok(Identity::new(credential, signer))
    }

    /// Revokes the newest certificate of a name; everybody has the new list at once. Tells its size in octets.
    pub(crate) fn revoke(&mut self, name: &str) -> Result<usize, Failure> {
        let unknown = || Failure::Undelivered { name: name.to_owned() };
        let serial = *self.serials.get(name).ok_or_else(unknown)?;
        self.revoked.push(Revoked { serial, at: self.now });
        let number = u64::try_from(self.revoked.len()).unwrap_or(u64::MAX);
        let period = Period::days(self.now, DAYS).map_err(Failure::Certifying)?;
        let der = self.intermediate.revocation_list(&self.revoked, number, period);
        let der = der.map_err(Failure::Certifying)?;
        let list = RevocationList::from_der(&der, &Limits::DEFAULT);
        let list = list.map_err(|error| Failure::Demo(X509Error::from(error)))?;
        let trust = TrustStore::clone(&self.validator.trust());
        self.validator.set_trust(trust.without_revocation_lists().with_revocation_list(list));
        Ok(der.len())
    }

    /// Octets of the certificates of the authorities.
    pub(crate) fn authority_octets(&self) -> (usize, usize) {
        (self.root.certificate().len(), self.intermediate.certificate().len())
    }
}
