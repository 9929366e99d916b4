//! `copath identity show`.

use clap::Args;
use copath_store_sqlite::Access;

use super::stored::Stored;
use crate::failure::Failure;
use crate::output::say;
use crate::readable;
use crate::store::StoreArguments;

#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn run(arguments: &ShowArguments) -> Result<(), Failure> {
    let opened = arguments.store.open(Access::ReadOnly)?;
    let all = Stored::all(opened.store.as_ref())?;
    if all.is_empty() {
        return Err(Failure::NoIdentities);
    }
    all.iter().try_for_each(describe)
}

/// Prints what is public of an identity.
pub(super) fn describe(stored: &Stored) -> Result<(), Failure> {
    let suites: Vec<String> = stored.suites().map(|suite| suite.0.to_string()).collect();
    say!("{}", readable::credential(stored.identity.credential()))?;
    say!("  signature key  {}", hex::encode(stored.identity.signature_key()))?;
    let of = if suites.len() == 1 { "suite" } else { "suites" };
    say!("  scheme         {}, of {of} {}", stored.scheme(), suites.join(" and "))
}
