//! The rules of RFC 9420: ids, words, and what a rejection carries.
//!
//! Each checkable rule of the RFC has a number, `section-nn`. Code that enforces a rule names it with [`rule!`], so
//! that an id that doesn't exist fails to compile; a rejection carries the rule in a [`Violation`]; tests name the
//! rules that they cover, and docs/conformance.md lists which rule is proved where.
#![no_std]

extern crate alloc;

mod rule;
mod table;
mod violation;

#[cfg(test)]
mod tests;

pub use rule::{Doubt, Level, Rule, RuleId, find};
pub use violation::{Part, Violation};
