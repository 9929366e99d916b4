//! `copath identity`: signature keys and credentials in a store.

mod csr;
mod new;
mod show;
mod stored;

use clap::Subcommand;

use crate::failure::Failure;

pub(crate) use self::stored::{Stored, Which};

#[derive(Debug, Subcommand)]
pub(crate) enum IdentityCommand {
    /// Makes a signature key pair and a basic credential in a store, which is made if it isn't there.
    New(new::NewArguments),
    /// The identities in a store, with their public keys.
    Show(show::ShowArguments),
    /// Writes a request for a certificate (PKCS #10) in PEM, signed by an identity's key.
    Csr(csr::CsrArguments),
}

pub(crate) fn run(command: &IdentityCommand) -> Result<(), Failure> {
    match command {
        IdentityCommand::New(arguments) => new::run(arguments),
        IdentityCommand::Show(arguments) => show::run(arguments),
        IdentityCommand::Csr(arguments) => csr::run(arguments),
    }
}
