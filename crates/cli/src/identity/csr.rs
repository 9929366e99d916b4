//! `copath identity csr`.

use clap::Args;
use copath_credentials_x509::{CertificateRequest, RequestedName};
use copath_store_sqlite::Access;

use super::stored::{Stored, Which};
use crate::failure::Failure;
use crate::files::OutputArguments;
use crate::output::say;
use crate::pem::{self, Label};
use crate::store::StoreArguments;

#[derive(Debug, Args)]
pub(crate) struct CsrArguments {
    #[command(flatten)]
    store: StoreArguments,
    #[command(flatten)]
    which: Which,
    /// The subject that is asked for, as in RFC 4514 [default: CN=NAME].
    #[arg(long, value_name = "CN=…,O=…")]
    subject: Option<String>,
    /// A mailbox that is asked for as alternative name; may be given several times, as the other ones.
    #[arg(long, value_name = "MAILBOX")]
    email: Vec<String>,
    /// A URI that is asked for as alternative name.
    #[arg(long)]
    uri: Vec<String>,
    /// A host name that is asked for as alternative name.
    #[arg(long, value_name = "HOST")]
    dns: Vec<String>,
    #[command(flatten)]
    output: OutputArguments,
}

pub(super) fn run(arguments: &CsrArguments) -> Result<(), Failure> {
    arguments.output.check_free()?;
    let opened = arguments.store.open(Access::ReadOnly)?;
    let stored = arguments.which.of(opened.store.as_ref())?;
    let subject = match &arguments.subject {
        Some(subject) => subject.clone(),
        None => subject_of(&stored)?,
    };
    let emails = arguments.email.iter().cloned().map(RequestedName::EmailAddress);
    let uris = arguments.uri.iter().cloned().map(RequestedName::Uri);
    let hosts = arguments.dns.iter().cloned().map(RequestedName::DnsName);
    let names: Vec<RequestedName> = emails.chain(uris).chain(hosts).collect();
    let request = CertificateRequest::new(&**stored.identity.signer(), &subject, &names)
        .map_err(Failure::NewRequest)?;
    let text = pem::encode(Label::CertificateRequest, &request.to_der().map_err(Failure::NewRequest)?);
    arguments.output.write(text.expose())?;
    if arguments.output.is_stdout() {
        return Ok(());
    }
    say!(
        "a request for {} with a key of {}, in {}",
        request.subject(),
        stored.scheme(),
        arguments.output.out.display()
    )
}

/// The name as a subject, where nothing in it has a meaning of its own.
fn subject_of(stored: &Stored) -> Result<String, Failure> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '.' | '_' | '-' | '@');
    let name = stored.name().and_then(|name| std::str::from_utf8(name).ok());
    let name = name.filter(|name| name.chars().all(plain) && name.trim() == *name);
    name.map(|name| format!("CN={name}")).ok_or(Failure::NeedsSubject)
}
