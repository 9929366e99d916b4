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
    directory.check()?;
    let now = arguments.time.now();
    let period = Period::days(now, arguments.days).map_err(Failure::Certifying)?;
    let Listed { news, lists } = directory.alone(|| list(directory, &arguments.revoke, period))?;
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

struct Listed {
    /// What was revoked.
    news: Vec<String>,
    /// With what each list is.
    lists: Vec<(String, Vec<u8>)>,
}

fn list(directory: Directory<'_>, revoked: &[u64], period: Period) -> Result<Listed, Failure> {
    let mut register = directory.register()?;
    let mut news = Vec::new();
    for serial in revoked {
        let entry = register.revoke(*serial, period.not_before)?;
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
    Ok(Listed { news, lists })
}
