//! What can turn out wrong in a simulated world.

use core::fmt;

use super::view::Difference;

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
    /// Members of one epoch, or an observer, see different groups.
    Disagreement,
    /// What is loaded from the store isn't what is in memory.
    Reload,
    /// Something that was refused changed the state.
    Changed,
    /// Something valid was refused.
    Refused,
    /// Something invalid was accepted.
    Accepted,
    /// Something was refused for a reason that isn't the right one.
    WrongReason,
    /// An application message came out altered, or from somebody else.
    Altered,
    /// An AEAD key encrypted twice.
    KeyReuse,
    /// A stolen state outlived the member's recovery.
    NotHealed,
    /// A secret is still in the store after its time.
    Kept,
    /// Something panicked.
    Panic,
}

/// The octets of a detail that are shown.
const SHOWN: usize = 500;

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.detail.chars().take(SHOWN).collect();
        let rest = if shown.len() < self.detail.len() { "…" } else { "" };
        write!(f, "{:?}: {shown}{rest}", self.kind)
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

/// Fails with `kind` if there is a difference.
pub(super) fn ensure_same(
    difference: Option<Difference>,
    kind: FaultKind,
    who: impl FnOnce() -> String,
) -> Result<(), Fault> {
    match difference {
        None => Ok(()),
        Some((what, expected, actual)) => {
            fault(kind, format!("{}: {what}: expected {expected}, found {actual}", who()))
        }
    }
}
