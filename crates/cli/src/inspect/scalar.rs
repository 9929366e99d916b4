//! Values without parts.

use copath::messages::{ProtocolVersion, WireFormat, grease};
use copath::rules::RuleId;
use copath::{CipherSuite, CredentialType, ExtensionType, ProposalType};

/// A value without parts, as the describer hands it to a sink.
#[derive(Debug)]
pub(super) enum Scalar<'a> {
    /// A number.
    Number(u64),
    /// A value of a 16-bit registry.
    Code(Code),
    /// The name of a value of an 8-bit selector.
    Word(&'static str),
    /// Octets.
    Octets(&'a [u8]),
    /// Octets that are often text.
    Readable(&'a [u8]),
    /// Octets that nobody without a key can read.
    Encrypted(&'a [u8]),
    /// Seconds since the beginning of 1970.
    Time(u64),
    /// Words of our own.
    Text(String),
    /// Whether something holds.
    Verdict(&'a Verdict),
    /// How many things hold.
    Tally(&'a Tally),
    /// An optional that isn't there.
    Absent,
    /// A blank node.
    Blank,
}

/// A value of a 16-bit registry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code {
    pub(super) code: u16,
    /// Its name in the registry, if it is known here.
    pub(super) name: Option<&'static str>,
}

/// Whether something holds that needs no secret to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It holds.
    Valid,
    /// It doesn't, by this rule.
    Invalid(RuleId),
    /// It can't be checked here.
    NotCheckable(&'static str),
}

macro_rules! codes {
    ($($registry:ty),*) => {$(
        impl From<$registry> for Code {
            fn from(value: $registry) -> Self {
                let name = value.name().or(grease::is_grease(value.0).then_some("GREASE"));
                Self { code: value.0, name }
            }
        }
    )*};
}
codes!(CipherSuite, CredentialType, ExtensionType, ProposalType);

/// Registries without GREASE.
macro_rules! plain_codes {
    ($($registry:ty),*) => {$(
        impl From<$registry> for Code {
            fn from(value: $registry) -> Self {
                Self { code: value.0, name: value.name() }
            }
        }
    )*};
}
plain_codes!(ProtocolVersion, WireFormat);

/// How many verdicts of each kind there are.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) valid: u32,
    pub(super) invalid: u32,
    /// The leaf or node of the first that is invalid.
    pub(super) first_invalid: Option<u32>,
    pub(super) not_checkable: u32,
    /// Why, of the last one.
    pub(super) reason: Option<&'static str>,
}

impl Tally {
    /// Counts verdicts, each with the leaf or the node that it is about.
    pub(super) fn of(verdicts: impl Iterator<Item = (u32, Verdict)>) -> Self {
        let mut tally = Self::default();
        for (index, verdict) in verdicts {
            match verdict {
                Verdict::Valid => tally.valid = tally.valid.saturating_add(1),
                Verdict::Invalid(_) => {
                    tally.invalid = tally.invalid.saturating_add(1);
                    tally.first_invalid.get_or_insert(index);
                }
                Verdict::NotCheckable(reason) => {
                    tally.not_checkable = tally.not_checkable.saturating_add(1);
                    tally.reason = Some(reason);
                }
            }
        }
        tally
    }
}
