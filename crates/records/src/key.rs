//! What a record is stored under.

use alloc::vec::Vec;
use core::fmt;

use crate::RecordKind;

/// Tag of a `u32` segment.
const TAG_U32: u8 = 0x14;
/// Tag of a `u64` segment.
const TAG_U64: u8 = 0x18;
/// The most octets that the length of an octet string takes; smaller tags are octet strings.
const MAX_LENGTH_OCTETS: u8 = 8;

/// The key of a record: its kind and a list of typed segments.
///
/// Each segment is self-delimiting, so a key is a prefix of another in octets only if its segments are the first
/// segments of the other. Integers are big endian, so keys that differ in one integer only are in numeric order.
///
/// Format: the kind, one octet; then for each segment a tag and its content. Tag 0x14: `u32`, 4 octets. Tag 0x18:
/// `u64`, 8 octets. Tag 0 to 8: the number of octets of the length, minimal and big endian, then that many octets.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey(Vec<u8>);

impl RecordKey {
    /// The key that has no segment yet, and is a prefix of all keys of `kind`.
    #[must_use]
    pub fn new(kind: RecordKind) -> Self {
        /// Room for a group id of 32 octets and what most keys have after it, so that pushing doesn't move them.
        const ROOM: usize = 56;
        let mut octets = Vec::with_capacity(ROOM);
        octets.push(kind.0);
        Self(octets)
    }

    /// Appends an octet string.
    #[must_use]
    pub fn push_bytes(mut self, octets: &[u8]) -> Self {
        let length = (octets.len() as u64).to_be_bytes();
        let skip = length.iter().take_while(|octet| **octet == 0).count();
        let minimal = length.get(skip..).unwrap_or_default();
        self.0.reserve(octets.len().saturating_add(minimal.len()).saturating_add(1));
        self.0.push(u8::try_from(minimal.len()).unwrap_or(MAX_LENGTH_OCTETS));
        self.0.extend_from_slice(minimal);
        self.0.extend_from_slice(octets);
        self
    }

    /// Appends a `u64`.
    #[must_use]
    pub fn push_u64(mut self, value: u64) -> Self {
        self.0.push(TAG_U64);
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    /// Appends a `u32`.
    #[must_use]
    pub fn push_u32(mut self, value: u32) -> Self {
        self.0.push(TAG_U32);
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    /// The key that a store kept as octets; `None` if no key has this form.
    #[must_use]
    pub fn from_octets(octets: Vec<u8>) -> Option<Self> {
        let key = Self(octets);
        let (_, segments) = key.0.split_first()?;
        let mut segments = Segments { rest: segments };
        while !segments.is_empty() {
            segments.skip()?;
        }
        Some(key)
    }

    /// The key as octets, for a store to keep.
    #[must_use]
    pub fn as_octets(&self) -> &[u8] {
        &self.0
    }

    /// The kind of the record.
    #[must_use]
    pub fn kind(&self) -> RecordKind {
        RecordKind(self.0.first().copied().unwrap_or_default())
    }

    /// The segments, to be read back in the order in which they were pushed.
    #[must_use]
    pub fn segments(&self) -> Segments<'_> {
        Segments { rest: self.0.get(1..).unwrap_or_default() }
    }

    /// Whether the segments of `prefix` are the first segments of `self`, and the kinds are equal.
    #[must_use]
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.0.starts_with(&prefix.0)
    }

    /// The first octet string after all keys that start with `self`, for range scans; `None` if there is none.
    #[must_use]
    pub fn prefix_end(&self) -> Option<Vec<u8>> {
        let mut end = self.0.clone();
        while let Some(last) = end.pop() {
            if let Some(next) = last.checked_add(1) {
                end.push(next);
                return Some(end);
            }
        }
        None
    }
}

impl fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}:", self.kind())?;
        for octet in self.0.iter().skip(1) {
            write!(f, "{octet:02x}")?;
        }
        Ok(())
    }
}

/// Reads the segments of a [`RecordKey`] back; each method is `None` if another kind of segment comes next.
#[derive(Clone, Debug)]
pub struct Segments<'a> {
    rest: &'a [u8],
}

impl<'a> Segments<'a> {
    /// The octet string that comes next.
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let (tag, rest) = self.rest.split_first().filter(|(tag, _)| **tag <= MAX_LENGTH_OCTETS)?;
        let (minimal, rest) = rest.split_at_checked(usize::from(*tag))?;
        if minimal.first() == Some(&0) {
            return None;
        }
        let length = minimal.iter().fold(0u64, |sum, octet| sum << 8 | u64::from(*octet));
        let (octets, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        self.rest = rest;
        Some(octets)
    }

    /// The `u64` that comes next.
    pub fn u64(&mut self) -> Option<u64> {
        self.integer(TAG_U64).map(u64::from_be_bytes)
    }

    /// The `u32` that comes next.
    pub fn u32(&mut self) -> Option<u32> {
        self.integer(TAG_U32).map(u32::from_be_bytes)
    }

    /// The segment that comes next, whatever it is, as the key holds it: with its tag.
    pub fn encoded(&mut self) -> Option<&'a [u8]> {
        let before = self.rest;
        self.skip()?;
        before.get(..before.len().saturating_sub(self.rest.len()))
    }

    /// Whether all segments have been read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn integer<const N: usize>(&mut self, tag: u8) -> Option<[u8; N]> {
        let rest = self.rest.strip_prefix(&[tag])?;
        let (octets, rest) = rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*octets)
    }

    fn skip(&mut self) -> Option<()> {
        match *self.rest.first()? {
            TAG_U32 => self.u32().map(drop),
            TAG_U64 => self.u64().map(drop),
            _ => self.bytes().map(drop),
        }
    }
}

#[cfg(test)]
mod tests;
