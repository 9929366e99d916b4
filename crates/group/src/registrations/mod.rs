//! What a client knows beyond RFC 9420.
//!
//! RFC 9420 §13: proposals, extensions and credentials of further types. They are registered at run time in one value,
//! which is given to everything that reads or makes messages; nothing is global, and no cargo feature changes what is
//! accepted.

mod context;
mod credential;
mod extension;
mod proposal;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use copath_codec::{DecodeContext, Registry};
use copath_messages::{CodePoints, CredentialType, ExtensionType, ProposalType, grease};

use crate::refusal::RegisteredType;
use crate::{Misuse, RegistrationRefusal};

pub use crate::commit::PendingCustom;
pub use context::{CoveredProposal, ProposalContext, ProposalsOfCommit};
pub use credential::CredentialDefinition;
pub use extension::{ExtensionDefinition, ExtensionPlace};
pub use proposal::{Framing, Inclusion, ProposalDefinition, ProposalEffect, ProposalRule};

/// The order in which the proposals of a commit are judged and applied (RFC 9420 §12.3), before anything is registered.
const ORDER: [ProposalType; 7] = [
    ProposalType::GROUP_CONTEXT_EXTENSIONS,
    ProposalType::UPDATE,
    ProposalType::REMOVE,
    ProposalType::ADD,
    ProposalType::PSK,
    ProposalType::EXTERNAL_INIT,
    ProposalType::REINIT,
];

/// The types beyond RFC 9420 that a client knows, and the code points that drafts have for it.
///
/// RFC 9420 §13. Made once and shared; the members of a group have to register the same for it. The capabilities of own
/// leaves list what is registered.
#[derive(Clone, Debug)]
pub struct Registrations {
    code_points: CodePoints,
    decode_context: DecodeContext,
    proposals: BTreeMap<ProposalType, ProposalDefinition>,
    extensions: BTreeMap<ExtensionType, ExtensionDefinition>,
    credentials: BTreeMap<CredentialType, CredentialDefinition>,
    order: Vec<ProposalType>,
}

impl Registrations {
    /// Nothing beyond RFC 9420, and the default code points.
    pub fn new() -> Self {
        Self::with_code_points(CodePoints::default())
    }

    /// Nothing beyond RFC 9420 yet; drafts are registered with these code points.
    pub fn with_code_points(code_points: CodePoints) -> Self {
        Self {
            code_points,
            decode_context: DecodeContext::default(),
            proposals: BTreeMap::new(),
            extensions: BTreeMap::new(),
            credentials: BTreeMap::new(),
            order: ORDER.to_vec(),
        }
    }

    /// Refuses vectors of more than `octets` octets in all messages.
    #[must_use]
    pub fn with_max_vector(mut self, octets: usize) -> Self {
        self.decode_context = self.decode_context.with_max_vector(octets);
        self
    }

    /// Registers a type of proposals (RFC 9420 §13.2).
    ///
    /// # Errors
    /// [`Misuse::Registration`] for a type of RFC 9420, one that is reserved or registered already, or one that
    /// follows a type which isn't registered.
    pub fn with_proposal(mut self, definition: ProposalDefinition) -> Result<Self, Misuse> {
        let code = definition.proposal_type();
        let about = RegisteredType::Proposal(code);
        check_code(code.0, code.is_default(), about)?;
        let after = definition.predecessor();
        let Some(before) = self.order.iter().position(|listed| *listed == after) else {
            return Err(refused(about, RegistrationRefusal::UnknownPredecessor));
        };
        if self.proposals.contains_key(&code) {
            return Err(refused(about, RegistrationRefusal::Taken));
        }
        // Behind those that follow the same type and were registered before.
        let follows = |listed: &ProposalType| {
            self.proposals.get(listed).is_some_and(|other| other.predecessor() == after)
        };
        let siblings = self.order.iter().skip(before.saturating_add(1)).take_while(|listed| follows(listed));
        let at = before.saturating_add(1).saturating_add(siblings.count());
        self.order.insert(at, code);
        self.decode_context = self.decode_context.with_body(Registry::Proposal, code.0, definition.body());
        self.proposals.insert(code, definition);
        Ok(self)
    }

