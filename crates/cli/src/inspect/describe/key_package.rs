//! KeyPackage.

use copath::messages::KeyPackage;

use super::extension::{Place, extensions};
use super::leaf::{Standing, leaf_node};
use super::{Describer, Done};
use crate::inspect::scalar::{Scalar, Verdict};

/// A KeyPackage with its reference and the verdicts on it.
pub(in crate::inspect) fn key_package(
    d: &mut Describer<'_>,
    name: &'static str,
    package: &KeyPackage,
) -> Done {
    let outside = d.known.enter_suite(package.cipher_suite);
    d.structure(name, "KeyPackage", |d| {
        d.code("version", package.version)?;
        d.code("cipher_suite", package.cipher_suite)?;
        d.octets("init_key", &package.init_key)?;
        leaf_node(d, "leaf_node", &package.leaf_node, Standing::Unknown)?;
        extensions(d, &package.extensions, Place::KeyPackage)?;
        d.octets("signature", &package.signature)?;
        d.derived(|d| {
            if let Some(Ok(reference)) = d.known.suite().map(|suite| package.reference(suite)) {
                d.note("key_package_ref", &Scalar::Octets(&reference))?;
            }
            let signature = d.known.verdict(|suite| package.verify_signature(suite));
            d.verdict("signature", signature)?;
            // Signatures are told apart; the rest of the rules together.
            let rules = d.known.verdict(|suite| package.check(suite));
            let told = matches!(rules, Verdict::Invalid(_)) && rules == signature;
            if told { Ok(()) } else { d.verdict("rules", rules) }
        })
    })?;
    d.known.leave_suite(outside);
    Ok(())
}
