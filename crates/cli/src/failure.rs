//! Why a command failed, and what it exits with.

use std::io;
use std::process::ExitCode;

use copath::CipherSuite;

use crate::backend::Backend;
use crate::inspect::Malformed;

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
            Self::NoSuite { .. } | Self::NoSeed { .. } | Self::NoRule { .. } => ExitCode::from(2),
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
