//! What all clients know beyond RFC 9420.

use std::sync::{Arc, LazyLock};

use copath_codec::BodyShape;
use copath_group::{ProposalDefinition, Registrations};
use copath_messages::{CustomProposal, Proposal, ProposalType};

use crate::Random;

/// A type of proposals that needs no path.
const NOTE: ProposalType = ProposalType(0xf003);
/// A type of proposals that needs one.
const RENEWAL: ProposalType = ProposalType(0xf004);

static REGISTERED: LazyLock<Arc<Registrations>> = LazyLock::new(|| {
    let note = ProposalDefinition::new(NOTE, "note", BodyShape::Vector).from_external_senders();
    let renewal = ProposalDefinition::new(RENEWAL, "renewal", BodyShape::Empty).requiring_path();
    let registered = Registrations::new().with_proposal(note).unwrap();
    Arc::new(registered.with_proposal(renewal).unwrap().with_self_remove().unwrap())
});

/// The same for all clients, servers and observers.
pub(super) fn registered() -> &'static Arc<Registrations> {
    &REGISTERED
}

/// The type by which a member leaves.
pub(super) fn self_remove() -> ProposalType {
    registered().code_points().self_remove
}

/// Whether a commit that covers the proposal may go without a path.
pub(super) fn needs_no_path(proposal: &Proposal) -> bool {
    match proposal {
        Proposal::Add(_) | Proposal::PreSharedKey(_) | Proposal::ReInit(_) => true,
        Proposal::Custom(custom) => custom.proposal_type == NOTE,
        _ => false,
    }
}

/// A note.
pub(super) fn note(random: &mut Random) -> Proposal {
    let length = u8::try_from(random.below(40)).unwrap();
    let body = [&[length][..], &vec![7; length.into()]].concat();
    Proposal::Custom(CustomProposal { proposal_type: NOTE, body })
}

/// A note or a renewal.
pub(super) fn custom(random: &mut Random) -> Proposal {
    if random.chance(50) {
        return note(random);
    }
    Proposal::Custom(CustomProposal { proposal_type: RENEWAL, body: Vec::new() })
}
