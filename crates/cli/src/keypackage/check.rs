//! `copath keypackage check`.

use clap::Args;
use copath::messages::KeyPackage;
use copath::{CipherSuite, Suite};

use super::trust::TrustArguments;
use super::verdicts::{Checks, Verdict};
use crate::backend::Backend;
use crate::ca::TimeArguments;
use crate::failure::Failure;
use crate::inspect::read_key_packages;
use crate::output::say;
use crate::readable;

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// A file with key packages, as binary, hex or base64; `-` for standard input.
    file: String,
    #[command(flatten)]
    time: TimeArguments,
    /// The cipher suite of the group that the client is to be added to, by number or name.
    #[arg(long, value_parser = crate::arguments::suite, value_name = "N|NAME")]
    suite: Option<CipherSuite>,
    /// Who it has to be of: the name in a basic credential, the identity in a certificate.
    #[arg(long, value_name = "NAME")]
    expect: Option<String>,
    #[command(flatten)]
    trust: TrustArguments,
}

pub(super) fn run(arguments: &CheckArguments) -> Result<(), Failure> {
    let packages = read_key_packages(&arguments.file)?;
    let checks = Checks {
        now: arguments.time.now(),
        suite: arguments.suite,
        expected: arguments.expect.clone(),
        validator: arguments.trust.validator()?,
        has_anchors: arguments.trust.has_anchors(),
    };
    let mut unusable = 0usize;
    for (number, package) in packages.iter().enumerate() {
        say!("key package {}: {}", number.saturating_add(1), title(package))?;
        let verdicts = checks.run(package);
        if verdicts.iter().any(|(about, verdict)| verdict.refuses(about)) {
            unusable = unusable.saturating_add(1);
        }
        verdicts.iter().try_for_each(|(about, verdict)| print(about, verdict))?;
    }
    match unusable {
        0 => Ok(()),
        unusable => Err(Failure::Unusable { unusable, of: packages.len() }),
    }
}

fn print(about: &str, verdict: &Verdict) -> Result<(), Failure> {
    match verdict {
        Verdict::Good => say!("  ✓ {about}"),
        Verdict::Noted(note) => say!("  ✓ {about}: {note}"),
        Verdict::Open(reason) => say!("  ? {about}: {reason}"),
        Verdict::Bad { rule, what, advice } => {
            say!("  ✗ {about}: {what}")?;
            say!("      what to do: {advice}")?;
            say!("      the rule:   copath explain {rule}")
        }
    }
}

fn title(package: &KeyPackage) -> String {
    let suite = package.cipher_suite;
    let who = readable::credential(&package.leaf_node.credential);
    let with = Backend::with_suite(suite).next().and_then(|with| Suite::new(&with.provider(), suite).ok());
    let reference = with.and_then(|suite| package.reference(&suite).ok());
    let reference =
        reference.map_or_else(String::new, |reference| format!(", reference {}", hex::encode(&*reference)));
    format!("{who}, suite {}{reference}", suite.0)
}
