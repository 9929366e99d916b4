//! The kit that proves a crypto backend.
//!
//! [`run`] takes a backend through known answers of each primitive, edge inputs, crafted signatures and HPKE;
//! [`cross`] lets two backends talk to each other. Both name no backend and report every case. What a backend lacks is
//! listed in the report as absent, it doesn't fail.
//!
//! All backends must give one verdict on every signature: two members that decide differently fork their group.

mod aeads;
mod crossing;
mod data;
mod forms;
mod hashes;
mod hpke;
mod kems;
mod report;
mod signatures;
mod suites;

use std::sync::Arc;

use copath_crypto::CryptoProvider;

pub use report::{Case, Failure, Report};

/// Takes `provider` through all cases that concern it alone.
pub fn run(provider: &Arc<dyn CryptoProvider>) -> Report {
    let mut report = Report::new(provider.name().to_owned());
    hashes::run(provider, &mut report);
    aeads::run(provider, &mut report);
    kems::run(provider, &mut report);
    signatures::run(provider, &mut report);
    hpke::run(provider, &mut report);
    suites::run(provider, &mut report);
    forms::run(provider, &mut report);
    report
}

/// Lets `one` and `other` talk to each other, in both directions, in every suite that both have.
pub fn cross(one: &Arc<dyn CryptoProvider>, other: &Arc<dyn CryptoProvider>) -> Report {
    let mut report = Report::new(format!("{} and {}", one.name(), other.name()));
    crossing::run(one, other, &mut report);
    report
}
