//! `copath ca`: a certification authority for tests, in a directory.

mod crl;
mod init;
mod issue;
mod key_file;
mod register;

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use copath::{CryptoProvider, Timestamp};
use std::sync::Arc;

use self::register::{Issuer, Register};
use crate::authority::{Authority, AuthorityError};
use crate::clock;
use crate::failure::Failure;
use crate::pem::{self, Label};

/// What stands before each block that the authority makes.
const NOTE: &str = "Made by `copath ca`, a test tool: for tests only, trust it nowhere else.\n";

#[derive(Debug, Subcommand)]
pub(crate) enum CaCommand {
    /// Makes a root, and an intermediate authority below it if asked for, with their private keys in a directory.
    Init(init::InitArguments),
    /// Issues a certificate for a request (PKCS #10), and writes it with the intermediate one as a chain in PEM.
    Issue(issue::IssueArguments),
    /// Revokes certificates by serial number, and writes the revocation lists of the root and the intermediate.
    Crl(crl::CrlArguments),
}

/// The file by which processes wait for each other. It is empty and stays.
const LOCK: &str = "lock";

/// When it is.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct TimeArguments {
    /// The time, instead of the clock's: 2026-01-31, 2026-01-31T12:00:00Z, or seconds since 1970.
    #[arg(long, value_name = "TIME", value_parser = crate::calendar::parse)]
    at: Option<Timestamp>,
}

impl TimeArguments {
    pub(crate) fn now(self) -> Timestamp {
        self.at.unwrap_or_else(clock::now)
    }
}

pub(crate) fn run(command: &CaCommand) -> Result<(), Failure> {
    match command {
        CaCommand::Init(arguments) => init::run(arguments),
        CaCommand::Issue(arguments) => issue::run(arguments),
        CaCommand::Crl(arguments) => crl::run(arguments),
    }
}

/// Where the files of an authority are.
#[derive(Clone, Copy, Debug)]
struct Directory<'p>(&'p Path);

impl Directory<'_> {
    fn certificate(self, issuer: Issuer) -> PathBuf {
        self.0.join(format!("{}.pem", name_of(issuer)))
    }

    fn key(self, issuer: Issuer) -> PathBuf {
        self.0.join(format!("{}.key", name_of(issuer)))
    }

    /// Whether the directory has the authority.
    fn has(self, issuer: Issuer) -> bool {
        self.certificate(issuer).exists()
    }

    /// Who issues certificates to clients.
    fn issuer(self) -> Issuer {
        if self.has(Issuer::Intermediate) { Issuer::Intermediate } else { Issuer::Root }
    }

    fn open(self, issuer: Issuer) -> Result<Authority, Failure> {
        let name = self.certificate(issuer).display().to_string();
        let certificate = pem::read_one(&name, Label::Certificate)?;
        let signer = key_file::read(&provider(), &self.key(issuer))?;
        let authority = Authority::restore(certificate.expose().to_vec(), signer);
        authority.map_err(|error: AuthorityError| Failure::Authority { name, error })
    }

    fn register(self) -> Result<Register, Failure> {
        Register::read(self.0)
    }

    /// Fails if there is no authority here.
    fn check(self) -> Result<(), Failure> {
        let missing = || Failure::NoAuthority { name: self.0.display().to_string() };
        if Register::path(self.0).exists() { Ok(()) } else { Err(missing()) }
    }

    /// Does something while no other process does: what stands in the register when it is read is so until it is
    /// written, and no number is given twice.
    fn alone<T>(self, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        let path = self.0.join(LOCK);
        let failed = |error: std::io::Error| {
            let name = path.display().to_string();
            Failure::Unwritable { name, kind: error.kind() }
        };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        let mut lock = fd_lock::RwLock::new(file);
        let _alone = lock.write().map_err(failed)?;
        work()
    }
}

fn name_of(issuer: Issuer) -> &'static str {
    match issuer {
        Issuer::Root => "root",
        Issuer::Intermediate => "intermediate",
    }
}

/// The backend that has all schemes.
fn provider() -> Arc<dyn CryptoProvider> {
    copath_provider_rustcrypto::provider()
}

/// Blocks in PEM, with what they are and that they are for tests.
fn noted(label: Label, blocks: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut text = NOTE.as_bytes().to_vec();
    for (what, der) in blocks {
        // A subject is anybody's text, and shall not look like a block.
        text.extend_from_slice(what.replace("-----", "-").as_bytes());
        text.push(b'\n');
        text.extend_from_slice(pem::encode(label, der).expose());
    }
    text
}
