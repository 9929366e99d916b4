//! The cursor that decoding goes through.

use alloc::vec::Vec;
use core::fmt;

use crate::{Decode, DecodeContext, DecodeError, DecodeErrorKind, varint};

/// A cursor over one input: offset, limit and context travel with it.
#[derive(Clone)]
pub struct Reader<'a> {
    /// What is left up to the current limit.
    rest: &'a [u8],
    /// Where `rest` starts in the outermost input.
    offset: usize,
    context: &'a DecodeContext,
}

impl<'a> Reader<'a> {
    /// A cursor at the start of `input`.
    pub fn new(input: &'a [u8], context: &'a DecodeContext) -> Self {
        Self { rest: input, offset: 0, context }
    }

    /// Where the cursor stands in the outermost input, in octets.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// How many octets are left up to the current limit.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Whether nothing is left up to the current limit.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What the decoder knows beyond the bytes.
    pub fn context(&self) -> &'a DecodeContext {
        self.context
    }

    /// An error of `kind` at the cursor.
    pub fn error(&self, kind: DecodeErrorKind) -> DecodeError {
        DecodeError::new(self.offset, kind)
    }

    /// The next `count` octets.
    ///
    /// # Errors
    /// Fewer are left.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            let needed = count.saturating_sub(self.rest.len());
            return Err(self.error(DecodeErrorKind::Truncated { needed }));
        };
        self.rest = rest;
        self.offset = self.offset.saturating_add(count);
        Ok(taken)
    }

    /// The next `N` octets as an array.
    ///
    /// # Errors
    /// Fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// The next octet.
    ///
    /// # Errors
    /// Nothing is left.
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(|[octet]| octet)
    }

    /// All octets up to the limit.
    pub fn rest(&mut self) -> &'a [u8] {
        let rest = core::mem::take(&mut self.rest);
        self.offset = self.offset.saturating_add(rest.len());
        rest
    }

    /// The octets of a variable-size vector `opaque x<V>` (RFC 9420 §2.1.2).
    ///
    /// # Errors
    /// Its header is malformed, too long for the context's limit or longer than what is left.
    pub fn opaque(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.length()?;
        self.take(length)
    }

    /// Runs `read` over the content of a variable-size vector, which it has to use up.
    ///
    /// # Errors
    /// The header is malformed, `read` fails, or octets are left over (rule 2.1.2-05).
    pub fn vector<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let length = self.length()?;
        let start = self.offset;
        let content = self.take(length)?;
        let mut inner = Self { rest: content, offset: start, context: self.context };
        let value = read(&mut inner)?;
        inner.finish()?;
        Ok(value)
    }

    /// A list `T x<V>`: whole elements that fill the vector exactly.
    ///
    /// # Errors
    /// As [`Reader::vector`], or an element is malformed.
    pub fn list<T: Decode>(&mut self) -> Result<Vec<T>, DecodeError> {
        self.vector(|inner| {
            let mut list = Vec::new();
            while !inner.is_empty() {
                let element = T::decode(inner).map_err(|error| error.in_element(list.len()))?;
                list.push(element);
            }
            Ok(list)
        })
    }

    /// Reads one field and adds its name to an error.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn field<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        read(self).map_err(|error| error.inside(name))
    }

    /// Reads a value and returns it with the octets that it was read from.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn span<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<(T, &'a [u8]), DecodeError> {
        let before = self.rest;
        let value = read(self)?;
        let used = before.len().saturating_sub(self.rest.len());
        Ok((value, before.get(..used).unwrap_or_default()))
    }

    /// Ends decoding: nothing may be left over.
    ///
    /// # Errors
    /// Octets are left over (rule 2.1.2-06).
    pub fn finish(self) -> Result<(), DecodeError> {
        match self.rest.len() {
            0 => Ok(()),
            count => Err(self.error(DecodeErrorKind::LeftOver { count })),
        }
    }

    fn length(&mut self) -> Result<usize, DecodeError> {
        let start = self.offset;
        let at = |kind| DecodeError::new(start, kind);
        let Some(first) = self.rest.first() else {
            return Err(at(DecodeErrorKind::Truncated { needed: 1 }));
        };
        let header = self.take(varint::header_size(*first).map_err(at)?)?;
        let length = varint::length(header).map_err(at)?;
        if length > self.context.max_vector() {
            return Err(at(DecodeErrorKind::OverLimit));
        }
        Ok(length)
    }
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("offset", &self.offset)
            .field("remaining", &self.rest.len())
            .finish_non_exhaustive()
    }
}
