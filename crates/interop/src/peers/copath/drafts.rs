//! What Copath as a peer registers beyond RFC 9420.

use std::sync::Arc;

use copath_group::Registrations;

use crate::peer::{Drafts, PeerError, PeerResult};

/// What the group has agreed to use.
pub(super) fn registrations(drafts: Drafts) -> PeerResult<Arc<Registrations>> {
    let registrations = Registrations::new();
    let registered = match drafts {
        Drafts::None => Ok(registrations),
        Drafts::SelfRemove => registrations.with_self_remove(),
        Drafts::SupersededSelfRemove => registrations.with_superseded_self_remove(),
    };
    registered.map(Arc::new).map_err(PeerError::of)
}
