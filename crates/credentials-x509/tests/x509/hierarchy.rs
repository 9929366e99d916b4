//! A root, an intermediate and Alice.

use copath_codec::Opaque;
use copath_credentials_x509::{VerifiedChain, X509Error};
use rcgen::CertificateParams;

use crate::authority::{Certified, as_is};

/// A root, an intermediate and Alice.
pub(crate) struct Hierarchy {
    pub(crate) root: Certified,
    pub(crate) middle: Certified,
    pub(crate) leaf: Certified,
}

impl Hierarchy {
    pub(crate) fn new() -> Self {
        Self::adjusted(as_is, as_is, as_is)
    }

    pub(crate) fn adjusted(
        root: impl FnOnce(&mut CertificateParams),
        middle: impl FnOnce(&mut CertificateParams),
        leaf: impl FnOnce(&mut CertificateParams),
    ) -> Self {
        let root = Certified::root("Root", root);
        let middle = root.authority("Intermediate", middle);
        let leaf = middle.client(leaf);
        Self { root, middle, leaf }
    }

    /// The chain without the root.
    pub(crate) fn chain(&self) -> Vec<Opaque> {
        crate::chain(&[&self.leaf.der, &self.middle.der])
    }

    /// The verdict under the default policy.
    pub(crate) fn verify(&self, chain: &[Opaque]) -> Result<VerifiedChain, X509Error> {
        let validator = crate::validator(crate::policy(), crate::trust(&self.root.der));
        crate::verify(&validator, chain, self.leaf.key.public())
    }
}
