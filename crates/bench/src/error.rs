//! What can go wrong in a measurement.

use std::fmt;

/// Why a measurement could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// A library refused what it was asked.
    #[error("{library}: {operation}: {error}")]
    Library {
        /// Library and backend.
        library: &'static str,
        /// What it was asked.
        operation: &'static str,
        /// Its words.
        error: String,
    },
    /// There is no such library.
    #[error("no library is called {0}")]
    UnknownLibrary(String),
    /// Members who share an epoch don't agree on it.
    #[error("{library} and its partner disagree after {operation}")]
    Disagreement {
        /// Library and backend.
        library: &'static str,
        /// After what.
        operation: &'static str,
    },
    /// It would have taken too long.
    #[error(
        "{library}: {operation} at {size} members, {warmth} tree: left out, it was expected to take {seconds} s"
    )]
    TooLong {
        /// Library and backend.
        library: &'static str,
        /// What.
        operation: &'static str,
        /// Members.
        size: u32,
        /// The state of the tree.
        warmth: &'static str,
        /// By what it took in smaller groups.
        seconds: u64,
    },
    /// Nobody joined, so there is nothing to measure.
    #[error("nobody joined")]
    NoJoin,
    /// A file.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: String,
        /// The system's words.
        error: String,
    },
    /// A plot could not be drawn.
    #[error("a plot could not be drawn: {0}")]
    Plot(String),
    /// The process that counts memory failed.
    #[error("the count of memory failed: {0}")]
    Memory(String),
}

/// What a measurement returns.
pub type Outcome<T> = Result<T, BenchError>;

/// Makes errors of a library into ours.
#[derive(Clone, Copy, Debug)]
pub struct Blame {
    /// Library and backend.
    pub library: &'static str,
}

impl Blame {
    /// For `map_err`.
    pub fn on<E: fmt::Debug>(self, operation: &'static str) -> impl Fn(E) -> BenchError {
        move |error| BenchError::Library { library: self.library, operation, error: format!("{error:?}") }
    }
}
