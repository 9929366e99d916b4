//! What can turn out wrong in a simulated world.

use core::fmt;

/// What turned out wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which promise was broken; shrinking keeps it.
    pub kind: FaultKind,
    /// Who, when and how.
    pub detail: String,
}

/// A promise that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// Members of one epoch see different groups.
    Disagreement,
    /// What is loaded from the store isn't what is in memory.
    Reload,
    /// Something that was refused changed the state.
    Changed,
    /// Something valid was refused.
    Refused,
    /// Something invalid was accepted.
    Accepted,
    /// An application message came out altered, or from somebody else.
    Altered,
    /// An AEAD key encrypted twice.
    KeyReuse,
    /// A stolen state outlived the member's recovery.
    NotHealed,
    /// Something panicked.
    Panic,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.detail)
    }
}

/// Fails with `kind`.
pub(super) fn fault<T>(kind: FaultKind, detail: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { kind, detail: detail.into() })
}

/// Fails with `kind` unless `holds`.
pub(super) fn ensure(holds: bool, kind: FaultKind, detail: impl FnOnce() -> String) -> Result<(), Fault> {
    if holds { Ok(()) } else { fault(kind, detail()) }
}
