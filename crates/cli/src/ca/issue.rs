//! `copath ca issue`.

use std::path::PathBuf;

use clap::Args;
use copath_credentials_x509::{CertificateRequest, Limits};

use super::register::Issuer;
use super::{Directory, TimeArguments, noted, provider};
use crate::authority::Period;
use crate::calendar;
use crate::failure::Failure;
use crate::files::{Existing, OutputArguments};
use crate::output::say;
use crate::pem::{self, Label};

#[derive(Debug, Args)]
pub(crate) struct IssueArguments {
    /// The directory that `copath ca init` made.
    #[arg(value_name = "DIRECTORY")]
    directory: PathBuf,
    /// The request for a certificate, in PEM or DER; `-` for standard input.
    #[arg(value_name = "REQUEST")]
    request: String,
    #[command(flatten)]
    output: OutputArguments,
    /// For how many days the certificate is valid; its issuer's end is the latest.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..))]
    days: u32,
    #[command(flatten)]
    time: TimeArguments,
}

pub(super) fn run(arguments: &IssueArguments) -> Result<(), Failure> {
    arguments.output.check_free()?;
    let directory = Directory(&arguments.directory);
    directory.check()?;
    let der = pem::read_one(&arguments.request, Label::CertificateRequest)?;
    let request = CertificateRequest::from_der(der.expose(), &*provider(), &Limits::DEFAULT)
        .map_err(|error| Failure::Request { name: arguments.request.clone(), error })?;
    let asked = Period::days(arguments.time.now(), arguments.days).map_err(Failure::Certifying)?;
    let Issued { serial, period, chain } = directory.alone(|| issue(directory, &request, asked))?;
    arguments.output.write(&noted(Label::Certificate, &chain))?;
    if arguments.output.is_stdout() {
        return Ok(());
    }
    let (subject, until) = (request.subject(), calendar::utc(period.not_after.0));
    say!("serial number {serial}: {subject}, valid until {until}, in {}", arguments.output.out.display())?;
    if period != asked {
        say!("  not for {} days: the certificate of its issuer ends then", arguments.days)?;
    }
    Ok(())
}

struct Issued {
    serial: u64,
    period: Period,
    /// With what each certificate is.
    chain: Vec<(String, Vec<u8>)>,
}

fn issue(directory: Directory<'_>, request: &CertificateRequest, asked: Period) -> Result<Issued, Failure> {
    let mut register = directory.register()?;
    let issuer = directory.issuer();
    let authority = directory.open(issuer)?;
    let period = authority.allowed(asked).map_err(Failure::Certifying)?;
    let subject = request.subject().to_string();
    let serial = register.enter(issuer, &subject, period.not_after);
    let certificate = authority.issue(request, serial, period).map_err(Failure::Certifying)?;
    // First of all the number is used up: no two certificates have the same.
    register.write(directory.0, Existing::Replace)?;
    let mut chain = vec![(format!("Serial number {serial}, {subject}:"), certificate)];
    if issuer == Issuer::Intermediate {
        chain.push(("The intermediate authority:".to_owned(), authority.certificate().to_vec()));
    }
    Ok(Issued { serial, period, chain })
}
