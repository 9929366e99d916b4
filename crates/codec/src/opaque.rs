//! Public octets with a length header.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Deref;

use crate::{Decode, DecodeError, Encode, Reader, Writer};

/// Octets that are encoded as `opaque x<V>`.
///
/// RFC 9420 §2.1.2. For public values only: it prints its content in `Debug`.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opaque(Vec<u8>);

impl Opaque {
    /// The octets.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// The octets, owned.
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

impl Deref for Opaque {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Opaque {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Opaque {
    fn from(octets: Vec<u8>) -> Self {
        Self(octets)
    }
}

impl From<&[u8]> for Opaque {
    fn from(octets: &[u8]) -> Self {
        Self(octets.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Opaque {
    fn from(octets: &[u8; N]) -> Self {
        Self(octets.to_vec())
    }
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for octet in &self.0 {
            write!(f, "{octet:02x}")?;
        }
        Ok(())
    }
}

impl Encode for Opaque {
    fn encode(&self, writer: &mut Writer) {
        writer.opaque(&self.0);
    }
}

impl Decode for Opaque {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.opaque().map(Self::from)
    }
}

crate::impl_tls_codec!(Opaque);
