//! What is said on the command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use copath::{CipherSuite, HandshakeFormat, SuiteParameters};

use crate::backend::Backend;
use crate::ca::CaCommand;
use crate::identity::IdentityCommand;
use crate::inspect::InspectArguments;
use crate::keypackage::KeyPackageCommand;
use crate::state::StateArguments;

/// Messaging Layer Security (RFC 9420), to try out.
#[derive(Debug, Parser)]
#[command(name = "copath", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Several clients in one process: create, add, talk, update, remove, join from outside, mix in a secret.
    Demo(DemoArguments),
    /// Which backend has which cipher suite.
    Suites,
    /// What is in a message, a key package, a group info or a ratchet tree, or what is wrong with it.
    Inspect(InspectArguments),
    /// What is in a store: groups, epochs, members, what is pending, and sizes. Nothing is written, no secret shown.
    State(StateArguments),
    /// Signature keys and credentials in a store, and requests for certificates.
    #[command(subcommand)]
    Identity(IdentityCommand),
    /// Key packages: made, shown, checked.
    #[command(subcommand)]
    Keypackage(KeyPackageCommand),
    /// A test tool: a certification authority to try X.509 credentials with. Trust it in tests only.
    #[command(subcommand)]
    Ca(CaCommand),
    /// A rule of RFC 9420 by its number (12.2-07), or all rules of a section (12.2).
    Explain {
        /// The number that a rejection names.
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// The cipher suite, by number or name.
    #[arg(long, default_value = "1", value_parser = suite, value_name = "N|NAME")]
    pub(crate) suite: CipherSuite,
    /// The crypto backend.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) backend: Backend,
    /// How many members the group begins with; of a large group a sample takes part.
    #[arg(long, default_value_t = 6, value_name = "N", value_parser = clap::value_parser!(u32).range(3..=100_000))]
    pub(crate) members: u32,
    /// What the members' credentials are; x509 also shows a new certificate and a revoked one.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) credential: CredentialKind,
    /// How commits and proposals travel.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) handshake: Handshake,
    /// Replays a run exactly: up to 32 octets from which all randomness follows (rustcrypto alone).
    #[arg(long, value_name = "HEX", value_parser = seed)]
    pub(crate) seed: Option<Seed>,
}

/// What the members' credentials are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CredentialKind {
    /// Bare names, and a directory that knows everybody's key.
    #[default]
    Basic,
    /// Certificates of a test CA that is made in memory.
    X509,
}

/// How commits and proposals travel.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Handshake {
    /// Encrypted.
    #[default]
    Private,
    /// Signed plaintext.
    Public,
}

impl From<Handshake> for HandshakeFormat {
    fn from(handshake: Handshake) -> Self {
        match handshake {
            Handshake::Private => Self::Private,
            Handshake::Public => Self::Public,
        }
    }
}

/// From which all randomness follows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seed(pub(crate) [u8; 32]);

/// A suite by number or name.
pub(crate) fn suite(text: &str) -> Result<CipherSuite, String> {
    let mut rows = SuiteParameters::ALL.iter().map(|row| row.suite);
    let by_number = text.parse().ok().map(CipherSuite);
    let named = |suite: &CipherSuite| suite.name().is_some_and(|name| name.eq_ignore_ascii_case(text));
    rows.find(|suite| Some(*suite) == by_number || named(suite))
        .ok_or_else(|| "RFC 9420 has no such suite; `copath suites` lists them".into())
}

fn seed(text: &str) -> Result<Seed, String> {
    let octets = hex::decode(text).map_err(|error| error.to_string())?;
    let mut seed = [0; 32];
    let Some(start) = seed.get_mut(..octets.len()) else { return Err("more than 32 octets".into()) };
    start.copy_from_slice(&octets);
    Ok(Seed(seed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_have_numbers_and_names() {
        assert_eq!(suite("7"), Ok(CipherSuite(7)));
        assert_eq!(suite("mls_256_dhkemp521_aes256gcm_sha512_p521"), Ok(CipherSuite(5)));
        assert!(suite("0").is_err() && suite("8").is_err() && suite("MLS").is_err());
    }

    #[test]
    fn seeds_are_filled_up() {
        let Seed(octets) = seed("0102").unwrap();
        assert_eq!(octets.split_at(2), (&[1, 2][..], &[0; 30][..]));
        assert!(seed("01x").is_err() && seed(&"00".repeat(33)).is_err());
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }
}
