//! Why what is registered for a type beyond RFC 9420 forbids something.

use alloc::vec::Vec;
use core::fmt;

use copath_codec::{DecodeError, DecodeErrorKind, FieldStep};
use copath_messages::{ExtensionType, ProposalType};
use copath_rules::{Part, RuleId, rule};

use crate::registrations::ExtensionPlace;

/// A proposal or an extension of a type beyond RFC 9420 that its registration forbids. What RFC 9420 itself says about
/// such types is refused by its own rules, as a [`Violation`](copath_rules::Violation).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which type it is about.
    pub about: RegisteredType,
    /// Where it stood: [`Part::Proposal`] for each position of a commit's list at fault, [`Part::FramedContent`] for a
    /// proposal that was sent alone, or the place of an extension.
    pub parts: Vec<Part>,
    /// What is wrong with it.
    pub reason: RefusalReason,
}

/// A type that can be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RegisteredType {
    /// Of proposals.
    Proposal(ProposalType),
    /// Of extensions.
    Extension(ExtensionType),
    /// Of credentials.
    Credential(copath_messages::CredentialType),
}

/// What is wrong with a proposal or an extension of a registered type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefusalReason {
    /// The type isn't registered here; register it before.
    #[error("the type isn't registered here (rule 12.1-04)")]
    Unregistered,
    /// The body hasn't the registered shape.
    #[error("its body hasn't the registered shape: {0}")]
    Body(DecodeError),
    /// A sender of this kind may not send it.
    #[error("its sender may not send it")]
    Sender,
    /// A commit may name it by reference only.
    #[error("a commit may not carry it by value")]
    ByValue,
    /// A commit may carry it by value only.
    #[error("it may not be sent apart from a commit")]
    ByReference,
    /// It has to be sent as a PublicMessage.
    #[error("it has to be sent as a PublicMessage")]
    Encrypted,
    /// It removes its sender, who can't commit it.
    #[error("it would remove the committer, who can't commit it")]
    OwnRemoval,
    /// It removes its sender, and stands in the list or the queue once more.
    #[error("its sender leaves by another proposal of the same epoch")]
    Repeated,
    /// The proposal at this position changes a leaf whose member leaves by a proposal of this type.
    #[error("the member whose leaf is changed leaves by a proposal of its own, which comes first")]
    Leaving,
    /// Every commit has to cover it.
    #[error("a commit has to cover it")]
    LeftOut,
    /// Extensions of the type don't belong there.
    #[error("extensions of this type don't belong into {0}")]
    Place(ExtensionPlace),
    /// The rule that is registered with the type.
    #[error("{}", .0)]
    Rule(RuleRefusal),
}

/// The answer of a registered rule that refuses: a number and words of the application's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("the rule of the type refuses it: {words} (code {code}; rule 12.2-17)")]
pub struct RuleRefusal {
    /// Tells refusals of one rule apart.
    pub code: u32,
    /// What was wrong, for people.
    pub words: &'static str,
}

/// A proposal of a type that isn't registered here, which can't be read: its body has no length (rule 12.1-04).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnregisteredProposal {
    /// Its type.
    pub proposal_type: ProposalType,
    /// Its position in the commit's list; `None` for a proposal that was sent alone.
    pub position: Option<u32>,
    /// The byte at which its body would start: of the message, or of what is encrypted in a PrivateMessage.
    pub offset: usize,
}

impl UnregisteredProposal {
    /// What a decoder stopped at, if it was this.
    pub fn of(error: &DecodeError) -> Option<Self> {
        let DecodeErrorKind::UnregisteredBody { code, rule, .. } = error.kind() else { return None };
        if rule != rule!("12.1-04") {
            return None;
        }
        let mut steps = error.steps().skip_while(|step| *step != FieldStep::Field("Commit.proposals"));
        let position = steps.find_map(|step| match step {
            FieldStep::Element(index) => u32::try_from(index).ok(),
            FieldStep::Field(_) => None,
        });
        Some(Self { proposal_type: ProposalType(code), position, offset: error.offset() })
    }
}

impl Refusal {
    /// A refusal that names no part yet.
    pub(crate) fn of_proposal(proposal_type: ProposalType, reason: RefusalReason) -> Self {
        Self { about: RegisteredType::Proposal(proposal_type), parts: Vec::new(), reason }
    }

    pub(crate) fn at(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// The rule of RFC 9420 behind it, where there is one.
    pub fn rule(&self) -> Option<RuleId> {
        match self.reason {
            RefusalReason::Unregistered => Some(rule!("12.1-04")),
            RefusalReason::Rule(_) => Some(rule!("12.2-17")),
            _ => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is refused", self.about)?;
        for (number, part) in self.parts.iter().enumerate() {
            write!(f, "{}{part}", if number == 0 { " at " } else { ", " })?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl fmt::Display for RegisteredType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proposal(code) => write!(f, "proposal type {code}"),
            Self::Extension(code) => write!(f, "extension type {code}"),
            Self::Credential(code) => write!(f, "credential type {code}"),
        }
    }
}

impl core::error::Error for Refusal {}
