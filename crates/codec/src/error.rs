//! What can go wrong with bytes.

use alloc::vec::Vec;
use core::fmt;

use copath_rules::{RuleId, rule};

/// Why an input could not be decoded, at which byte and in which field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    offset: usize,
    kind: DecodeErrorKind,
    /// From the innermost outwards.
    steps: Vec<FieldStep>,
}

/// A step of the way from the outermost structure to the byte at which decoding stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldStep {
    /// Into a field, named `Structure.field`.
    Field(&'static str),
    /// Into the element of a list, counted from 0.
    Element(usize),
}

/// The kinds of malformed input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The input, or the vector around it, ends inside a value.
    #[error("the input, or the vector around it, ends {needed} octets too early")]
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
        Self { offset, kind, steps: Vec::new() }
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

    /// The way from the outermost structure to that byte.
    pub fn steps(&self) -> impl Iterator<Item = FieldStep> + '_ {
        self.steps.iter().rev().copied()
    }

    /// The fields around that byte, outermost first, each as `Structure.field`.
    pub fn fields(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.steps().filter_map(|step| match step {
            FieldStep::Field(name) => Some(name),
            FieldStep::Element(_) => None,
        })
    }

    /// Adds the field around those already known.
    #[must_use]
    pub fn inside(mut self, field: &'static str) -> Self {
        self.steps.push(FieldStep::Field(field));
        self
    }

    /// Adds the element of a list around the fields already known.
    #[must_use]
    pub fn in_element(mut self, index: usize) -> Self {
        self.steps.push(FieldStep::Element(index));
        self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed at byte {}", self.offset)?;
        for (i, step) in self.steps().enumerate() {
            match step {
                FieldStep::Field(field) => write!(f, "{}{field}", if i == 0 { ", in " } else { " > " })?,
                FieldStep::Element(index) if i == 0 => write!(f, ", in element {index}")?,
                FieldStep::Element(index) => write!(f, "[{index}]")?,
            }
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

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use super::*;
    use crate::{Decode, DecodeContext, Reader};

    #[test]
    fn an_error_names_the_way_to_its_byte() {
        let bytes = [9, 5, 0, 1, 0, 2, 0];
        let mut reader = Reader::new(&bytes, DecodeContext::rfc9420());
        let error = reader
            .field("Outer.inner", |r| {
                r.u8()?;
                r.field("Inner.codes", Vec::<u16>::decode)
            })
            .unwrap_err();
        assert_eq!(
            error.steps().collect::<Vec<_>>(),
            [FieldStep::Field("Outer.inner"), FieldStep::Field("Inner.codes"), FieldStep::Element(2)]
        );
        assert_eq!(error.fields().collect::<Vec<_>>(), ["Outer.inner", "Inner.codes"]);
        let text = error.to_string();
        assert!(text.starts_with("malformed at byte 6, in Outer.inner > Inner.codes[2]: "), "{text}");
        let text = Vec::<u16>::from_bytes(&[1, 0]).unwrap_err().to_string();
        assert!(text.starts_with("malformed at byte 1, in element 0: "), "{text}");
    }
}
