//! What is fuzzed: each target takes any octets, and panics if a promise is broken.
//!
//! Whatever comes in, nothing panics, overflows or hangs; what is refused changes nothing; what is decoded encodes to
//! the same octets. `cargo xtask fuzz` drives the targets with coverage, the tests with fixed mutations of the seeds.
//! The members use backends that keep nothing secret and verify no signature, so that what is mutated gets deep.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is what a fuzzer looks for"
)]

mod decode;
mod joiner;
mod member;
mod mutation;
mod observer;
mod second_opinion;
mod stored_state;
mod transparent;
mod vectors;

pub use mutation::Mutations;

/// What is fuzzed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Every structure is decoded and encoded, beside a second decoder.
    Decode,
    /// A member receives messages.
    Member,
    /// A client joins by Welcomes.
    Joiner,
    /// An observer starts and follows.
    Observer,
    /// A group loads from damaged records, and goes on.
    StoredState,
}

impl Target {
    /// All targets.
    pub const ALL: [Self; 5] = [Self::Decode, Self::Member, Self::Joiner, Self::Observer, Self::StoredState];

    /// Its name in commands and folders.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Member => "member",
            Self::Joiner => "joiner",
            Self::Observer => "observer",
            Self::StoredState => "stored_state",
        }
    }

    /// Feeds it; panics if a promise is broken.
    pub fn run(self, input: &[u8]) {
        match self {
            Self::Decode => decode::run(input),
            Self::Member => member::run(input),
            Self::Joiner => joiner::run(input),
            Self::Observer => observer::run(input),
            Self::StoredState => stored_state::run(input),
        }
    }

    /// Valid inputs to begin with.
    pub fn seeds(self) -> Vec<Vec<u8>> {
        match self {
            Self::Decode => decode::seeds(),
            Self::Member => member::seeds(),
            Self::Joiner => joiner::seeds(),
            Self::Observer => observer::seeds(),
            Self::StoredState => stored_state::seeds(),
        }
    }
}

/// An input: its first octet chooses among `forms`, the rest is for that form.
fn split(input: &[u8], forms: usize) -> Option<(usize, &[u8])> {
    let (first, rest) = input.split_first()?;
    Some((usize::from(*first) % forms, rest))
}

/// The input that chooses `form` and gives it `rest`.
fn join(form: u8, rest: &[u8]) -> Vec<u8> {
    [&[form], rest].concat()
}
