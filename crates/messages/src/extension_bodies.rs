//! The bodies of the extensions that RFC 9420 defines, except for the tree, which the tree's crate reads.

use alloc::vec::Vec;

use copath_codec::{Decode, DecodeError, Encode, Opaque, Reader, Writer, wire_struct};
use copath_credentials::{Credential, CredentialType};

use crate::{ExtensionBody, ExtensionType, HpkePublicKey, ProposalType, SignaturePublicKey};

wire_struct! {
    /// An identifier that the application chose for a leaf; the Authentication Service doesn't vouch for it.
    ///
    /// RFC 9420 §5.3.3. Several leaves may have the same.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ApplicationId {
        /// Any octets.
        pub application_id: Opaque,
    }
}

wire_struct! {
    /// What every member of the group has to support.
    ///
    /// RFC 9420 §11.1. Default types are supported without being listed anywhere; credential types have no defaults.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct RequiredCapabilities {
        /// Extension types.
        pub extension_types: Vec<ExtensionType>,
        /// Proposal types.
        pub proposal_types: Vec<ProposalType>,
        /// Credential types.
        pub credential_types: Vec<CredentialType>,
    }
}

wire_struct! {
    /// The public key that an external join encapsulates to.
    ///
    /// RFC 9420 §12.4.3.2.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ExternalPub {
        /// The key that belongs to the epoch's external_secret.
        pub external_pub: HpkePublicKey,
    }
}

wire_struct! {
    /// Someone outside of the group who may send proposals.
    ///
    /// RFC 9420 §12.1.8.1.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ExternalSender {
        /// The key that their messages are signed with.
        pub signature_key: SignaturePublicKey,
        /// Who they are.
        pub credential: Credential,
    }
}

/// Everyone outside of the group who may send proposals; the position in the list is the `sender_index`.
///
/// RFC 9420 §12.1.8.1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExternalSenders(pub Vec<ExternalSender>);

impl Encode for ExternalSenders {
    fn encode(&self, writer: &mut Writer) {
        writer.list(&self.0);
    }
}

impl Decode for ExternalSenders {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.field("ExternalSenders", Reader::list).map(Self)
    }
}

copath_codec::impl_tls_codec!(ExternalSenders);

impl ExtensionBody for ApplicationId {
    const TYPE: ExtensionType = ExtensionType::APPLICATION_ID;
}

impl ExtensionBody for RequiredCapabilities {
    const TYPE: ExtensionType = ExtensionType::REQUIRED_CAPABILITIES;
}

impl ExtensionBody for ExternalPub {
    const TYPE: ExtensionType = ExtensionType::EXTERNAL_PUB;
}

impl ExtensionBody for ExternalSenders {
    const TYPE: ExtensionType = ExtensionType::EXTERNAL_SENDERS;
}
