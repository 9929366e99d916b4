//! `copath demo`: a group in action.

mod cast;
mod certificates;
mod credentials;
mod delivery;
mod report;
mod steps;
mod story;

use copath::{CryptoProvider, Timestamp};
use std::sync::Arc;

use crate::arguments::{CredentialKind, DemoArguments};
use crate::authority::Scheme;
use crate::clock;
use crate::failure::Failure;
use crate::output::say;

use self::cast::Cast;
use self::credentials::Credentials;
use self::report::Report;
use self::story::Story;

/// The time of a run that replays.
const REPLAYED: Timestamp = Timestamp(1_700_000_000);

/// Plays the demo.
pub(crate) fn run(arguments: &DemoArguments) -> Result<(), Failure> {
    let &DemoArguments { suite, backend, members, credential, .. } = arguments;
    if !backend.has(suite) {
        return Err(Failure::NoSuite { suite, backend });
    }
    if credential == CredentialKind::X509 && Scheme::of_suite(suite).is_none() {
        return Err(Failure::NoCertificates { suite });
    }
    let (provider, now): (Arc<dyn CryptoProvider>, _) = match arguments.seed {
        Some(seed) => (backend.seeded_provider(seed)?, REPLAYED),
        None => (backend.provider(), clock::now()),
    };
    let report = Report::new();
    say!("{suite} on {backend}, {members} members")?;
    let cast = Cast::new(&provider, arguments, now, &report)?;
    if let Credentials::X509(organisation) = &cast.credentials {
        let (root, intermediate) = organisation.authority_octets();
        say!(
            "A test CA in memory: a root ({root} B) that all trust, an intermediate ({intermediate} B), and a"
        )?;
        say!("certificate for everybody's mailbox.")?;
    }
    let mut story = Story::begin(cast, report, now)?;
    steps::play(&mut story)?;
    if credential == CredentialKind::X509 {
        certificates::play(&mut story)?;
    }
    story.end()
}
