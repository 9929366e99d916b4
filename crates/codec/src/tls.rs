//! The traits of `tls_codec`, on top of ours, so that applications compose our structures with theirs.

use alloc::vec::Vec;

use crate::{Decode, DecodeContext, Encode, Reader};

/// The length of the encoding; 0 for a value that cannot be encoded.
pub fn serialized_len<T: Encode>(value: &T) -> usize {
    value.to_bytes().map_or(0, |bytes| bytes.len())
}

/// Encodes for `tls_codec`.
///
/// # Errors
/// `InvalidVectorLength` if a vector is too long.
pub fn serialize_bytes<T: Encode>(value: &T) -> Result<Vec<u8>, tls_codec::Error> {
    value.to_bytes().map_err(|_| tls_codec::Error::InvalidVectorLength)
}

/// Decodes for `tls_codec` and returns what follows.
///
/// # Errors
/// `DecodingError` with our error in words.
pub fn deserialize_bytes<T: Decode>(bytes: &[u8]) -> Result<(T, &[u8]), tls_codec::Error> {
    let mut reader = Reader::new(bytes, DecodeContext::rfc9420());
    let value = T::decode(&mut reader)
        .map_err(|error| tls_codec::Error::DecodingError(alloc::string::ToString::to_string(&error)))?;
    Ok((value, reader.rest()))
}

/// Implements `tls_codec`'s `Size`, `SerializeBytes` and `DeserializeBytes` over [`Encode`] and [`Decode`].
#[macro_export]
macro_rules! impl_tls_codec {
    ($name:ident) => {
        impl $crate::macro_support::tls_codec::Size for $name {
            fn tls_serialized_len(&self) -> usize {
                $crate::macro_support::serialized_len(self)
            }
        }

        impl $crate::macro_support::tls_codec::SerializeBytes for $name {
            fn tls_serialize_bytes(
                &self,
            ) -> ::core::result::Result<$crate::macro_support::Vec<u8>, $crate::macro_support::tls_codec::Error> {
                $crate::macro_support::serialize_bytes(self)
            }
        }

        impl $crate::macro_support::tls_codec::DeserializeBytes for $name {
            fn tls_deserialize_bytes(
                bytes: &[u8],
            ) -> ::core::result::Result<(Self, &[u8]), $crate::macro_support::tls_codec::Error> {
                $crate::macro_support::deserialize_bytes(bytes)
            }
        }
    };
}
