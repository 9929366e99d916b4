//! Every wire structure of MLS, and the signatures over them.
//!
//! RFC 9420 §6, §7.1 to §7.6, §8.1, §8.4, §10, §12 and §13. Structures and fields have the RFC's names; decoding is
//! structural only, so a decoded value is *unverified*. What a structure can be checked for by itself has a method
//! here, and a type of its own for the outcome ([`VerifiedKeyPackage`], [`VerifiedContent`]); rules that need a
//! tree, an epoch or a policy live above.
#![no_std]

extern crate alloc;

#[macro_use]
mod signed_struct;

mod auth_data;
mod authenticated_content;
mod capabilities;
mod code_points;
mod commit;
mod draft_code_points;
pub mod draft_ietf_mls_extensions;
mod error;
mod extension;
mod extension_bodies;
mod framed_content;
mod framed_content_ref;
pub mod grease;
mod group_context;
mod group_info;
mod identifiers;
mod key_package;
mod leaf_node;
mod lifetime;
mod mls_message;
mod parent_node;
mod private_message;
mod proposal;
mod psk;
mod public_message;
mod sender;
mod signing;
pub mod transcript;
mod update_path;
mod welcome;

#[cfg(test)]
mod tests;

pub use auth_data::FramedContentAuthData;
pub use authenticated_content::{AuthenticatedContent, VerifiedContent};
pub use capabilities::Capabilities;
pub use code_points::{
    ContentType, ExtensionType, LeafNodeSourceType, NodeType, ProposalOrRefType, ProposalType,
    ProtocolVersion, PskType, ResumptionPskUsage, SenderType, WireFormat,
};
pub use commit::{Commit, ProposalOrRef};
pub use copath_credentials::{Credential, CredentialType};
pub use draft_code_points::{CodePoints, ComponentId};
pub use error::MessageError;
pub use extension::{Extension, ExtensionBody, Extensions};
pub use extension_bodies::{
    ApplicationId, ExternalPub, ExternalSender, ExternalSenders, RequiredCapabilities,
};
pub use framed_content::{FramedContent, FramedContentBody};
pub use framed_content_ref::{FramedContentBodyRef, FramedContentRef};
pub use group_context::GroupContext;
pub use group_info::{GroupInfo, UnsignedGroupInfo};
pub use identifiers::{
    GroupId, HashReference, HpkePublicKey, KeyPackageRef, Mac, ProposalRef, SignaturePublicKey,
};
pub use key_package::{KeyPackage, UnsignedKeyPackage, VerifiedKeyPackage};
pub use leaf_node::{LeafNode, LeafNodeSource, LeafPosition, UnsignedLeafNode};
pub use lifetime::Lifetime;
pub use mls_message::{MlsMessage, MlsMessageBody};
pub use parent_node::{Node, ParentNode};
pub use private_message::{
    PrivateContentAad, PrivateMessage, PrivateMessageContent, SenderData, SenderDataAad,
};
pub use proposal::{
    Add, CustomProposal, ExternalInit, GroupContextExtensions, PreSharedKey, Proposal, ReInit, Remove, Update,
};
pub use psk::{PreSharedKeyId, Psk, PskLabel};
pub use public_message::PublicMessage;
pub use sender::Sender;
pub use update_path::{HpkeCiphertext, UpdatePath, UpdatePathNode};
pub use welcome::{EncryptedGroupSecrets, GroupSecrets, PathSecret, Welcome};
