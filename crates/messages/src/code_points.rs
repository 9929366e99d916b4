//! Registries and selectors.
//!
//! RFC 9420 §17 for the open 16-bit registries, the structures themselves for the closed 8-bit selectors.

use copath_codec::{closed_enum, open_enum};
use copath_rules::rule;

use crate::grease;

open_enum! {
    /// The version of the protocol.
    ///
    /// RFC 9420 §6.
    pub struct ProtocolVersion {
        /// MLS 1.0, the only one.
        MLS10 = 0x0001 => "mls10",
    }
}

open_enum! {
    /// What an MLSMessage holds.
    ///
    /// RFC 9420 §6 and §17.2.
    pub struct WireFormat {
        /// A PublicMessage: signed, not encrypted.
        PUBLIC_MESSAGE = 0x0001 => "mls_public_message",
        /// A PrivateMessage: signed and encrypted.
        PRIVATE_MESSAGE = 0x0002 => "mls_private_message",
        /// A Welcome.
        WELCOME = 0x0003 => "mls_welcome",
        /// A GroupInfo.
        GROUP_INFO = 0x0004 => "mls_group_info",
        /// A KeyPackage.
        KEY_PACKAGE = 0x0005 => "mls_key_package",
    }
}

open_enum! {
    /// The type of an extension.
    ///
    /// RFC 9420 §13.4 and §17.3.
    pub struct ExtensionType {
        /// An identifier of the application's own, in a leaf node.
        APPLICATION_ID = 0x0001 => "application_id",
        /// The tree, in a GroupInfo.
        RATCHET_TREE = 0x0002 => "ratchet_tree",
        /// What every member has to support, in a GroupContext.
        REQUIRED_CAPABILITIES = 0x0003 => "required_capabilities",
        /// The key for external joins, in a GroupInfo.
        EXTERNAL_PUB = 0x0004 => "external_pub",
        /// Who may propose from outside, in a GroupContext.
        EXTERNAL_SENDERS = 0x0005 => "external_senders",
    }
}

impl ExtensionType {
    /// Whether the value is reserved for GREASE (RFC 9420 §13.5).
    pub fn is_grease(self) -> bool {
        grease::is_grease(self.0)
    }

    /// Whether every implementation supports the type, so that capabilities don't list it (RFC 9420 §7.2).
    pub fn is_default(self) -> bool {
        (Self::APPLICATION_ID..=Self::EXTERNAL_SENDERS).contains(&self)
    }
}

open_enum! {
    /// The type of a proposal.
    ///
    /// RFC 9420 §12.1 and §17.4.
    pub struct ProposalType {
        /// Adds a client.
        ADD = 0x0001 => "add",
        /// Replaces the sender's leaf.
        UPDATE = 0x0002 => "update",
        /// Removes a member.
        REMOVE = 0x0003 => "remove",
        /// Injects a pre-shared key.
        PSK = 0x0004 => "psk",
        /// Closes the group in favour of a new one.
        REINIT = 0x0005 => "reinit",
        /// Carries the KEM output of an external commit.
        EXTERNAL_INIT = 0x0006 => "external_init",
        /// Replaces the extensions of the GroupContext.
        GROUP_CONTEXT_EXTENSIONS = 0x0007 => "group_context_extensions",
    }
}

impl ProposalType {
    /// Whether the value is reserved for GREASE (RFC 9420 §13.5).
    pub fn is_grease(self) -> bool {
        grease::is_grease(self.0)
    }

    /// Whether every implementation supports the type, so that capabilities don't list it (RFC 9420 §7.2).
    pub fn is_default(self) -> bool {
        (Self::ADD..=Self::GROUP_CONTEXT_EXTENSIONS).contains(&self)
    }
}

closed_enum! {
    /// What a FramedContent holds.
    ///
    /// RFC 9420 §6.
    pub enum ContentType malformed by rule!("6-06"); {
        /// Application data.
        Application = 1,
        /// A Proposal.
        Proposal = 2,
        /// A Commit.
        Commit = 3,
    }
}

closed_enum! {
    /// Who sent a message.
    ///
    /// RFC 9420 §6.
    pub enum SenderType malformed by rule!("6-06"); {
        /// A member.
        Member = 1,
        /// Someone outside who is listed in the GroupContext.
        External = 2,
        /// A client that proposes its own addition.
        NewMemberProposal = 3,
        /// A client that joins by an external commit.
        NewMemberCommit = 4,
    }
}

closed_enum! {
    /// Where a leaf node comes from.
    ///
    /// RFC 9420 §7.2.
    pub enum LeafNodeSourceType malformed by rule!("7.2-08"); {
        /// A KeyPackage.
        KeyPackage = 1,
        /// An Update proposal.
        Update = 2,
        /// The path of a Commit.
        Commit = 3,
    }
}

closed_enum! {
    /// The kind of a node in the encoded tree.
    ///
    /// RFC 9420 §7.8 and §12.4.3.3.
    pub enum NodeType malformed by rule!("12.4.3.3-04"); {
        /// A leaf.
        Leaf = 1,
        /// A parent.
        Parent = 2,
    }
}

closed_enum! {
    /// How a Commit names a proposal.
    ///
    /// RFC 9420 §12.4.
    pub enum ProposalOrRefType malformed by rule!("12.4-10"); {
        /// By value.
        Proposal = 1,
        /// By reference.
        Reference = 2,
    }
}

closed_enum! {
    /// The kind of a pre-shared key.
    ///
    /// RFC 9420 §8.4.
    pub enum PskType malformed by rule!("8.4-05"); {
        /// From outside of MLS.
        External = 1,
        /// From a past epoch of a group.
        Resumption = 2,
    }
}

closed_enum! {
    /// What a resumption PSK is used for.
    ///
    /// RFC 9420 §8.4.
    pub enum ResumptionPskUsage malformed by rule!("8.4-05"); {
        /// Whatever the application wants.
        Application = 1,
        /// Reinitialization (RFC 9420 §11.2).
        Reinit = 2,
        /// Branching (RFC 9420 §11.3).
        Branch = 3,
    }
}
