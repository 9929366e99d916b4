//! Why a command failed, and what it exits with.

use std::io;
use std::process::ExitCode;

use copath::CipherSuite;
use copath_credentials_x509::X509Error;

use crate::authority::AuthorityError;
use crate::backend::Backend;
use crate::inspect::Malformed;
use crate::pem::Label;
use crate::readable::counted;

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// The backend doesn't have the suite.
    #[error("{}", lacking(*suite, *backend))]
    NoSuite {
        /// The suite asked for.
        suite: CipherSuite,
        /// The backend asked for.
        backend: Backend,
    },
    /// Certificates are made for no key of the suite.
    #[error("the test CA makes no certificates for Ed448: --credential x509 is for suites 1, 2, 3, 5 and 7, not {}", suite.0)]
    NoCertificates {
        /// The suite asked for.
        suite: CipherSuite,
    },
    /// What the demo's own CA made is refused.
    #[error("the certificates of the demo are refused: {0}")]
    Demo(X509Error),
    /// The backend brings its own generator.
    #[error("a seed needs --backend rustcrypto: {backend} draws from its own generator")]
    NoSeed {
        /// The backend asked for.
        backend: Backend,
    },
    /// There is neither a rule nor a section of this number.
    #[error("RFC 9420 has no rule `{id}` here; a rule is called by section and number, as in 12.2-07")]
    NoRule {
        /// What was asked for.
        id: String,
    },
    /// The library refused what the demo did.
    #[error(transparent)]
    Library(#[from] copath::Error),
    /// Members that should agree on the epoch don't.
    #[error("the members disagree on epoch {epoch}: {first} and {other} have different secrets")]
    Disagreement {
        /// The epoch.
        epoch: u64,
        /// A member.
        first: String,
        /// One that disagrees with it.
        other: String,
    },
    /// What is to be printed can't be written.
    #[error("the output can't be written: {0}")]
    Output(io::ErrorKind),
    /// The input can't be read.
    #[error("`{name}` can't be read: {kind}")]
    Input {
        /// The file, or `-`.
        name: String,
        /// Why.
        kind: io::ErrorKind,
    },
    /// The input is empty.
    #[error("`{name}` is empty")]
    EmptyInput {
        /// The file, or `-`.
        name: String,
    },
    /// The input is hex with half an octet.
    #[error("`{name}` is hex with an odd number of digits: it is cut, or a digit is missing")]
    OddHex {
        /// The file, or `-`.
        name: String,
    },
    /// The input is text, and no encoding of octets.
    #[error("`{name}` is text that is neither hex nor base64")]
    UndecodableText {
        /// The file, or `-`.
        name: String,
    },
    /// The input is larger than anything that is worth being looked at.
    #[error("`{name}` is too large: at most 64 MiB are looked at")]
    InputTooLarge {
        /// The file, or `-`.
        name: String,
    },
    /// The input is malformed.
    #[error(transparent)]
    Malformed(#[from] Box<Malformed>),
    /// There is no tree to be drawn.
    #[error("there is no tree to draw: {reason}")]
    NoTree {
        /// Why.
        reason: String,
    },
    /// The store can't be read.
    #[error("`{name}`: {error}")]
    Store {
        /// The file.
        name: String,
        /// Why.
        error: copath::StoreError,
    },
    /// The store is encrypted.
    #[error("`{name}` is encrypted: give --key-file or --passphrase")]
    NeedsKey {
        /// The file.
        name: String,
    },
    /// The store isn't encrypted.
    #[error("`{name}` is not encrypted: leave the key away")]
    NotEncrypted {
        /// The file.
        name: String,
    },
    /// The key file doesn't hold a key.
    #[error("`{name}` holds no key: 32 octets or 64 hexadecimal digits")]
    BadKeyFile {
        /// The file.
        name: String,
    },
    /// There is no passphrase.
    #[error("there is no passphrase: set COPATH_PASSPHRASE, or give one on standard input")]
    NoPassphrase,
    /// The file is there, and nobody said that it may be replaced.
    #[error("`{name}` is there already: choose another name, or say --overwrite")]
    Exists {
        /// The file.
        name: String,
    },
    /// What is there isn't a file, and isn't replaced whatever is said.
    #[error("`{name}` is {found}, which is never replaced: name a file, or `-` for standard output")]
    NotAFile {
        /// What was to be written.
        name: String,
        /// What it is.
        found: &'static str,
    },
    /// There is no directory for the file.
    #[error("`{name}` is no directory: make it, or mend the path")]
    NoDirectory {
        /// What should be a directory.
        name: String,
    },
    /// The file can't be written.
    #[error("`{name}` can't be written: {kind}")]
    Unwritable {
        /// The file.
        name: String,
        /// Why.
        kind: io::ErrorKind,
    },
    /// Several files on standard output.
    #[error("--split writes several files: give --out a name other than `-`")]
    SplitStdout,
    /// The file isn't what it should be.
    #[error("`{name}` holds no {} in PEM or DER, or something else besides", label.text())]
    NotPem {
        /// The file, or `-`.
        name: String,
        /// What it should hold.
        label: Label,
    },
    /// The store has no identities.
    #[error("there is no identity in this store: `copath identity new` makes one")]
    NoIdentities,
    /// The store has no such identity.
    #[error("this store has no such identity; it has {known}: choose with --name and --suite")]
    NoSuchIdentity {
        /// Those that it has.
        known: String,
    },
    /// The store has several identities that may be meant.
    #[error("this store has several identities, {known}: choose with --name and --suite")]
    SeveralIdentities {
        /// Those that it has.
        known: String,
    },
    /// The store has the identity already.
    #[error(
        "this store has an identity {name} with a key for the suite already, which is never replaced: use it, or \
         take another store"
    )]
    IdentityExists {
        /// Its name.
        name: String,
    },
    /// An identity without a name.
    #[error("a name has at least one octet")]
    EmptyName,
    /// The name can't be a subject as it is.
    #[error("the name has characters that mean something in a subject: say --subject CN=…")]
    NeedsSubject,
    /// The request can't be made.
    #[error("the request can't be made: {0}")]
    NewRequest(X509Error),
    /// The request can't be used.
    #[error("`{name}`: {}", about_request(error))]
    Request {
        /// The file, or `-`.
        name: String,
        /// Why.
        error: X509Error,
    },
    /// The chain can't be a credential.
    #[error("`{name}`: {error}; the client's own certificate comes first, then each one's issuer")]
    Chain {
        /// The file.
        name: String,
        /// Why.
        error: X509Error,
    },
    /// The chain is for a key that isn't in the store.
    #[error(
        "`{name}` is for a key that no identity in this store has: take the store that the request was made from"
    )]
    ChainOfNobody {
        /// The file.
        name: String,
    },
    /// The certificate can't be a trust anchor.
    #[error("`{name}` can't be trusted as an authority: {error}")]
    Anchor {
        /// The file.
        name: String,
        /// Why.
        error: X509Error,
    },
    /// The revocation list can't be used.
    #[error("`{name}`: {error}")]
    RevocationList {
        /// The file.
        name: String,
        /// Why.
        error: X509Error,
    },
    /// The file holds something else than key packages.
    #[error("`{name}` holds something else than key packages: `copath inspect` shows what")]
    NoKeyPackage {
        /// The file, or `-`.
        name: String,
    },
    /// Key packages that can't be used.
    #[error("{unusable} of {} can't be used", counted(*of, "key package"))]
    Unusable {
        /// How many can't be used.
        unusable: usize,
        /// Of how many.
        of: usize,
    },
    /// There is no authority in the directory.
    #[error("there is no test CA in `{name}`: `copath ca init` makes one")]
    NoAuthority {
        /// The directory.
        name: String,
    },
    /// The register of an authority is damaged.
    #[error("`{name}` isn't the register of a test CA, or one of a later version")]
    BadRegister {
        /// The file.
        name: String,
    },
    /// The key of an authority is damaged.
    #[error("`{name}` holds no private key of the form that `copath ca` writes")]
    BadPrivateKey {
        /// The file.
        name: String,
    },
    /// The files of an authority don't fit together.
    #[error("`{name}`: {error}")]
    Authority {
        /// The file.
        name: String,
        /// Why.
        error: AuthorityError,
    },
    /// A certificate or a list can't be made.
    #[error(transparent)]
    Certifying(AuthorityError),
    /// The root is revoked by nobody.
    #[error(
        "serial number {serial} is the root, which no list can revoke: whoever trusts it has to stop that"
    )]
    RootRevoked {
        /// The number asked for.
        serial: u64,
    },
    /// The authority has issued no such certificate.
    #[error("this CA has issued no certificate with serial number {serial}; its register has {known}")]
    NoSuchSerial {
        /// The number asked for.
        serial: u64,
        /// Those that were issued.
        known: String,
    },
    /// A message did something else than the demo expected.
    #[error("{name} didn't get what was sent to them")]
    Undelivered {
        /// Who it was for.
        name: String,
    },
}

