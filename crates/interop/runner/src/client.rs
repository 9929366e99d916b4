//! A client that is driven.

use std::sync::atomic::{AtomicBool, Ordering};

use copath_interop_grpc::{NameRequest, SupportedCiphersuitesRequest};

use crate::link::{CallError, Link, Name, Rpc, SupportedCiphersuites, call};

/// A client, what it says about itself, and whether it still answers.
pub struct Client {
    /// What the command line calls it.
    pub label: String,
    /// What it calls itself.
    pub name: String,
    /// The suites that it has.
    pub suites: Vec<u16>,
    link: Box<dyn Link>,
    suspect: AtomicBool,
}

/// Why a client can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("client {client}, {method}: {error}")]
pub struct Unusable {
    /// Its label.
    pub client: String,
    /// What it was asked.
    pub method: &'static str,
    /// What came back.
    pub error: CallError,
}

impl Client {
    /// Asks a client who it is.
    ///
    /// # Errors
    /// It doesn't say.
    pub fn new(label: &str, link: Box<dyn Link>) -> Result<Self, Unusable> {
        let unusable = |method, error| Unusable { client: label.to_owned(), method, error };
        let name = call::<Name>(&*link, &NameRequest {}).map_err(|error| unusable(Name::METHOD, error))?.name;
        let suites = call::<SupportedCiphersuites>(&*link, &SupportedCiphersuitesRequest {});
        let suites = suites.map_err(|error| unusable(SupportedCiphersuites::METHOD, error))?.ciphersuites;
        let mut suites: Vec<u16> = suites.into_iter().filter_map(|suite| suite.try_into().ok()).collect();
        suites.sort_unstable();
        suites.dedup();
        Ok(Self { label: label.to_owned(), name, suites, link, suspect: AtomicBool::new(false) })
    }

    /// Calls a method.
    ///
    /// # Errors
    /// The client has no answer.
    pub fn call<R: Rpc>(&self, request: &R::Request) -> Result<R::Response, CallError> {
        let answer = call::<R>(&*self.link, request);
        if matches!(answer, Err(CallError::TimedOut(_) | CallError::Gone(_) | CallError::Nonsense(_))) {
            self.suspect.store(true, Ordering::SeqCst);
        }
        answer
    }

    /// Whether the client may be used: one that hung, went away or talked nonsense is asked for its name first.
    ///
    /// # Errors
    /// It doesn't say.
    pub fn check(&self) -> Result<(), CallError> {
        if self.suspect.load(Ordering::SeqCst) {
            call::<Name>(&*self.link, &NameRequest {})?;
            self.suspect.store(false, Ordering::SeqCst);
        }
        Ok(())
    }

    /// Whether the last calls were answered.
    pub fn is_suspect(&self) -> bool {
        self.suspect.load(Ordering::SeqCst)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("label", &self.label).field("name", &self.name).finish_non_exhaustive()
    }
}
