//! What a client supports.

use alloc::vec::Vec;

use copath_codec::wire_struct;
use copath_credentials::CredentialType;
use copath_crypto::CipherSuite;

use crate::{ExtensionType, ProposalType, ProtocolVersion, grease};

wire_struct! {
    /// What a client supports.
    ///
    /// RFC 9420 §7.2. Default extensions and proposals aren't listed (rule 7.2-01); a listed one changes nothing (rule
    /// 7.2-02).
    #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct Capabilities {
        /// Versions of the protocol.
        pub versions: Vec<ProtocolVersion>,
        /// Cipher suites.
        pub cipher_suites: Vec<CipherSuite>,
        /// Extension types that aren't defaults.
        pub extensions: Vec<ExtensionType>,
        /// Proposal types that aren't defaults.
        pub proposals: Vec<ProposalType>,
        /// Credential types; there are no defaults.
        pub credentials: Vec<CredentialType>,
    }
}

impl Capabilities {
    /// Whether the version is listed.
    pub fn supports_version(&self, version: ProtocolVersion) -> bool {
        self.versions.contains(&version)
    }

    /// Whether the suite is listed.
    pub fn supports_cipher_suite(&self, cipher_suite: CipherSuite) -> bool {
        self.cipher_suites.contains(&cipher_suite)
    }

    /// Whether the extension type is a default or listed (rule 7.3-05).
    pub fn supports_extension(&self, extension_type: ExtensionType) -> bool {
        extension_type.is_default() || self.extensions.contains(&extension_type)
    }

    /// Whether the proposal type is a default or listed (rule 7.3-05).
    pub fn supports_proposal(&self, proposal_type: ProposalType) -> bool {
        proposal_type.is_default() || self.proposals.contains(&proposal_type)
    }

    /// Whether the credential type is listed.
    pub fn supports_credential(&self, credential_type: CredentialType) -> bool {
        self.credentials.contains(&credential_type)
    }

    /// The same without GREASE values, to compute what clients have in common (rule 13.5-07).
    #[must_use]
    pub fn without_grease(&self) -> Self {
        Self {
            versions: self.versions.clone(),
            cipher_suites: kept(&self.cipher_suites, |suite| suite.0),
            extensions: kept(&self.extensions, |extension| extension.0),
            proposals: kept(&self.proposals, |proposal| proposal.0),
            credentials: kept(&self.credentials, |credential| credential.0),
        }
    }
}

fn kept<T: Copy>(list: &[T], code: impl Fn(T) -> u16) -> Vec<T> {
    list.iter().copied().filter(|value| !grease::is_grease(code(*value))).collect()
}
