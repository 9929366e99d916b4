//! The libraries that are measured, each in its best configuration.

mod copath;
mod mls_rs;
mod openmls;

use std::sync::Arc;

use copath_crypto::CryptoProvider;

pub use self::copath::CopathMember;

use crate::error::Outcome;
use crate::member::{Library, Member};
use crate::store::OwnStore;

/// The suite of all measurements: MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519, the one that every library has.
pub const SUITE: u16 = 1;

/// A new client of `library`.
///
/// # Errors
/// The library refuses, or its store can't be made.
pub fn new_member(library: Library, name: &str) -> Outcome<Box<dyn Member>> {
    Ok(match library {
        Library::CopathAwsLc | Library::CopathRing | Library::CopathRustCrypto => {
            Box::new(CopathMember::new(library, &provider(library), name, Some(OwnStore::new()?))?)
        }
        Library::MlsRsAwsLc => mls_rs::on_aws_lc(name)?,
        Library::MlsRsRustCrypto => mls_rs::on_rustcrypto(name)?,
        Library::OpenMlsLibcrux => openmls::on_libcrux(name)?,
        Library::OpenMlsRustCrypto => openmls::on_rustcrypto(name)?,
    })
}

/// A client of Copath on aws-lc that stores nothing: the other end of what is measured.
///
/// # Errors
/// The backend refuses.
pub fn new_partner(name: &str) -> Outcome<CopathMember> {
    CopathMember::new(Library::CopathAwsLc, &provider(Library::CopathAwsLc), name, None)
}

/// Copath's backend of that name; aws-lc for those that aren't ours.
pub fn provider(library: Library) -> Arc<dyn CryptoProvider> {
    match library {
        Library::CopathRing => copath_provider_ring::provider(),
        Library::CopathRustCrypto | Library::MlsRsRustCrypto | Library::OpenMlsRustCrypto => {
            copath_provider_rustcrypto::provider()
        }
        _ => copath_provider_aws_lc::provider(),
    }
}
