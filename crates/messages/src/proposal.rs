//! Proposals.

use alloc::boxed::Box;
use alloc::vec::Vec;

use copath_codec::{
    Decode, DecodeError, DecodeErrorKind, Encode, Opaque, Reader, Registry, Writer, wire_struct,
};
use copath_crypto::CipherSuite;
use copath_rules::rule;

use crate::{Extensions, GroupId, KeyPackage, LeafNode, PreSharedKeyId, ProposalType, ProtocolVersion};

/// A change to the group that a Commit may cover.
///
/// RFC 9420 §12.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proposal {
    /// Adds a client.
    Add(Add),
    /// Replaces the sender's leaf.
    Update(Update),
    /// Removes a member.
    Remove(Remove),
    /// Injects a pre-shared key.
    PreSharedKey(PreSharedKey),
    /// Closes the group in favour of a new one.
    ReInit(ReInit),
    /// Carries the KEM output of an external commit.
    ExternalInit(ExternalInit),
    /// Replaces the extensions of the GroupContext.
    GroupContextExtensions(GroupContextExtensions),
    /// A proposal of a type beyond RFC 9420.
    Custom(CustomProposal),
}

wire_struct! {
    /// Adds the client that published the KeyPackage.
    ///
    /// RFC 9420 §12.1.1.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Add {
        /// The KeyPackage.
        pub key_package: Box<KeyPackage>,
    }
}

wire_struct! {
    /// Replaces the sender's leaf.
    ///
    /// RFC 9420 §12.1.2.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Update {
        /// The new leaf.
        pub leaf_node: Box<LeafNode>,
    }
}

wire_struct! {
    /// Removes a member.
    ///
    /// RFC 9420 §12.1.3.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Remove {
        /// The member's leaf index; any value decodes.
        pub removed: u32,
    }
}

wire_struct! {
    /// Injects a pre-shared key into the key schedule.
    ///
    /// RFC 9420 §12.1.4.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct PreSharedKey {
        /// The key.
        pub psk: PreSharedKeyId,
    }
}

wire_struct! {
    /// Closes the group in favour of a new one with these parameters.
    ///
    /// RFC 9420 §12.1.5.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ReInit {
        /// The new group.
        pub group_id: GroupId,
        /// Its version.
        pub version: ProtocolVersion,
        /// Its suite.
        pub cipher_suite: CipherSuite,
        /// Its extensions.
        pub extensions: Extensions,
    }
}

wire_struct! {
    /// Carries the init secret of an external commit to the members.
    ///
    /// RFC 9420 §12.1.6.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ExternalInit {
        /// The encapsulated key: Nenc octets.
        pub kem_output: Opaque,
    }
}

wire_struct! {
    /// Replaces the extensions of the GroupContext.
    ///
    /// RFC 9420 §12.1.7.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct GroupContextExtensions {
        /// The whole new list.
        pub extensions: Extensions,
    }
}

/// A proposal of a type beyond RFC 9420, as its octets.
///
/// RFC 9420 §12.1 gives a proposal no length, so that only a type whose shape is registered in the
/// [`DecodeContext`](copath_codec::DecodeContext) can be read (rule 12.1-04).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomProposal {
    /// The type; none of RFC 9420's.
    pub proposal_type: ProposalType,
    /// The octets after the type exactly as on the wire.
    pub body: Vec<u8>,
}

impl Proposal {
    /// The type that stands before the body.
    pub fn proposal_type(&self) -> ProposalType {
        match self {
            Self::Add(_) => ProposalType::ADD,
            Self::Update(_) => ProposalType::UPDATE,
            Self::Remove(_) => ProposalType::REMOVE,
            Self::PreSharedKey(_) => ProposalType::PSK,
            Self::ReInit(_) => ProposalType::REINIT,
            Self::ExternalInit(_) => ProposalType::EXTERNAL_INIT,
            Self::GroupContextExtensions(_) => ProposalType::GROUP_CONTEXT_EXTENSIONS,
            Self::Custom(custom) => custom.proposal_type,
        }
    }
}

impl CustomProposal {
    /// Reads the body by the shape that is registered for the type.
    fn decode_body(proposal_type: ProposalType, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let Some(shape) = reader.context().body(Registry::Proposal, proposal_type.0) else {
            return Err(reader.error(DecodeErrorKind::UnregisteredBody {
                registry: "proposal types",
                code: proposal_type.0,
                rule: rule!("12.1-04"),
            }));
        };
        let body = reader.field("Proposal.body", |r| shape.read(r))?;
        Ok(Self { proposal_type, body: body.to_vec() })
    }
}

impl Encode for Proposal {
    fn encode(&self, writer: &mut Writer) {
        writer.value(&self.proposal_type());
        match self {
            Self::Add(add) => writer.value(add),
            Self::Update(update) => writer.value(update),
            Self::Remove(remove) => writer.value(remove),
            Self::PreSharedKey(psk) => writer.value(psk),
            Self::ReInit(reinit) => writer.value(reinit),
            Self::ExternalInit(init) => writer.value(init),
            Self::GroupContextExtensions(change) => writer.value(change),
            Self::Custom(custom) => writer.bytes(&custom.body),
        };
    }
}

impl Decode for Proposal {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.field("Proposal.proposal_type", ProposalType::decode)? {
            ProposalType::ADD => Self::Add(reader.field("Proposal.add", Add::decode)?),
            ProposalType::UPDATE => Self::Update(reader.field("Proposal.update", Update::decode)?),
            ProposalType::REMOVE => Self::Remove(reader.field("Proposal.remove", Remove::decode)?),
            ProposalType::PSK => Self::PreSharedKey(reader.field("Proposal.psk", PreSharedKey::decode)?),
            ProposalType::REINIT => Self::ReInit(reader.field("Proposal.reinit", ReInit::decode)?),
            ProposalType::EXTERNAL_INIT => {
                Self::ExternalInit(reader.field("Proposal.external_init", ExternalInit::decode)?)
            }
            ProposalType::GROUP_CONTEXT_EXTENSIONS => {
                let decode = GroupContextExtensions::decode;
                Self::GroupContextExtensions(reader.field("Proposal.group_context_extensions", decode)?)
            }
            other => Self::Custom(CustomProposal::decode_body(other, reader)?),
        })
    }
}

copath_codec::impl_tls_codec!(Proposal);
