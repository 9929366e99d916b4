//! Secret octets.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::optimization_barrier;

/// Secret octets: zeroized on drop, silent in `Debug`, compared in constant time, copied only by name (rule 2-01).
///
/// RFC 9420 §9.2 asks for deletion; each role in the key schedule is a newtype around this.
pub struct Secret(Box<[u8]>);

impl Secret {
    /// `length` zero octets, as for an absent commit secret or PSK secret (RFC 9420 §8).
    pub fn zero(length: usize) -> Self {
        Self(vec![0; length].into_boxed_slice())
    }

    /// A secret with a copy of `octets`.
    pub fn copy_of(octets: &[u8]) -> Self {
        Self(octets.into())
    }

    /// The octets that `fill` writes into a buffer of `length` octets.
    ///
    /// # Errors
    /// Those of `fill`.
    pub fn try_fill<E>(length: usize, fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut secret = Self::zero(length);
        fill(&mut secret.0)?;
        Ok(secret)
    }

    /// The octets themselves. The one way to reach them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The octets, to be filled by this crate.
    pub(crate) fn expose_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// The secret with `mask` XORed into its first octets, as a reuse guard is into a nonce.
    #[must_use]
    pub fn masked(mut self, mask: &[u8]) -> Self {
        self.0.iter_mut().zip(mask).for_each(|(octet, mask)| *octet ^= mask);
        self
    }

    /// A second copy, for the few places that need one.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }

    /// How many octets there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Compares in constant time; a different length is unequal.
    pub fn ct_eq(&self, other: &[u8]) -> bool {
        self.0.ct_eq(other).into()
    }
}

impl From<Vec<u8>> for Secret {
    /// Takes over `octets`; a buffer with spare capacity is copied and wiped.
    fn from(mut octets: Vec<u8>) -> Self {
        if octets.len() == octets.capacity() {
            return Self(octets.into_boxed_slice());
        }
        let secret = Self::copy_of(&octets);
        // The spare capacity is part of what is wiped, and nothing moves: the buffer is full then.
        octets.resize(octets.capacity(), 0);
        drop(Self(octets.into_boxed_slice()));
        secret
    }
}

impl Drop for Secret {
    /// Wipes as `zeroize` does, but not octet by octet.
    fn drop(&mut self) {
        self.0.fill(0);
        optimization_barrier(&*self.0);
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(..)")
    }
}

impl copath_codec::Encode for Secret {
    /// As `opaque<V>`. The writer's buffer is not wiped: wrap what comes out of it into a [`Secret`].
    fn encode(&self, writer: &mut copath_codec::Writer) {
        writer.opaque(&self.0);
    }
}

impl copath_codec::Decode for Secret {
    fn decode(reader: &mut copath_codec::Reader<'_>) -> Result<Self, copath_codec::DecodeError> {
        reader.opaque().map(Self::copy_of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: 2-01
    #[test]
    fn debug_shows_nothing() {
        assert_eq!(alloc::format!("{:?}", Secret::copy_of(b"abc")), "(..)");
    }

    #[test]
    fn comparison_needs_equal_length() {
        let secret = Secret::copy_of(b"abc");
        assert!(secret.ct_eq(b"abc"));
        assert!(!secret.ct_eq(b"ab"));
        assert!(!secret.ct_eq(b"abd"));
    }

    #[test]
    fn masks_change_the_first_octets() {
        let masked = |mask: &[u8]| Secret::copy_of(&[1, 2, 3]).masked(mask);
        assert!(masked(&[]).ct_eq(&[1, 2, 3]));
        assert!(masked(&[0xff, 1]).ct_eq(&[0xfe, 3, 3]));
        assert!(masked(&[1; 9]).ct_eq(&[0, 3, 2]));
    }
}
