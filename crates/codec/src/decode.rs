//! Values that can be read.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::{DecodeContext, DecodeError, DecodeErrorKind, Reader};

/// A value that can be read from its encoding.
///
/// RFC 9420 §2.1. Decoding never panics and allocates no more than a small multiple of its input.
pub trait Decode: Sized {
    /// Reads one value at the cursor.
    ///
    /// # Errors
    /// The input is malformed; the error names byte and field.
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// Reads one value that fills `input` exactly, knowing RFC 9420 alone.
    ///
    /// # Errors
    /// The input is malformed or has octets left over.
    fn from_bytes(input: &[u8]) -> Result<Self, DecodeError> {
        Self::from_bytes_in(input, DecodeContext::rfc9420())
    }

    /// Reads one value that fills `input` exactly.
    ///
    /// # Errors
    /// The input is malformed or has octets left over.
    fn from_bytes_in(input: &[u8], context: &DecodeContext) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(input, context);
        let value = Self::decode(&mut reader)?;
        reader.finish()?;
        Ok(value)
    }
}

macro_rules! integers {
    ($($int:ty),*) => {$(
        impl Decode for $int {
            fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                reader.array().map(Self::from_be_bytes)
            }
        }
    )*};
}
integers!(u16, u32, u64);

impl<T: Decode> Decode for Option<T> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.clone();
        match reader.u8()? {
            0 => Ok(None),
            1 => T::decode(reader).map(Some),
            value => Err(at.error(DecodeErrorKind::Presence { value })),
        }
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.list()
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        T::decode(reader).map(Self::new)
    }
}

impl<T: Decode> Decode for Arc<T> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        T::decode(reader).map(Self::new)
    }
}
