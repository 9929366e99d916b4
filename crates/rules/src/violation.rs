//! What a rejection carries: the rule that is broken, and the parts at fault.

use alloc::vec::Vec;
use core::fmt;

use crate::rule::RuleId;

/// A part of a message or of the group, as a rejection points at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// The `MLSMessage` as a whole.
    Message,
    /// The `FramedContent`.
    FramedContent,
    /// The sender of a message.
    Sender,
    /// The signature of the object at hand.
    Signature,
    /// The membership tag of a `PublicMessage`.
    MembershipTag,
    /// The confirmation tag of a Commit or of a `GroupInfo`.
    ConfirmationTag,
    /// The Commit.
    Commit,
    /// The `GroupInfo`.
    GroupInfo,
    /// The `GroupContext`.
    GroupContext,
    /// The Welcome.
    Welcome,
    /// The `GroupSecrets` of a Welcome.
    GroupSecrets,
    /// A `KeyPackage`.
    KeyPackage,
    /// A `LeafNode` that isn't in a tree yet.
    LeafNode,
    /// The ratchet tree as a whole.
    RatchetTree,
    /// The `UpdatePath` of a Commit.
    UpdatePath,
    /// The leaf with this leaf index.
    Leaf(u32),
    /// The node with this node index.
    Node(u32),
    /// The node at this position of an `UpdatePath`, from the lowest.
    PathNode(u32),
    /// The proposal at this position of the Commit's list.
    Proposal(u32),
    /// The pre-shared key at this position of its list.
    Psk(u32),
    /// The entry at this position of a Welcome's list of secrets.
    NewMember(u32),
    /// The entry at this position of the `external_senders` extension.
    ExternalSender(u32),
    /// The extension of this type.
    Extension(u16),
    /// The proposal type of this number.
    ProposalType(u16),
    /// The credential type of this number.
    CredentialType(u16),
    /// The cipher suite of this number.
    CipherSuite(u16),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message => f.write_str("message"),
            Self::FramedContent => f.write_str("framed content"),
            Self::Sender => f.write_str("sender"),
            Self::Signature => f.write_str("signature"),
            Self::MembershipTag => f.write_str("membership tag"),
            Self::ConfirmationTag => f.write_str("confirmation tag"),
            Self::Commit => f.write_str("commit"),
            Self::GroupInfo => f.write_str("group info"),
            Self::GroupContext => f.write_str("group context"),
            Self::Welcome => f.write_str("welcome"),
            Self::GroupSecrets => f.write_str("group secrets"),
            Self::KeyPackage => f.write_str("key package"),
            Self::LeafNode => f.write_str("leaf node"),
            Self::RatchetTree => f.write_str("ratchet tree"),
            Self::UpdatePath => f.write_str("update path"),
            Self::Leaf(index) => write!(f, "leaf {index}"),
            Self::Node(index) => write!(f, "node {index}"),
            Self::PathNode(at) => write!(f, "node {at} of the update path"),
            Self::Proposal(at) => write!(f, "proposal {at} of the commit"),
            Self::Psk(at) => write!(f, "pre-shared key {at}"),
            Self::NewMember(at) => write!(f, "entry {at} of the welcome"),
            Self::ExternalSender(at) => write!(f, "external sender {at}"),
            Self::Extension(kind) => write!(f, "extension type {kind:#06x}"),
            Self::ProposalType(kind) => write!(f, "proposal type {kind:#06x}"),
            Self::CredentialType(kind) => write!(f, "credential type {kind:#06x}"),
            Self::CipherSuite(suite) => write!(f, "cipher suite {suite:#06x}"),
        }
    }
}

/// A broken rule, and the parts at fault in the order in which they were named.
///
/// Shown as the rule's words with their source: `… (RFC 9420 §7.3, rule 7.3-15; leaf 3)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    rule: RuleId,
    parts: Vec<Part>,
}

impl Violation {
    /// A violation of `rule` that names no part yet.
    #[must_use]
    pub const fn new(rule: RuleId) -> Self {
        Self { rule, parts: Vec::new() }
    }

    /// Names a part at fault; may be called several times.
    #[must_use]
    pub fn at(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// The rule that is broken.
    #[must_use]
    pub const fn rule(&self) -> RuleId {
        self.rule
    }

    /// The parts at fault; empty where there is only one candidate.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }
}

impl From<RuleId> for Violation {
    fn from(rule: RuleId) -> Self {
        Self::new(rule)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = self.rule.rule();
        write!(f, "{} (RFC 9420 §{}, rule {}", rule.words(), rule.section, rule.id)?;
        let mut separator = "; ";
        for part in &self.parts {
            write!(f, "{separator}{part}")?;
            separator = ", ";
        }
        f.write_str(")")
    }
}

impl core::error::Error for Violation {}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::rule;

    #[test]
    fn violation_names_rule_source_and_parts() {
        let violation = Violation::new(rule!("2.1.2-03"));
        assert_eq!(
            violation.to_string(),
            "A first octet whose top two bits are 11 is rejected (RFC 9420 §2.1.2, rule 2.1.2-03)"
        );
        let violation = violation.at(Part::Leaf(3)).at(Part::Proposal(2));
        assert_eq!(violation.rule().as_str(), "2.1.2-03");
        assert_eq!(violation.parts(), [Part::Leaf(3), Part::Proposal(2)]);
        assert!(violation.to_string().ends_with("rule 2.1.2-03; leaf 3, proposal 2 of the commit)"));
    }

    #[test]
    fn violation_leaves_out_the_marker() {
        let id = rule!("2.1.2-06");
        assert!(id.rule().text.starts_with("[AMB] The RFC never"));
        assert!(Violation::new(id).to_string().starts_with("The RFC never"));
    }

    #[test]
    fn equality_tells_parts_apart() {
        let plain = Violation::new(rule!("7.3-15"));
        assert_eq!(plain, Violation::from(rule!("7.3-15")));
        assert_ne!(plain, Violation::new(rule!("7.3-14")));
        assert_ne!(plain, plain.clone().at(Part::Leaf(0)));
        assert_ne!(plain.clone().at(Part::Leaf(0)), plain.at(Part::Node(0)));
    }
}
