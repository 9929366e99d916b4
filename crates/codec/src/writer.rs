//! The buffer that encoding goes into.

use alloc::vec::Vec;

use zeroize::optimization_barrier;

use crate::{Encode, EncodeError, LengthHeader};

/// A growing output. A vector that is too long is remembered and reported by [`Writer::finish`].
#[derive(Default)]
pub struct Writer {
    out: Vec<u8>,
    too_long: bool,
    wipes: bool,
}

impl Writer {
    /// An empty output.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty output with room for `octets` octets.
    pub fn with_capacity(octets: usize) -> Self {
        Self { out: Vec::with_capacity(octets), ..Self::default() }
    }

    /// An empty output for secrets: whatever buffer it outgrows is wiped, so that the finished one is the only copy.
    pub fn wiping() -> Self {
        Self { wipes: true, ..Self::default() }
    }

    /// As [`Writer::wiping`], with room for `octets` octets.
    pub fn wiping_with_capacity(octets: usize) -> Self {
        Self { wipes: true, ..Self::with_capacity(octets) }
    }

    /// Makes room; a buffer that is left behind is wiped if it may hold secrets.
    #[inline]
    fn reserve(&mut self, octets: usize) {
        let needed = self.out.len().saturating_add(octets);
        if needed > self.out.capacity() {
            self.grow(needed);
        }
    }

    fn grow(&mut self, needed: usize) {
        /// Room for most records and messages.
        const FIRST: usize = 256;
        if !self.wipes {
            return self.out.reserve(needed.max(FIRST).saturating_sub(self.out.len()));
        }
        let capacity = needed.max(self.out.capacity().saturating_mul(2)).max(FIRST);
        let mut grown = Vec::with_capacity(capacity);
        grown.extend_from_slice(&self.out);
        let mut left = core::mem::replace(&mut self.out, grown);
        // All that was ever written: octets are only appended. As `zeroize` does, but not octet by octet.
        left.fill(0);
        optimization_barrier(&*left);
    }

    /// How many octets have been written.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether nothing has been written.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Appends octets as they are.
    #[inline]
    pub fn bytes(&mut self, octets: &[u8]) -> &mut Self {
        self.reserve(octets.len());
        self.out.extend_from_slice(octets);
        self
    }

    /// Appends zeros until `length` octets have been written.
    pub fn pad_to(&mut self, length: usize) -> &mut Self {
        self.reserve(length.saturating_sub(self.out.len()));
        self.out.resize(length.max(self.out.len()), 0);
        self
    }

    /// Appends one octet.
    #[inline]
    pub fn u8(&mut self, octet: u8) -> &mut Self {
        self.reserve(1);
        self.out.push(octet);
        self
    }

    /// Appends a value's encoding.
    pub fn value<T: Encode + ?Sized>(&mut self, value: &T) -> &mut Self {
        value.encode(self);
        self
    }

    /// Appends `opaque x<V>`: length header and octets (RFC 9420 §2.1.2).
    pub fn opaque(&mut self, octets: &[u8]) -> &mut Self {
        match LengthHeader::of(octets.len()) {
            Some(header) => {
                self.bytes(header.as_bytes());
                self.bytes(octets)
            }
            None => {
                self.too_long = true;
                self
            }
        }
    }

    /// Appends a variable-size vector whose content `write` produces.
    pub fn vector(&mut self, write: impl FnOnce(&mut Self)) -> &mut Self {
        let start = self.out.len();
        self.u8(0);
        let content = self.out.len();
        write(self);
        let Some(header) = LengthHeader::of(self.out.len().saturating_sub(content)) else {
            self.too_long = true;
            return self;
        };
        match (header.as_bytes(), self.out.get_mut(start)) {
            // The place that was kept is enough.
            ([header], Some(place)) => *place = *header,
            (header, _) => {
                self.reserve(header.len());
                self.out.splice(start..content, header.iter().copied());
            }
        }
        self
    }

    /// Appends a list `T x<V>`.
    pub fn list<'t, T: Encode + 't>(&mut self, list: impl IntoIterator<Item = &'t T>) -> &mut Self {
        self.vector(|w| {
            for element in list {
                element.encode(w);
            }
        })
    }

    /// Appends `optional<T>` (RFC 9420 §2.1.1).
    pub fn optional<T: Encode>(&mut self, value: Option<&T>) -> &mut Self {
        match value {
            None => self.u8(0),
            Some(value) => self.u8(1).value(value),
        }
    }

    /// The finished encoding.
    ///
    /// # Errors
    /// [`EncodeError::TooLong`] if a vector was longer than the encoding can express.
    pub fn finish(self) -> Result<Vec<u8>, EncodeError> {
        if self.too_long { Err(EncodeError::TooLong) } else { Ok(self.out) }
    }
}

impl core::fmt::Debug for Writer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Writer").field("len", &self.out.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wiping_writer_writes_the_same() {
        let write = |mut writer: Writer| {
            for length in [0, 1, 63, 64, 300, 20_000] {
                writer.u8(7).opaque(&alloc::vec![9; length]).vector(|w| {
                    w.bytes(&alloc::vec![5; length]).vector(|w| {
                        w.u8(1);
                    });
                });
            }
            writer.finish().unwrap()
        };
        let plain = write(Writer::new());
        assert_eq!(write(Writer::wiping()), plain);
        assert_eq!(write(Writer::with_capacity(10)), plain);
    }
}
