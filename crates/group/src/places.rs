//! Where extensions belong.
//!
//! RFC 9420 §17.3: each type has its places. Only the sender is bound: what stands elsewhere is ignored by receivers.

use copath_messages::{ExtensionType, Extensions};
use copath_rules::{Part, Violation, rule};

use crate::{ExtensionPlace, GroupError, Registrations, grease};

/// What belongs into the group context alone.
const CONTEXT: [ExtensionType; 2] = [ExtensionType::REQUIRED_CAPABILITIES, ExtensionType::EXTERNAL_SENDERS];
/// What belongs into a GroupInfo alone.
const GROUP_INFO: [ExtensionType; 2] = [ExtensionType::RATCHET_TREE, ExtensionType::EXTERNAL_PUB];
/// What belongs into a leaf alone.
const LEAF: [ExtensionType; 1] = [ExtensionType::APPLICATION_ID];

/// What binds who sends extensions of a group context: rules 17.3-01, 13.5-04 and 13.5-08, and the registered places.
pub(crate) fn check_context_to_send(
    registrations: &Registrations,
    extensions: &Extensions,
) -> Result<(), GroupError> {
    refuse_any(extensions, |extension_type| {
        GROUP_INFO.contains(&extension_type) || LEAF.contains(&extension_type)
    })?;
    registrations.check_extensions(ExtensionPlace::GroupContext, extensions)?;
    grease::refuse_in_context(extensions)
}

/// What binds who sends a GroupInfo with extensions of the application's own: rules 13.4-03 and 17.3-01, and the
/// registered places.
pub(crate) fn check_group_info_extensions(
    registrations: &Registrations,
    extensions: &Extensions,
) -> Result<(), GroupError> {
    extensions.check_unique()?;
    refuse_any(extensions, ExtensionType::is_default)?;
    Ok(registrations.check_extensions(ExtensionPlace::GroupInfo, extensions)?)
}

/// Rule 17.3-01 for extensions of a leaf.
pub(crate) fn check_leaf_extension_places(extensions: &Extensions) -> Result<(), Violation> {
    refuse_any(extensions, |extension_type| {
        GROUP_INFO.contains(&extension_type) || CONTEXT.contains(&extension_type)
    })
}

fn refuse_any(extensions: &Extensions, misplaced: impl Fn(ExtensionType) -> bool) -> Result<(), Violation> {
    match extensions.types().find(|extension_type| misplaced(*extension_type)) {
        None => Ok(()),
        Some(found) => Err(Violation::new(rule!("17.3-01")).at(Part::Extension(found.0))),
    }
}
