//! Clients to be driven, some of which misbehave.

use std::time::Duration;

use copath_interop_client::Backend;
use copath_interop_runner::assignments::Assignments;
use copath_interop_runner::builtin;
use copath_interop_runner::client::Client;
use copath_interop_runner::config::{self, Script};
use copath_interop_runner::link::{CallError, GrpcLink, Link};
use copath_interop_runner::play::{Handshake, Played};
use copath_interop_runner::run::{Record, Selection, plan, play_all};

/// A script of `tests/data/own.json`.
pub(crate) fn scripts(name: &str) -> Vec<Script> {
    let mut scripts = config::parse("own.json", include_str!("../data/own.json")).unwrap();
    scripts.retain(|script| script.name.contains(name));
    assert!(!scripts.is_empty());
    scripts
}

/// How long a call to a client that works may take, on however slow and busy a machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);

/// A connection to a fresh Copath.
pub(crate) fn link(backend: Backend) -> GrpcLink {
    let address = builtin::start(backend).unwrap().to_string();
    GrpcLink::new(&address, PATIENCE).unwrap()
}

/// A fresh Copath.
pub(crate) fn copath(label: &str) -> Client {
    Client::new(label, Box::new(link(Backend::Rustcrypto))).unwrap()
}

/// What a [`Bent`] link does with a call.
pub(crate) enum Bend {
    /// Sends another request.
    Request(fn(&mut Vec<u8>)),
    /// Returns another answer.
    Answer(fn(&mut Vec<u8>)),
    /// Returns no answer.
    Error(CallError),
}

/// A link to Copath that bends one method.
pub(crate) struct Bent {
    pub(crate) inner: GrpcLink,
    pub(crate) method: &'static str,
    pub(crate) bend: Bend,
}

impl Link for Bent {
    fn call(&self, method: &'static str, mut request: Vec<u8>) -> Result<Vec<u8>, CallError> {
        if method != self.method {
            return self.inner.call(method, request);
        }
        match &self.bend {
            Bend::Request(bend) => {
                bend(&mut request);
                self.inner.call(method, request)
            }
            Bend::Answer(bend) => self.inner.call(method, request).map(|mut answer| {
                bend(&mut answer);
                answer
            }),
            Bend::Error(error) => Err(error.clone()),
        }
    }
}

/// A Copath that bends one method.
pub(crate) fn bent(method: &'static str, bend: Bend) -> Client {
    let inner = link(Backend::Rustcrypto);
    Client::new("bent", Box::new(Bent { inner, method, bend })).unwrap()
}

/// Plays scripts on suite 1 with all assignments.
pub(crate) fn play(
    clients: &[Client],
    scripts: &[Script],
    handshakes: &[Handshake],
) -> Vec<(Record, Played)> {
    let selection = Selection {
        suites: vec![1],
        handshakes: handshakes.to_vec(),
        assignments: Assignments::All,
        seed: 1,
    };
    play_all(&plan(clients, scripts, &selection), 1, 1, |_| ())
}
