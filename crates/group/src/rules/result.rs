//! The tree and the context that a list results in.
//!
//! RFC 9420 §7.3, §12.1.7 and the end of §12.2. Only the leaves that the list brought in are looked at; what concerns
//! all members is answered by the tree's counters.

use copath_messages::{Extensions, Proposal};
use copath_ratchet_tree::{Feature, LeafEntry, LeafRules, RatchetTree};
use copath_rules::{Part, Violation, rule};

use crate::GroupError;
use crate::apply::Applied;
use crate::proposals::ProposalList;
use crate::public_state::PublicState;

/// The rules about what `applied` made of `tree`: that after the proposals or, if the commit has a path, that with the
/// path merged (rule 7.3-20). The path's own leaf is checked when the path is merged.
pub(crate) fn check_result(
    state: &PublicState,
    list: &ProposalList,
    applied: &Applied,
    tree: &RatchetTree,
) -> Result<(), GroupError> {
    let rules = LeafRules::new(state.suite(), &applied.extensions)?;
    let updated = applied.updated.iter().map(|at| (at, LeafEntry::Update));
    let added = applied.added.iter().map(|at| (at, LeafEntry::KeyPackage));
    let mut found: Option<Violation> = None;
    for ((leaf, position), entry) in updated.chain(added) {
        let Err(violation) = rules.check(tree, *leaf, entry) else { continue };
        // All proposals that break the first rule found broken are named together.
        found = Some(match found {
            None => violation.at(Part::Proposal(*position)),
            Some(first) if first.rule() == violation.rule() => first.at(Part::Proposal(*position)),
            Some(first) => first,
        });
    }
    if let Some(violation) = found {
        return Err(violation.into());
    }
    if applied.extensions_changed {
        check_context_extensions(tree, &applied.extensions).map_err(|error| name_change(error, list))?;
    }
    Ok(())
}

/// Rules 12.1.7-01 and 12.1.7-03: all members of `tree` support the extensions and what they require.
pub(crate) fn check_context_extensions(
    tree: &RatchetTree,
    extensions: &Extensions,
) -> Result<(), GroupError> {
    for extension_type in extensions.types() {
        if !tree.supported_by_all(Feature::Extension(extension_type)) {
            return Err(Violation::new(rule!("12.1.7-03")).at(Part::Extension(extension_type.0)).into());
        }
    }
    let Some(required) = extensions.required_capabilities()? else { return Ok(()) };
    let missing = |part| GroupError::from(Violation::new(rule!("12.1.7-01")).at(part));
    for required in required.extension_types {
        if !tree.supported_by_all(Feature::Extension(required)) {
            return Err(missing(Part::Extension(required.0)));
        }
    }
    for required in required.proposal_types {
        if !tree.supported_by_all(Feature::Proposal(required)) {
            return Err(missing(Part::ProposalType(required.0)));
        }
    }
    for required in required.credential_types {
        if !tree.supported_by_all(Feature::Credential(required)) {
            return Err(missing(Part::CredentialType(required.0)));
        }
    }
    Ok(())
}

/// Adds the position of the proposal that changed the extensions.
fn name_change(error: GroupError, list: &ProposalList) -> GroupError {
    let change =
        list.numbered().find(|(_, entry)| matches!(*entry.proposal, Proposal::GroupContextExtensions(_)));
    match change {
        Some((position, _)) => error.at_proposal(position),
        None => error,
    }
}
