//! `copath identity new`.

use clap::Args;
use copath::{CipherSuite, Credential, Identity};

use super::show::describe;
use super::stored::Stored;
use crate::failure::Failure;
use crate::output::say;
use crate::readable;
use crate::store::StoreArguments;

#[derive(Debug, Args)]
pub(crate) struct NewArguments {
    #[command(flatten)]
    store: StoreArguments,
    /// Who it is: the identity in the basic credential, and the name that the other commands know the key by.
    #[arg(long)]
    name: String,
    /// The cipher suite whose signature scheme the key is of, by number or name.
    #[arg(long, default_value = "1", value_parser = crate::arguments::suite, value_name = "N|NAME")]
    suite: CipherSuite,
}

pub(super) fn run(arguments: &NewArguments) -> Result<(), Failure> {
    if arguments.name.is_empty() {
        return Err(Failure::EmptyName);
    }
    let is_new = !arguments.store.file.exists();
    let store = arguments.store.open_or_create()?;
    let credential = Credential::basic(arguments.name.as_bytes());
    let present = Stored::all(store.as_ref())?;
    // Nothing is overwritten here, whatever is asked for: a lost key locks its owner out of all groups.
    if present
        .iter()
        .any(|stored| *stored.identity.credential() == credential && stored.fits(arguments.suite))
    {
        return Err(Failure::IdentityExists { name: readable::name(arguments.name.as_bytes()) });
    }
    let provider = copath_provider_rustcrypto::provider();
    let identity = Identity::load_or_generate(store.as_ref(), &provider, arguments.suite, credential)?;
    describe(&Stored { identity, suite: arguments.suite })?;
    let file = arguments.store.file.display();
    if is_new { say!("in {file}, a new store for its owner alone") } else { say!("in {file}") }
}
