//! `copath keypackage new`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use copath::{ByCredentialType, Client, LastResortForm, Misuse, Registrations, Store};
use copath_store_sqlite::Access;
use data_encoding::BASE64;

use super::chain;
use crate::ca::TimeArguments;
use crate::calendar;
use crate::failure::Failure;
use crate::files::{self, OutputArguments, Readers};
use crate::identity::{Stored, Which};
use crate::output::say;
use crate::readable;
use crate::store::StoreArguments;

#[derive(Debug, Args)]
pub(crate) struct NewArguments {
    #[command(flatten)]
    store: StoreArguments,
    #[command(flatten)]
    which: Which,
    /// Makes the credential x509 with the chain of certificates in this file (PEM, the client's own first) instead
    /// of basic. The client's certificate tells whose key it is.
    #[arg(long, value_name = "FILE")]
    chain: Option<String>,
    /// How many are made. All go into one file, one after the other; see --split.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    count: u16,
    /// One that may be used more than once, for when all others are gone (an extension of a draft).
    #[arg(long, conflicts_with = "count")]
    last_resort: bool,
    /// For how many days they can be used to add the client: a year at most, others refuse longer ones.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=365))]
    days: u32,
    #[command(flatten)]
    time: TimeArguments,
    /// How they are written; all that read them tell these apart.
    #[arg(long, value_enum, default_value_t)]
    encoding: Encoding,
    #[command(flatten)]
    output: OutputArguments,
    /// Writes each into a file of its own: FILE.1, FILE.2 and so on.
    #[arg(long)]
    split: bool,
}

/// How octets are written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Encoding {
    /// As they are.
    #[default]
    Binary,
    /// In hexadecimal digits.
    Hex,
    /// In base64.
    Base64,
}

impl Encoding {
    fn encode(self, octets: &[u8]) -> Vec<u8> {
        match self {
            Self::Binary => octets.to_vec(),
            Self::Hex => format!("{}\n", hex::encode(octets)).into_bytes(),
            Self::Base64 => format!("{}\n", BASE64.encode(octets)).into_bytes(),
        }
    }
}

pub(super) fn run(arguments: &NewArguments) -> Result<(), Failure> {
    let paths = paths(arguments)?;
    let store = arguments.store.open(Access::ReadWrite)?.store;
    let stored = match &arguments.chain {
        Some(file) => chain::identity(store.as_ref(), &arguments.which, file)?,
        None => arguments.which.of(store.as_ref())?,
    };
    let now = arguments.time.now();
    let client = client(arguments, &store, &stored)?;
    // Their private keys are in the store before the first is seen.
    let mut made = Vec::new();
    for _ in 0..arguments.count {
        made.push(if arguments.last_resort {
            client.last_resort_key_package(now)?
        } else {
            client.key_package(now)?
        });
    }
    if arguments.split {
        for (path, key_package) in paths.iter().zip(&made) {
            let octets = arguments.encoding.encode(key_package);
            files::write(path, &octets, Readers::All, arguments.output.existing())?;
        }
    } else {
        arguments.output.write(&arguments.encoding.encode(&made.concat()))?;
        if arguments.output.is_stdout() {
            return Ok(());
        }
    }
    let who = readable::credential(stored.identity.credential());
    let until = calendar::utc(now.0.saturating_add(u64::from(arguments.days).saturating_mul(86_400)));
    let suite = arguments.which.suite.unwrap_or(stored.suite);
    let what = readable::counted(made.len(), "key package");
    say!("{what} of {who}, suite {}, until {until}, in {}", suite.0, names(arguments, &paths))
}

/// Where they go; fails before a key is made if a file is there.
fn paths(arguments: &NewArguments) -> Result<Vec<PathBuf>, Failure> {
    if !arguments.split {
        arguments.output.check_free()?;
        return Ok(vec![arguments.output.out.clone()]);
    }
    if arguments.output.is_stdout() {
        return Err(Failure::SplitStdout);
    }
    let paths: Vec<PathBuf> = (1..=arguments.count)
        .map(|number| {
            let mut name = arguments.output.out.clone().into_os_string();
            name.push(format!(".{number}"));
            PathBuf::from(name)
        })
        .collect();
    paths.iter().try_for_each(|path| files::check_free(path, arguments.output.existing()))?;
    Ok(paths)
}

fn names(arguments: &NewArguments, paths: &[PathBuf]) -> String {
    match (paths.first(), paths.last()) {
        (Some(first), Some(last)) if arguments.split && first != last => {
            format!("{} to {}", first.display(), last.display())
        }
        (Some(first), _) => first.display().to_string(),
        _ => String::new(),
    }
}

fn client(arguments: &NewArguments, store: &Arc<dyn Store>, stored: &Stored) -> Result<Client, Failure> {
    let mut registrations = Registrations::new();
    if arguments.last_resort {
        let registered = registrations.with_last_resort(LastResortForm::Current);
        registrations = registered.map_err(|misuse| copath::Error::Misuse(Misuse::Group(misuse)))?;
    }
    let client = Client::builder()
        .provider(copath_provider_rustcrypto::provider())
        .store(Arc::clone(store))
        // Making a key package asks nobody.
        .validator(Arc::new(ByCredentialType::new()))
        .suite(arguments.which.suite.unwrap_or(stored.suite))
        .identity(stored.identity.clone())
        .key_package_days(arguments.days)
        .registrations(&Arc::new(registrations))
        .build()?;
    Ok(client)
}