    /// Registers a type of extensions (RFC 9420 §13.4).
    ///
    /// # Errors
    /// [`Misuse::Registration`] for a type of RFC 9420, or one that is reserved or registered already.
    pub fn with_extension(mut self, definition: ExtensionDefinition) -> Result<Self, Misuse> {
        let code = definition.extension_type();
        let about = RegisteredType::Extension(code);
        check_code(code.0, code.is_default(), about)?;
        if self.extensions.contains_key(&code) {
            return Err(refused(about, RegistrationRefusal::Taken));
        }
        self.extensions.insert(code, definition);
        Ok(self)
    }

    /// Registers a type of credentials (RFC 9420 §13.3).
    ///
    /// # Errors
    /// [`Misuse::Registration`] for a type of RFC 9420, or one that is reserved or registered already.
    pub fn with_credential(mut self, definition: CredentialDefinition) -> Result<Self, Misuse> {
        let code = definition.credential_type();
        let about = RegisteredType::Credential(code);
        check_code(code.0, [CredentialType::BASIC, CredentialType::X509].contains(&code), about)?;
        if self.credentials.contains_key(&code) {
            return Err(refused(about, RegistrationRefusal::Taken));
        }
        self.decode_context = self.decode_context.with_body(Registry::Credential, code.0, definition.body());
        self.credentials.insert(code, definition);
        Ok(self)
    }

    /// What is registered for a type of proposals.
    pub fn proposal(&self, proposal_type: ProposalType) -> Option<&ProposalDefinition> {
        self.proposals.get(&proposal_type)
    }

    /// Whether external commits may cover proposals of this type beyond what RFC 9420 §12.4.3.2 allows.
    pub(crate) fn opens_external_commits_to(&self, proposal_type: ProposalType) -> bool {
        self.proposal(proposal_type).is_some_and(ProposalDefinition::is_open_to_external_commits)
    }

    /// Whether external commits may name any proposals by reference.
    pub(crate) fn open_external_commits(&self) -> bool {
        let mut open = self.proposals().filter(|definition| definition.is_open_to_external_commits());
        open.any(|definition| definition.inclusion() != Inclusion::ByValue)
    }

    /// What is registered for a type of extensions.
    pub fn extension(&self, extension_type: ExtensionType) -> Option<&ExtensionDefinition> {
        self.extensions.get(&extension_type)
    }

    /// What is registered for a type of credentials.
    pub fn credential(&self, credential_type: CredentialType) -> Option<&CredentialDefinition> {
        self.credentials.get(&credential_type)
    }

    /// The registered types of proposals, ascending.
    pub fn proposals(&self) -> impl Iterator<Item = &ProposalDefinition> {
        self.proposals.values()
    }

    /// The registered types of extensions, ascending.
    pub fn extensions(&self) -> impl Iterator<Item = &ExtensionDefinition> {
        self.extensions.values()
    }

    /// The registered types of credentials, ascending.
    pub fn credentials(&self) -> impl Iterator<Item = &CredentialDefinition> {
        self.credentials.values()
    }

    /// All types of proposals in the order in which those of one commit are judged and applied (RFC 9420 §12.3).
    pub fn order(&self) -> &[ProposalType] {
        &self.order
    }

    /// The code points of drafts.
    pub fn code_points(&self) -> &CodePoints {
        &self.code_points
    }

    /// What a decoder has to know of the registered types.
    pub fn decode_context(&self) -> &DecodeContext {
        &self.decode_context
    }
}

impl Default for Registrations {
    fn default() -> Self {
        Self::new()
    }
}

/// 0 is reserved in all registries (RFC 9420 §17), and GREASE values are never in use (§13.5).
fn check_code(code: u16, is_default: bool, about: RegisteredType) -> Result<(), Misuse> {
    if is_default || code == 0 || grease::is_grease(code) {
        return Err(refused(about, RegistrationRefusal::Reserved));
    }
    Ok(())
}

fn refused(about: RegisteredType, refusal: RegistrationRefusal) -> Misuse {
    Misuse::Registration { about, refusal }
}
