//! Who has to support what.

use alloc::collections::BTreeSet;

use copath_credentials::CredentialType;
use copath_crypto::CipherSuite;
use copath_messages::{ExtensionType, ProtocolVersion, RequiredCapabilities};
use copath_rules::{Part, Violation, rule};

use super::LeafEntry;
use crate::index::Listed;
use crate::node::LeafView;
use crate::{Feature, Leaf, RatchetTree};

/// Rule 7.3-06.
pub(super) fn supports_version_and_suite(
    listed: &Listed,
    version: ProtocolVersion,
    suite: CipherSuite,
) -> Result<(), Violation> {
    if !listed.supports(Feature::Version(version)) {
        return Err(rule!("7.3-06").into());
    }
    if !listed.supports(Feature::CipherSuite(suite)) {
        return Err(Violation::new(rule!("7.3-06")).at(Part::CipherSuite(suite.0)));
    }
    Ok(())
}

/// Rule 7.2-05.
pub(super) fn lists_own_credential_type(leaf: &LeafView<'_>, listed: &Listed) -> Result<(), Violation> {
    if listed.supports(Feature::Credential(CredentialType(leaf.credential_type))) {
        return Ok(());
    }
    Err(Violation::new(rule!("7.2-05")).at(Part::CredentialType(leaf.credential_type)))
}

/// Rules 7.3-04 and 7.3-05.
pub(super) fn supports_required(listed: &Listed, required: &RequiredCapabilities) -> Result<(), Violation> {
    let extensions =
        required.extension_types.iter().map(|kind| (Feature::Extension(*kind), Part::Extension(kind.0)));
    let proposals =
        required.proposal_types.iter().map(|kind| (Feature::Proposal(*kind), Part::ProposalType(kind.0)));
    let credentials = required
        .credential_types
        .iter()
        .map(|kind| (Feature::Credential(*kind), Part::CredentialType(kind.0)));
    match extensions.chain(proposals).chain(credentials).find(|(feature, _)| !listed.supports(*feature)) {
        None => Ok(()),
        Some((_, part)) => Err(Violation::new(rule!("7.3-04")).at(part)),
    }
}

/// Rules 13.4-04 for new members and 13.4-05 for leaves that are replaced.
pub(super) fn supports_context_extensions(
    listed: &Listed,
    types: &[ExtensionType],
    entry: LeafEntry,
) -> Result<(), Violation> {
    let rule = match entry {
        LeafEntry::KeyPackage | LeafEntry::Tree => rule!("13.4-04"),
        LeafEntry::Update | LeafEntry::Path => rule!("13.4-05"),
    };
    match types.iter().find(|kind| !listed.supports(Feature::Extension(**kind))) {
        None => Ok(()),
        Some(kind) => Err(Violation::new(rule).at(Part::Extension(kind.0))),
    }
}

/// Rules 7.3-12 and 7.3-05.
pub(super) fn supports_own_extensions(leaf: &LeafView<'_>, listed: &Listed) -> Result<(), Violation> {
    match leaf.extension_types().find(|kind| !listed.supports(Feature::Extension(ExtensionType(*kind)))) {
        None => Ok(()),
        Some(kind) => Err(Violation::new(rule!("7.3-12")).at(Part::Extension(kind))),
    }
}

/// Rule 13.4-03.
pub(super) fn extension_types_are_unique(leaf: &LeafView<'_>) -> Result<(), Violation> {
    let mut seen = BTreeSet::new();
    match leaf.extension_types().find(|kind| !seen.insert(*kind)) {
        None => Ok(()),
        Some(kind) => Err(Violation::new(rule!("13.4-03")).at(Part::Extension(kind))),
    }
}

/// Rule 7.3-07, by the count of members that list the type.
pub(super) fn credential_is_supported_by_all(tree: &RatchetTree, leaf: &Leaf<'_>) -> Result<(), Violation> {
    let kind = leaf.credential_type();
    if tree.supported_by_all(Feature::Credential(kind)) {
        return Ok(());
    }
    let leaf = Part::Leaf(leaf.index().as_u32());
    Err(Violation::new(rule!("7.3-07")).at(Part::CredentialType(kind.0)).at(leaf))
}

/// Rule 7.3-08, over the few types that members have.
pub(super) fn supports_credentials_in_use(tree: &RatchetTree, leaf: &Leaf<'_>) -> Result<(), Violation> {
    let listed = Listed::of(&leaf.view().capabilities);
    match tree.credential_types_in_use().find(|(kind, _)| !listed.supports(Feature::Credential(*kind))) {
        None => Ok(()),
        Some((kind, _)) => {
            let leaf = Part::Leaf(leaf.index().as_u32());
            Err(Violation::new(rule!("7.3-08")).at(Part::CredentialType(kind.0)).at(leaf))
        }
    }
}
