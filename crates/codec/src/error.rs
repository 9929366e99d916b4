//! What can go wrong with bytes.

use alloc::vec::Vec;
use core::fmt;

use copath_rules::{RuleId, rule};

/// Why an input could not be decoded, at which byte and in which field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    offset: usize,
    kind: DecodeErrorKind,
    fields: Vec<&'static str>,
}

/// The kinds of malformed input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The input ends inside a value.
    #[error("the input ends where {needed} more octets are needed")]
    Truncated {
        /// How many octets the value still needed.
        needed: usize,
    },
    /// A length header starts with the reserved bits 11.
    #[error("the length header starts with the reserved bits 11")]
    LengthPrefix,
    /// A length header is longer than its value needs.
    #[error("the length header is longer than its value needs")]
    LengthNotMinimal,
    /// A vector is larger than the receiver's limit.
    #[error("a vector is larger than this receiver's limit")]
    OverLimit,
    /// Octets are left over after a complete structure.
    #[error("{count} octets are left over after a complete structure")]
    LeftOver {
        /// How many octets are left over.
        count: usize,
    },
    /// The presence octet of an optional is neither 0 nor 1.
    #[error("the presence octet is {value}, neither 0 nor 1")]
    Presence {
        /// The octet found.
        value: u8,
    },
    /// A closed enumeration has no such value.
    #[error("{value} is not a value of {enumeration}")]
    Selector {
        /// The enumeration's name in the RFC.
        enumeration: &'static str,
        /// The value found.
        value: u8,
        /// The rule that makes it malformed.
        rule: RuleId,
    },
    /// A 16-bit code point whose body has no length of its own, and no registered shape.
    #[error("type {code:#06x} of {registry} is not registered, and its body has no length")]
    UnregisteredBody {
        /// Which registry the code point belongs to.
        registry: &'static str,
        /// The code point.
        code: u16,
        /// The rule that makes it undecodable.
        rule: RuleId,
    },
    /// A structure breaks a rule that its decoder enforces.
    #[error("{}", rule.rule().text)]
    Rule {
        /// The broken rule.
        rule: RuleId,
    },
}

impl DecodeErrorKind {
    /// The rule of RFC 9420 that the input breaks.
    pub fn rule(&self) -> RuleId {
        match self {
            Self::Truncated { .. } => rule!("2.1.2-04"),
            Self::LengthPrefix => rule!("2.1.2-03"),
            Self::LengthNotMinimal => rule!("2.1.2-02"),
            Self::OverLimit => rule!("2.1.2-08"),
            Self::LeftOver { .. } => rule!("2.1.2-06"),
            Self::Presence { .. } => rule!("2.1.1-02"),
            Self::Selector { rule, .. } | Self::UnregisteredBody { rule, .. } | Self::Rule { rule } => *rule,
        }
    }
}

impl DecodeError {
    /// An error of `kind` at byte `offset` of the outermost input.
    pub fn new(offset: usize, kind: DecodeErrorKind) -> Self {
        Self { offset, kind, fields: Vec::new() }
    }

    /// The byte at which decoding stopped, counted from the start of the outermost input.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// What was wrong there.
    pub fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// The rule of RFC 9420 that the input breaks.
    pub fn rule(&self) -> RuleId {
        self.kind.rule()
    }

    /// The fields around that byte, outermost first, each as `Structure.field`.
    pub fn fields(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.fields.iter().rev().copied()
    }

    /// Adds the field around those already known.
    #[must_use]
    pub fn inside(mut self, field: &'static str) -> Self {
        self.fields.push(field);
        self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed at byte {}", self.offset)?;
        for (i, field) in self.fields().enumerate() {
            write!(f, "{}{field}", if i == 0 { ", in " } else { " > " })?;
        }
        write!(f, ": {} (rule {})", self.kind, self.rule())
    }
}

impl core::error::Error for DecodeError {}

/// Why a value could not be encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A vector is longer than 2^30 - 1 octets (RFC 9420 §2.1.2).
    #[error("a vector is longer than 2^30 - 1 octets")]
    TooLong,
}