impl Failure {
    /// Whether whoever read the output has gone, which is no failure of ours.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(io::ErrorKind::BrokenPipe))
    }

    /// 2 for what was asked wrongly, 1 for what went wrong.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoSuite { .. }
            | Self::NoSeed { .. }
            | Self::NoRule { .. }
            | Self::NoCertificates { .. } => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

impl From<Malformed> for Failure {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(Box::new(malformed))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error.kind())
    }
}

fn about_request(error: &X509Error) -> String {
    match error {
        X509Error::UnsupportedScheme => {
            "its key or signature is of no scheme of RFC 9420: Ed25519, P-256 with \
                                         SHA-256, P-384 with SHA-384, P-521 with SHA-512"
                .to_owned()
        }
        X509Error::Crypto(_) => {
            "it isn't signed by the key that it is for: it was changed, or made by another key \
                                 than it names"
                .to_owned()
        }
        other => other.to_string(),
    }
}

fn lacking(suite: CipherSuite, backend: Backend) -> String {
    let others: Vec<String> = Backend::with_suite(suite).map(|backend| backend.to_string()).collect();
    let number = suite.0;
    match others.split_last() {
        None => format!("no backend has suite {number}"),
        Some((last, [])) => format!("{backend} doesn't have suite {number} ({suite}); {last} has it"),
        Some((last, rest)) => {
            let rest = rest.join(", ");
            format!("{backend} doesn't have suite {number} ({suite}); {rest} and {last} have it")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_suite_names_the_backends_that_have_it() {
        let failure = |suite, backend| Failure::NoSuite { suite: CipherSuite(suite), backend }.to_string();
        let text = failure(4, Backend::Ring);
        assert!(
            text.starts_with("ring doesn't have suite 4") && text.ends_with("rustcrypto has it"),
            "{text}"
        );
        let text = failure(5, Backend::Ring);
        assert!(text.ends_with("rustcrypto and aws-lc have it"), "{text}");
    }
}
