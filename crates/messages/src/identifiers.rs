//! Identifiers and keys that are plain octets.

use alloc::vec::Vec;
use core::ops::Deref;

use copath_codec::{Decode, DecodeError, Encode, Opaque, Reader, Writer};
use copath_crypto::HashOutput;

/// A public key of the suite's KEM (RFC 9420 §5.1.1).
pub type HpkePublicKey = Opaque;

/// A public key of the suite's signature scheme (RFC 9420 §5.1.1).
pub type SignaturePublicKey = Opaque;

/// A message authentication code (RFC 9420 §6.1). Compare it in constant time.
pub type Mac = Opaque;

/// The hash that names a KeyPackage (RFC 9420 §5.2).
pub type KeyPackageRef = HashReference;

/// The hash that names a proposal (RFC 9420 §5.2).
pub type ProposalRef = HashReference;

macro_rules! opaque_newtype {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Opaque);

        impl $name {
            /// The octets.
            pub fn as_slice(&self) -> &[u8] {
                self.0.as_slice()
            }
        }

        impl Deref for $name {
            type Target = [u8];

            fn deref(&self) -> &[u8] {
                self.as_slice()
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                self.as_slice()
            }
        }

        impl From<Vec<u8>> for $name {
            fn from(octets: Vec<u8>) -> Self {
                Self(octets.into())
            }
        }

        impl From<&[u8]> for $name {
            fn from(octets: &[u8]) -> Self {
                Self(octets.into())
            }
        }

        impl Encode for $name {
            fn encode(&self, writer: &mut Writer) {
                self.0.encode(writer);
            }
        }

        impl Decode for $name {
            fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                Opaque::decode(reader).map(Self)
            }
        }

        copath_codec::impl_tls_codec!($name);
    };
}

opaque_newtype! {
    /// The identifier of a group, any octets.
    ///
    /// RFC 9420 §8.1 and §11.
    GroupId
}

opaque_newtype! {
    /// The hash that names a KeyPackage or a proposal: Nh octets.
    ///
    /// RFC 9420 §5.2.
    HashReference
}

impl From<HashOutput> for HashReference {
    fn from(hash: HashOutput) -> Self {
        Self::from(hash.as_slice())
    }
}
