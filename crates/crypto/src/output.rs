//! Public hash outputs.

use core::fmt;

/// The output of a hash or MAC, stored inline: 32, 48 or 64 octets, or none.
///
/// For public values: tree hashes, transcript hashes, references, tags. Compare a received tag with
/// [`HashOutput::ct_eq`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HashOutput {
    octets: [u8; Self::MAX_LENGTH],
    length: u8,
}

impl HashOutput {
    /// The longest output, in octets.
    pub const MAX_LENGTH: usize = 64;

    /// The empty output, as the confirmed transcript hash of epoch 0.
    pub const EMPTY: Self = Self { octets: [0; Self::MAX_LENGTH], length: 0 };

    /// A copy of `octets`; `None` if they are more than [`HashOutput::MAX_LENGTH`].
    pub fn from_slice(octets: &[u8]) -> Option<Self> {
        let mut output = Self::EMPTY;
        output.octets.get_mut(..octets.len())?.copy_from_slice(octets);
        output.length = u8::try_from(octets.len()).ok()?;
        Some(output)
    }

    /// The output that `fill` writes into a buffer of `length` octets (at most [`HashOutput::MAX_LENGTH`]).
    pub fn fill(length: usize, fill: impl FnOnce(&mut [u8])) -> Self {
        let mut output = Self::EMPTY;
        let length = length.min(Self::MAX_LENGTH);
        if let Some(buffer) = output.octets.get_mut(..length) {
            fill(buffer);
        }
        output.length = u8::try_from(length).unwrap_or_default();
        output
    }

    /// The octets.
    pub fn as_slice(&self) -> &[u8] {
        self.octets.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// Compares with received octets in constant time; a wrong length is unequal.
    pub fn ct_eq(&self, other: &[u8]) -> bool {
        subtle::ConstantTimeEq::ct_eq(self.as_slice(), other).into()
    }
}

impl AsRef<[u8]> for HashOutput {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl fmt::Debug for HashOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for HashOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for octet in self.as_slice() {
            write!(f, "{octet:02x}")?;
        }
        Ok(())
    }
}

impl copath_codec::Encode for HashOutput {
    fn encode(&self, writer: &mut copath_codec::Writer) {
        writer.opaque(self.as_slice());
    }
}
