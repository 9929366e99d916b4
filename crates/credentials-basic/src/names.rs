//! The names in questions.

use copath_codec::Opaque;
use copath_credentials::{Credential, RejectionReason};

/// The name in a basic credential.
pub(crate) fn identity(credential: &Credential) -> Result<&Opaque, RejectionReason> {
    match credential {
        Credential::Basic { identity } => Ok(identity),
        _ => Err(RejectionReason::UnsupportedType),
    }
}

/// The name that both credentials carry.
pub(crate) fn one_identity<'a>(
    a: &'a Credential,
    b: &Credential,
    otherwise: RejectionReason,
) -> Result<&'a Opaque, RejectionReason> {
    let name = identity(a)?;
    if name == identity(b)? { Ok(name) } else { Err(otherwise) }
}
