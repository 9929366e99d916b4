//! `copath ca init`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::register::{Issuer, Register};
use super::{Directory, TimeArguments, key_file, name_of, noted, provider};
use crate::authority::{Authority, Period, Scheme, Subject};
use crate::failure::Failure;
use crate::files::{self, Existing, Readers};
use crate::output::say;
use crate::pem::Label;
use crate::readable;

#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    /// The directory, which is made if it isn't there.
    #[arg(value_name = "DIRECTORY")]
    directory: PathBuf,
    /// What the authorities are called: `NAME Root` and `NAME Intermediate`.
    #[arg(long, default_value = "Test", value_parser = name)]
    name: String,
    /// The signature scheme of their keys. Clients may have keys of another one.
    #[arg(long, value_enum, default_value_t)]
    scheme: Scheme,
    /// Makes an intermediate authority, too, which issues the certificates of clients in the root's place.
    #[arg(long)]
    intermediate: bool,
    /// For how many days the certificates of the authorities are valid.
    #[arg(long, default_value_t = 3650, value_parser = clap::value_parser!(u32).range(1..))]
    days: u32,
    #[command(flatten)]
    time: TimeArguments,
    /// Replaces the authority that is in the directory: its private keys and its register are lost.
    #[arg(long)]
    overwrite: bool,
}

pub(super) fn run(arguments: &InitArguments) -> Result<(), Failure> {
    let directory = Directory(&arguments.directory);
    let period = Period::days(arguments.time.now(), arguments.days).map_err(Failure::Certifying)?;
    make_directory(directory.0)?;
    directory.alone(|| init(arguments, directory, period))?;
    let issuer = directory.issuer();
    say!("A test CA is in {}: trust it in tests only.", directory.0.display())?;
    say!("  trust anchor       {}", directory.certificate(Issuer::Root).display())?;
    say!("  issues to clients  {}", directory.certificate(issuer).display())?;
    say!("  private keys       *.key, for their owner alone")
}

fn init(arguments: &InitArguments, directory: Directory<'_>, period: Period) -> Result<(), Failure> {
    let existing = Existing::of(arguments.overwrite);
    for issuer in [Issuer::Root, Issuer::Intermediate] {
        files::check_free(&directory.key(issuer), existing)?;
        files::check_free(&directory.certificate(issuer), existing)?;
    }
    files::check_free(&Register::path(directory.0), existing)?;
    for issuer in [Issuer::Root, Issuer::Intermediate] {
        forget(&directory.key(issuer))?;
        forget(&directory.certificate(issuer))?;
    }
    let mut register = Register::new();
    let mut making = Making { arguments, directory, existing, period, register: &mut register };
    let root = making.authority(Issuer::Root, None)?;
    if arguments.intermediate {
        making.authority(Issuer::Intermediate, Some(&root))?;
    }
    register.write(directory.0, existing)
}

/// What the authorities are made of.
struct Making<'a> {
    arguments: &'a InitArguments,
    directory: Directory<'a>,
    existing: Existing,
    period: Period,
    register: &'a mut Register,
}

impl Making<'_> {
    fn authority(&mut self, issuer: Issuer, above: Option<&Authority>) -> Result<Authority, Failure> {
        let role = if issuer == Issuer::Root { "Root" } else { "Intermediate" };
        let common_name = format!("{} {role}", self.arguments.name);
        let signer = key_file::generate(
            &provider(),
            self.arguments.scheme,
            &self.directory.key(issuer),
            self.existing,
        )?;
        let serial = self.register.enter(Issuer::Root, &common_name, self.period.not_after);
        let subject = Subject::for_tests(&common_name);
        let authority = match above {
            None => Authority::root(&subject, signer, serial, self.period),
            Some(above) => above.intermediate(&subject, signer, serial, self.period),
        };
        let authority = authority.map_err(Failure::Certifying)?;
        let what = format!("The {} authority, serial number {serial}:", name_of(issuer));
        let text = noted(Label::Certificate, &[(what, authority.certificate().to_vec())]);
        files::write(&self.directory.certificate(issuer), &text, Readers::All, self.existing)?;
        Ok(authority)
    }
}

fn make_directory(path: &Path) -> Result<(), Failure> {
    if fs::symlink_metadata(path).is_ok() && !path.is_dir() {
        return Err(Failure::NoDirectory { name: path.display().to_string() });
    }
    fs::create_dir_all(path)
        .map_err(|error| Failure::Unwritable { name: path.display().to_string(), kind: error.kind() })
}

/// Removes a file of an authority that is replaced; the new one may have fewer.
fn forget(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::Unwritable { name: path.display().to_string(), kind: error.kind() })
        }
        _ => Ok(()),
    }
}

fn name(text: &str) -> Result<String, String> {
    const MOST: usize = 48;
    if text.trim().is_empty() || text.len() > MOST || readable::name(text.as_bytes()) != text {
        return Err(format!("a name has 1 to {MOST} octets and no control characters"));
    }
    Ok(text.to_owned())
}
