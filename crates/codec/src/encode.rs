//! Values that can be written.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::{EncodeError, Writer};

/// A value with an encoding in the presentation language.
///
/// RFC 9420 §2.1.
pub trait Encode {
    /// Appends the encoding of `self`.
    fn encode(&self, writer: &mut Writer);

    /// The encoding of `self` alone.
    ///
    /// # Errors
    /// [`EncodeError::TooLong`] if a vector in it is longer than 2^30 - 1 octets.
    fn to_bytes(&self) -> Result<Vec<u8>, EncodeError> {
        let mut writer = Writer::with_capacity(self.expected_length());
        self.encode(&mut writer);
        writer.finish()
    }

    /// About how many octets the encoding takes, for values that may be large: so much room is made at once. 0 says
    /// nothing.
    fn expected_length(&self) -> usize {
        0
    }
}

macro_rules! integers {
    ($($int:ty),*) => {$(
        impl Encode for $int {
            fn encode(&self, writer: &mut Writer) {
                writer.bytes(&self.to_be_bytes());
            }
        }
    )*};
}
integers!(u16, u32, u64);

impl<T: Encode> Encode for Option<T> {
    fn encode(&self, writer: &mut Writer) {
        writer.optional(self.as_ref());
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self, writer: &mut Writer) {
        writer.list(self);
    }
}

impl<T: Encode> Encode for [T] {
    fn encode(&self, writer: &mut Writer) {
        writer.list(self);
    }
}

impl<T: Encode + ?Sized> Encode for &T {
    fn encode(&self, writer: &mut Writer) {
        T::encode(self, writer);
    }
}

impl<T: Encode + ?Sized> Encode for Box<T> {
    fn encode(&self, writer: &mut Writer) {
        T::encode(self, writer);
    }
}

impl<T: Encode + ?Sized> Encode for Arc<T> {
    fn encode(&self, writer: &mut Writer) {
        T::encode(self, writer);
    }
}
