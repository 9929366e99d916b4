//! How a case failed.

use std::error::Error;
use std::fmt;

/// What differed from the vector, or went wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch(String);

/// How many octets of a value a report shows.
const SHOWN: usize = 24;

impl Mismatch {
    /// A mismatch in words.
    pub(crate) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// The same, with the place in front.
    pub(crate) fn at(self, place: impl fmt::Display) -> Self {
        Self(format!("{place}: {}", self.0))
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: Error> From<E> for Mismatch {
    fn from(error: E) -> Self {
        let mut words = error.to_string();
        let mut cause = error.source();
        while let Some(source) = cause {
            words = format!("{words}: {source}");
            cause = source.source();
        }
        Self(words)
    }
}

/// Says where something went wrong.
pub(crate) trait At<T> {
    /// Puts the place in front of the failure.
    fn at(self, place: impl fmt::Display) -> Result<T, Mismatch>;
}

impl<T, E: Into<Mismatch>> At<T> for Result<T, E> {
    fn at(self, place: impl fmt::Display) -> Result<T, Mismatch> {
        self.map_err(|error| error.into().at(place))
    }
}

/// Compares octets with those of the vector.
pub(crate) fn same(what: &str, found: &[u8], expected: &[u8]) -> Result<(), Mismatch> {
    if found == expected {
        return Ok(());
    }
    Err(Mismatch(format!("{what} is {}, the vector has {}", show(found), show(expected))))
}

/// Compares any two values.
pub(crate) fn equal<T: PartialEq + fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), Mismatch> {
    if found == expected {
        return Ok(());
    }
    Err(Mismatch(format!("{what} is {found:?}, expected {expected:?}")))
}

/// Fails with `words` unless `holds`.
pub(crate) fn require(words: &str, holds: impl Into<bool>) -> Result<(), Mismatch> {
    if holds.into() { Ok(()) } else { Err(Mismatch::new(words)) }
}

fn show(octets: &[u8]) -> String {
    match octets.get(..SHOWN) {
        Some(shown) if octets.len() > SHOWN => format!("{}… ({} octets)", hex::encode(shown), octets.len()),
        _ => hex::encode(octets),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mismatch_names_place_and_both_values() {
        let found = same("key", &[1], &[2]).at("leaf 3").unwrap_err();
        assert_eq!(found.to_string(), "leaf 3: key is 01, the vector has 02");
        assert_eq!(same("key", &[1; 30], &[1; 30]), Ok(()));
        let long = same("key", &[1; 30], &[]).unwrap_err().to_string();
        assert!(long.contains("… (30 octets)"), "{long}");
    }
}
