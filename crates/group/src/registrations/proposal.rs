//! Types of proposals beyond RFC 9420.

use alloc::borrow::Cow;
use alloc::sync::Arc;

use copath_codec::{BodyShape, DecodeContext, DecodeError, Reader};
use copath_messages::{CustomProposal, ProposalType};

use super::ProposalContext;
use crate::refusal::RuleRefusal;

/// A type of proposals beyond RFC 9420.
///
/// RFC 9420 §13.2 and §17.4. Unless it says otherwise, members may send it in any framing, alone or in a commit; it
/// needs no path, stands in no external commit, and is judged after all others.
#[derive(Clone)]
pub struct ProposalDefinition {
    proposal_type: ProposalType,
    name: Cow<'static, str>,
    body: BodyShape,
    path: bool,
    external_senders: bool,
    external_commits: bool,
    inclusion: Inclusion,
    framing: Framing,
    effect: ProposalEffect,
    predecessor: ProposalType,
    rule: Option<Arc<dyn ProposalRule>>,
}

/// Judges proposals of one type in their context.
///
/// RFC 9420 §12.2 lets applications have further rules (rule 12.2-17). All members of a group have to come to the same
/// verdict, or a commit forks the group: a rule depends on nothing but what it is given.
pub trait ProposalRule: Send + Sync {
    /// Judges `proposal`: alone when it is sent or received, and again with all others when it is in a commit, both
    /// when the commit is made and when it is received.
    ///
    /// # Errors
    /// Why it is refused.
    fn judge(&self, proposal: &CustomProposal, context: &ProposalContext<'_>) -> Result<(), RuleRefusal>;
}

/// How a commit may cover proposals of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Inclusion {
    /// By value or by reference.
    #[default]
    Any,
    /// By value only: it is never sent alone.
    ByValue,
    /// By reference only: it is always sent alone first.
    ByReference,
}

/// How a proposal that is sent alone is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Framing {
    /// As the policy says.
    #[default]
    Any,
    /// Always as a PublicMessage, so that clients outside of the group can read it.
    PublicMessage,
}

/// What a committed proposal does to the group by itself; what else it means is the application's affair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ProposalEffect {
    /// Nothing.
    #[default]
    None,
    /// It removes the member that sent it, whose Updates and Removes it overrides. Every commit covers those that are
    /// pending, but that of the member itself.
    RemovesSender,
}

impl ProposalDefinition {
    /// A type of proposals with bodies of this shape; `name` is for people.
    pub fn new(proposal_type: ProposalType, name: impl Into<Cow<'static, str>>, body: BodyShape) -> Self {
        Self {
            proposal_type,
            name: name.into(),
            body,
            path: false,
            external_senders: false,
            external_commits: false,
            inclusion: Inclusion::default(),
            framing: Framing::default(),
            effect: ProposalEffect::default(),
            predecessor: ProposalType::REINIT,
            rule: None,
        }
    }

    /// A commit that covers it has to have a path (RFC 9420 §17.4, column "Path Required").
    #[must_use]
    pub fn requiring_path(mut self) -> Self {
        self.path = true;
        self
    }

    /// External senders may send it (RFC 9420 §17.4, column "External").
    #[must_use]
    pub fn from_external_senders(mut self) -> Self {
        self.external_senders = true;
        self
    }

    /// A client that joins by an external commit may cover it (RFC 9420 §12.4.3.2 allows no others than its own).
    #[must_use]
    pub fn in_external_commits(mut self) -> Self {
        self.external_commits = true;
        self
    }

    /// How a commit may cover it.
    #[must_use]
    pub fn included(mut self, inclusion: Inclusion) -> Self {
        self.inclusion = inclusion;
        self
    }

    /// How it is framed if it is sent alone.
    #[must_use]
    pub fn framed(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// What it does to the group.
    #[must_use]
    pub fn with_effect(mut self, effect: ProposalEffect) -> Self {
        self.effect = effect;
        self
    }

    /// It is judged right after proposals of this type (RFC 9420 §12.3), which is one of RFC 9420 or registered before.
    #[must_use]
    pub fn judged_after(mut self, predecessor: ProposalType) -> Self {
        self.predecessor = predecessor;
        self
    }

    /// What judges such proposals.
    #[must_use]
    pub fn judged_by(mut self, rule: Arc<dyn ProposalRule>) -> Self {
        self.rule = Some(rule);
        self
    }

    /// The type.
    pub fn proposal_type(&self) -> ProposalType {
        self.proposal_type
    }

    /// Its name, for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The shape of its bodies.
    pub fn body(&self) -> BodyShape {
        self.body
    }

    /// Whether a commit that covers it has to have a path.
    pub fn requires_path(&self) -> bool {
        self.path
    }

    /// Whether external senders may send it.
    pub fn is_open_to_external_senders(&self) -> bool {
        self.external_senders
    }

    /// Whether an external commit may cover it.
    pub fn is_open_to_external_commits(&self) -> bool {
        self.external_commits
    }

    /// How a commit may cover it.
    pub fn inclusion(&self) -> Inclusion {
        self.inclusion
    }

    /// How it is framed if it is sent alone.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// What it does to the group.
    pub fn effect(&self) -> ProposalEffect {
        self.effect
    }

    /// The type after which it is judged.
    pub fn predecessor(&self) -> ProposalType {
        self.predecessor
    }

    pub(crate) fn rule(&self) -> Option<&dyn ProposalRule> {
        self.rule.as_deref()
    }

    /// Whether `body` has the registered shape.
    pub(crate) fn check_body(&self, body: &[u8], context: &DecodeContext) -> Result<(), DecodeError> {
        check_shape(self.body, body, context)
    }
}

/// Whether `octets` have the shape `shape`, with nothing left over.
pub(super) fn check_shape(
    shape: BodyShape,
    octets: &[u8],
    context: &DecodeContext,
) -> Result<(), DecodeError> {
    let mut reader = Reader::new(octets, context);
    shape.read(&mut reader)?;
    reader.finish()
}

impl core::fmt::Debug for ProposalDefinition {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ProposalDefinition")
            .field("proposal_type", &self.proposal_type)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
