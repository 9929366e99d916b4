//! The code points of drafts beyond RFC 9420, which may still change.

use copath_codec::open_enum;

use crate::{ExtensionType, ProposalType};

open_enum! {
    /// A component of an application or a draft, which has data of its own inside MLS structures.
    ///
    /// draft-ietf-mls-extensions, "Component IDs".
    pub struct ComponentId {
        /// Whose KeyPackage may be used more than once.
        LAST_RESORT_KEY_PACKAGE = 0x0004 => "last_resort_key_package",
    }
}

/// Which numbers the drafts that this library implements have on the wire.
///
/// The defaults are those that the working group's drafts suggest and those that they suggested before; none is
/// assigned for good. All peers of a group have to agree on them, so an application can set any of them. A draft's
/// types mean nothing to a client before they are registered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodePoints {
    /// The extension that holds the data of components (draft-ietf-mls-extensions).
    pub app_data_dictionary: ExtensionType,
    /// The mark of a last-resort KeyPackage as revisions up to 05 of that draft had it: an extension of its own.
    pub superseded_last_resort: ExtensionType,
    /// The mark of a last-resort KeyPackage: a component of its app_data_dictionary.
    pub last_resort: ComponentId,
    /// The proposal by which a member leaves (draft-ietf-mls-extensions).
    pub self_remove: ProposalType,
    /// The same proposal with the private-use number under which it is in use beside the draft's.
    pub superseded_self_remove: ProposalType,
}

impl Default for CodePoints {
    fn default() -> Self {
        Self {
            app_data_dictionary: ExtensionType(0x0006),
            superseded_last_resort: ExtensionType(0x000a),
            last_resort: ComponentId::LAST_RESORT_KEY_PACKAGE,
            self_remove: ProposalType(0x000a),
            superseded_self_remove: ProposalType(0xf003),
        }
    }
}
