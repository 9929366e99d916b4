//! The TLS presentation language as MLS uses it, strictly decoded.
//!
//! RFC 9420 §2.1. [`Encode`] and [`Decode`] are the one trait pair used everywhere. Decoding goes through a
//! [`Reader`] that carries offset, limit and [`DecodeContext`], so a [`DecodeError`] names the byte and the field.
//! Structures are declared with [`wire_struct!`], 16-bit registries with [`open_enum!`] and 8-bit selectors with
//! [`closed_enum!`]; each of them also implements the traits of `tls_codec`.
#![no_std]
#![warn(clippy::arithmetic_side_effects)]

extern crate alloc;

mod context;
mod decode;
mod encode;
mod enums;
mod error;
mod opaque;
mod reader;
mod structs;
mod tls;
mod varint;
mod writer;

pub use context::{BodyShape, DecodeContext, Registry};
pub use decode::Decode;
pub use encode::Encode;
pub use error::{DecodeError, DecodeErrorKind, EncodeError, FieldStep};
pub use opaque::Opaque;
pub use reader::Reader;
pub use varint::{LengthHeader, MAX_LENGTH};
pub use writer::Writer;

#[doc(hidden)]
pub mod macro_support {
    pub use crate::tls::{deserialize_bytes, serialize_bytes, serialized_len};
    pub use alloc::vec::Vec;
    pub use tls_codec;
}
