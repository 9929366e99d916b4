//! One's own leaf.
//!
//! RFC 9420 §7.2.

use alloc::vec::Vec;

use copath_codec::Opaque;
use copath_credentials::Credential;
use copath_crypto::{CipherSuite, Signer, Suite};
use copath_messages::{
    Capabilities, CredentialType, ExtensionType, Extensions, LeafNodeSource, ProposalType, ProtocolVersion,
    UnsignedLeafNode,
};
use copath_rules::{Part, Violation, rule};

use crate::places::check_leaf_extension_places;
use crate::refusal::Refusal;
use crate::{ExtensionPlace, GroupError, Registrations};

/// What a client says of itself in a leaf.
#[derive(Clone, Debug)]
pub struct LeafParameters {
    /// Who it is.
    pub credential: Credential,
    /// What it supports.
    pub capabilities: Capabilities,
    /// Leaf extensions.
    pub extensions: Extensions,
}

impl LeafParameters {
    /// A client with `credential` that supports `suites`, and of all else what RFC 9420 defines.
    pub fn new(credential: Credential, suites: &[CipherSuite]) -> Self {
        let capabilities = Capabilities {
            versions: [ProtocolVersion::MLS10].into(),
            cipher_suites: suites.to_vec(),
            extensions: Vec::new(),
            proposals: Vec::new(),
            credentials: [CredentialType::BASIC, CredentialType::X509].into(),
        };
        Self { credential, capabilities, extensions: Extensions::default() }
    }

    /// Says that extensions of a type beyond RFC 9420 are supported.
    #[must_use]
    pub fn supporting_extension(mut self, extension_type: ExtensionType) -> Self {
        push_new(&mut self.capabilities.extensions, extension_type);
        self
    }

    /// Says that proposals of a type beyond RFC 9420 are supported.
    #[must_use]
    pub fn supporting_proposal(mut self, proposal_type: ProposalType) -> Self {
        push_new(&mut self.capabilities.proposals, proposal_type);
        self
    }

    /// Says that everything that is registered is supported (RFC 9420 §7.2). The engine does so for every own leaf.
    #[must_use]
    pub fn supporting_registered(mut self, registrations: &Registrations) -> Self {
        let capabilities = &mut self.capabilities;
        for definition in registrations.extensions() {
            push_new(&mut capabilities.extensions, definition.extension_type());
        }
        for definition in registrations.proposals() {
            push_new(&mut capabilities.proposals, definition.proposal_type());
        }
        for definition in registrations.credentials() {
            push_new(&mut capabilities.credentials, definition.credential_type());
        }
        self
    }

    /// The parameters of an own leaf under `registrations`.
    ///
    /// # Errors
    /// An extension of a registered type doesn't belong into a leaf, or hasn't the registered shape.
    pub(crate) fn registered(self, registrations: &Registrations) -> Result<Self, Refusal> {
        registrations.check_extensions(ExtensionPlace::LeafNode, &self.extensions)?;
        Ok(self.supporting_registered(registrations))
    }

    /// Lists the types of `extensions` in the capabilities (RFC 9420 §7.2), except default ones.
    pub(crate) fn list_extensions(&mut self, extensions: &Extensions) {
        for extension in extensions.iter().filter(|extension| !extension.extension_type.is_default()) {
            push_new(&mut self.capabilities.extensions, extension.extension_type);
        }
    }

    /// The leaf before it is signed by `signer`, whose key it carries.
    ///
    /// # Errors
    /// Rules 7.2-01 (defaults are not listed), 7.2-04, 7.2-05, 7.2-12, 7.3-06, 13.4-03.
    pub(crate) fn unsigned(
        self,
        suite: &Suite,
        encryption_key: Vec<u8>,
        leaf_node_source: LeafNodeSource,
        signer: &dyn Signer,
    ) -> Result<UnsignedLeafNode, GroupError> {
        self.check(suite)?;
        if let LeafNodeSource::KeyPackage(lifetime) = &leaf_node_source
            && lifetime.length().is_none()
        {
            return Err(Violation::new(rule!("7.2-12")).at(Part::KeyPackage).into());
        }
        Ok(UnsignedLeafNode {
            encryption_key: encryption_key.into(),
            signature_key: Opaque::from(signer.public_key()),
            credential: self.credential,
            capabilities: self.capabilities,
            leaf_node_source,
            extensions: self.extensions,
        })
    }

    fn check(&self, suite: &Suite) -> Result<(), Violation> {
        let capabilities = &self.capabilities;
        let part = Part::KeyPackage;
        self.extensions.check_unique()?;
        check_leaf_extension_places(&self.extensions)?;
        if capabilities.extensions.iter().any(|t| t.is_default())
            || capabilities.proposals.iter().any(|t| t.is_default())
        {
            return Err(Violation::new(rule!("7.2-01")).at(part));
        }
        let listed = |t: ExtensionType| t.is_default() || capabilities.extensions.contains(&t);
        if let Some(extension) = self.extensions.iter().find(|e| !listed(e.extension_type)) {
            return Err(Violation::new(rule!("7.2-04")).at(Part::Extension(extension.extension_type.0)));
        }
        if !capabilities.credentials.contains(&self.credential.credential_type()) {
            return Err(Violation::new(rule!("7.2-05")).at(part));
        }
        if !capabilities.cipher_suites.contains(&suite.cipher_suite())
            || !capabilities.versions.contains(&ProtocolVersion::MLS10)
        {
            return Err(Violation::new(rule!("7.3-06")).at(part));
        }
        Ok(())
    }
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if !list.contains(&value) {
        list.push(value);
    }
}
