//! Forging and simulation for tests.
//!
//! [`Member`] is a client whose needs are all answered at once, with a store that sees every delta.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::indexing_slicing,
    reason = "a failure in here is a failed test"
)]

mod member;
mod rejection;

pub use member::{
    Member, NOW, Outcome, add, assert_agreement, external_psk, over_the_wire, remove, resumption_psk,
};
pub use rejection::{AfterRejection, RECORD_VARIABLE, assert_refuses, assert_rejected, assert_rule, record};
