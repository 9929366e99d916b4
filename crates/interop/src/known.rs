//! Known bugs of the peers' releases. An entry that nothing meets any more is stale, and fails a full run.

use crate::peer::Implementation;
use crate::world::Stop;

/// A known bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Whose.
    pub whose: Implementation,
    /// The role in which it shows, if only in one.
    pub role: Option<usize>,
    /// The scenario's name starts so.
    pub scenario: &'static str,
    /// The failure contains this.
    pub failure: &'static str,
    /// What is wrong, by which rule.
    pub reason: &'static str,
}

/// All of them.
pub const ALL: &[Known] = &[
    Known {
        whose: Implementation::OpenMls,
        role: None,
        scenario: "GREASE",
        failure: "UnsupportedExtension",
        reason: "openmls 0.9.2 rejects GREASE extensions although the capabilities list them \
                 (RFC 9420 §13.5; openmls#2156)",
    },
    Known {
        whose: Implementation::OpenMls,
        role: None,
        scenario: "extension that is supported, not required",
        failure: "ExtensionNotInRequiredCapabilities",
        reason: "openmls 0.9.2 rejects a GroupContextExtensions proposal with an extension that all members support \
                 unless required_capabilities lists it, which RFC 9420 §12.1.7 doesn't ask for",
    },
    Known {
        whose: Implementation::OpenMls,
        role: None,
        scenario: "PSKs by reference and by value",
        failure: "12.4.2-09",
        reason: "openmls 0.9.2 commits PSKs by reference before those by value, but puts them into psk_secret the \
                 other way round (RFC 9420 §12.4.1 wants the order of the Commit); all receivers, its own too, reject \
                 the confirmation tag",
    },
    Known {
        whose: Implementation::OpenMls,
        role: Some(2),
        scenario: "ReInit by proposal",
        failure: "no ReInit",
        reason: "openmls 0.9.2 doesn't know ReInit: it commits without the pending ReInit (RFC 9420 §12.1.5)",
    },
    Known {
        whose: Implementation::MlsRs,
        role: Some(0),
        scenario: "two Updates of one leaf",
        failure: "receives the commit",
        reason: "mls-rs 0.57.0 commits all pending Updates of a leaf, and an Update beside a Remove of its leaf if \
                 another Update is pending, instead of choosing (RFC 9420 §12.2); its own members reject that too",
    },
    Known {
        whose: Implementation::MlsRs,
        role: Some(0),
        scenario: "ReInit by proposal, other suite",
        failure: "12.4.3.1-07",
        reason: "mls-rs 0.57.0 gives the PSK of a successor a nonce of the old suite's hash length, where RFC 9420 §8.4 \
                 wants that of the suite of the group into which it is injected",
    },
];

/// The known bug that explains a failure.
pub fn find(scenario: &str, cast: &[Implementation], stop: &Stop) -> Option<&'static Known> {
    let Stop::Failed { step, why } = stop else { return None };
    ALL.iter().find(|known| {
        let plays = match known.role {
            Some(role) => cast.get(role) == Some(&known.whose),
            None => cast.contains(&known.whose),
        };
        plays
            && scenario.starts_with(known.scenario)
            && (why.contains(known.failure) || step.contains(known.failure))
    })
}
