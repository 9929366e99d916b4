//! `copath ca crl`.

use std::path::PathBuf;

use clap::Args;

use super::register::Issuer;
use super::{Directory, TimeArguments, name_of, noted};
use crate::authority::Period;
use crate::calendar;
use crate::failure::Failure;
use crate::files::{Existing, OutputArguments};
use crate::output::say;
use crate::pem::Label;
use crate::readable::counted;

#[derive(Debug, Args)]
pub(crate) struct CrlArguments {
    /// The directory that `copath ca init` made.
    #[arg(value_name = "DIRECTORY")]
    directory: PathBuf,
    /// Revokes the certificate with this serial number, for good; may be given several times. Without it the lists
    /// are made anew of what was revoked before.
    #[arg(long, value_name = "SERIAL")]
    revoke: Vec<u64>,
    #[command(flatten)]
    output: OutputArguments,
    /// In how many days the next lists are due.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    days: u32,
    #[command(flatten)]
    time: TimeArguments,
}

pub(super) fn run(arguments: &CrlArguments) -> Result<(), Failure> {
    arguments.output.check_free()?;
    let directory = Directory(&arguments.directory);
    let mut register = directory.register()?;
    let now = arguments.time.now();
    let period = Period::days(now, arguments.days).map_err(Failure::Certifying)?;
    let mut news = Vec::new();
    for serial in &arguments.revoke {
        let entry = register.revoke(*serial, now)?;
        news.push(format!("revoked: serial number {serial}, {}", entry.subject));
    }
    // Whose list most readers look for comes first.
    let mut lists = Vec::new();
    for issuer in [Issuer::Intermediate, Issuer::Root].into_iter().filter(|issuer| directory.has(*issuer)) {
        let (number, revoked) = (register.take_list_number(), register.revoked(issuer));
        let list = directory.open(issuer)?.revocation_list(&revoked, number, period);
        let what = format!(
            "Revoked by the {} authority: {}",
            name_of(issuer),
            counted(revoked.len(), "certificate")
        );
        lists.push((what, list.map_err(Failure::Certifying)?));
    }
    register.write(directory.0, Existing::Replace)?;
    arguments.output.write(&noted(Label::RevocationList, &lists))?;
    if arguments.output.is_stdout() {
        return Ok(());
    }
    for line in news {
        say!("{line}")?;
    }
    let (count, until) = (counted(lists.len(), "revocation list"), calendar::utc(period.not_after.0));
    say!("{count}, the next due by {until}, in {}", arguments.output.out.display())
}
