//! The content of a record.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use zeroize::optimization_barrier;

/// The octets of one record: wiped on drop, silent in `Debug`, copied only by name.
///
/// Most records hold secrets, so all are treated as if they did (RFC 9420 §9.2).
pub struct Record(Box<[u8]>);

impl Record {
    /// A record with a copy of `octets`.
    pub fn copy_of(octets: &[u8]) -> Self {
        Self(octets.into())
    }

    /// The octets themselves. The one way to reach them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// A second copy, for stores that keep their own.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }

    /// How many octets there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<u8>> for Record {
    /// Takes over `octets`; a buffer with spare capacity is copied and wiped.
    fn from(mut octets: Vec<u8>) -> Self {
        if octets.len() == octets.capacity() {
            return Self(octets.into_boxed_slice());
        }
        let record = Self::copy_of(&octets);
        // The spare capacity is part of what is wiped, and nothing moves: the buffer is full then.
        octets.resize(octets.capacity(), 0);
        drop(Self(octets.into_boxed_slice()));
        record
    }
}

impl Drop for Record {
    /// Wipes as `zeroize` does, but not octet by octet.
    fn drop(&mut self) {
        self.0.fill(0);
        optimization_barrier(&*self.0);
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Record(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: 2-01
    #[test]
    fn debug_shows_nothing() {
        assert_eq!(alloc::format!("{:?}", Record::copy_of(b"abc")), "Record(..)");
    }

    #[test]
    fn content_survives_spare_capacity() {
        let mut roomy = Vec::with_capacity(100);
        roomy.extend_from_slice(b"abc");
        assert_eq!(Record::from(roomy).expose(), b"abc");
        assert_eq!(Record::from(alloc::vec![1, 2]).duplicate().expose(), [1, 2]);
    }
}
