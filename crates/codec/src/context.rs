//! What a decoder has to know beyond the bytes.

use alloc::collections::BTreeMap;

use crate::varint::MAX_LENGTH;
use crate::{DecodeError, Reader};

/// A registry whose entries have bodies without a length header.
///
/// RFC 9420 §12.1 (proposals) and §5.3 (credentials): the body of an unknown type cannot be skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Registry {
    /// Proposal types.
    Proposal,
    /// Credential types.
    Credential,
}

/// How the body of a registered code point is read.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum BodyShape {
    /// No octets at all.
    Empty,
    /// One variable-size vector.
    Vector,
    /// This many octets.
    Fixed(usize),
    /// A function that reads over the body and refuses a malformed one.
    Walk(fn(&mut Reader<'_>) -> Result<(), DecodeError>),
}

impl BodyShape {
    /// Reads over one body and returns its octets.
    ///
    /// # Errors
    /// The body is malformed for this shape.
    pub fn read<'a>(&self, reader: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
        let ((), octets) = reader.span(|r| match self {
            Self::Empty => Ok(()),
            Self::Vector => r.opaque().map(|_| ()),
            Self::Fixed(size) => r.take(*size).map(|_| ()),
            Self::Walk(walk) => walk(r),
        })?;
        Ok(octets)
    }
}

/// Body shapes of registered types and the receiver's size limit.
///
/// The default knows what RFC 9420 defines and limits vectors to what the encoding can express.
#[derive(Clone, Debug)]
pub struct DecodeContext {
    shapes: BTreeMap<(Registry, u16), BodyShape>,
    max_vector: usize,
}

/// The context that knows RFC 9420 alone.
static RFC9420: DecodeContext = DecodeContext { shapes: BTreeMap::new(), max_vector: MAX_LENGTH };

impl DecodeContext {
    /// The context that knows RFC 9420 alone.
    pub fn rfc9420() -> &'static Self {
        &RFC9420
    }

    /// Adds the body shape of a type beyond RFC 9420.
    #[must_use]
    pub fn with_body(mut self, registry: Registry, code: u16, shape: BodyShape) -> Self {
        self.shapes.insert((registry, code), shape);
        self
    }

    /// Refuses vectors of more than `octets` octets.
    #[must_use]
    pub fn with_max_vector(mut self, octets: usize) -> Self {
        self.max_vector = octets;
        self
    }

    /// The shape of a type beyond RFC 9420, if it is registered.
    pub fn body(&self, registry: Registry, code: u16) -> Option<BodyShape> {
        self.shapes.get(&(registry, code)).copied()
    }

    /// The largest vector accepted, in octets.
    pub fn max_vector(&self) -> usize {
        self.max_vector
    }
}

impl Default for DecodeContext {
    fn default() -> Self {
        Self { shapes: BTreeMap::new(), max_vector: MAX_LENGTH }
    }
}
