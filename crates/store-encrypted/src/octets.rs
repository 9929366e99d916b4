//! Reading and writing of fixed-size integers and counted octets.

use copath_records::StoreError;

/// Reads from the front; whatever is missing is [`StoreError::Corrupt`].
pub(crate) struct Octets<'a>(pub(crate) &'a [u8]);

impl<'a> Octets<'a> {
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let (octets, rest) = self.0.split_first_chunk::<N>().ok_or(StoreError::Corrupt)?;
        self.0 = rest;
        Ok(*octets)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, StoreError> {
        self.array::<1>().map(|[octet]| octet)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, StoreError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, StoreError> {
        self.array().map(u64::from_be_bytes)
    }

    /// Octets after their number, which is a `u32`.
    pub(crate) fn counted(&mut self) -> Result<&'a [u8], StoreError> {
        let length = usize::try_from(self.u32()?).map_err(|_| StoreError::Corrupt)?;
        let (octets, rest) = self.0.split_at_checked(length).ok_or(StoreError::Corrupt)?;
        self.0 = rest;
        Ok(octets)
    }

    pub(crate) fn end(self) -> Result<(), StoreError> {
        if self.0.is_empty() { Ok(()) } else { Err(StoreError::Corrupt) }
    }
}

/// Appends octets after their number.
pub(crate) fn push_counted(out: &mut Vec<u8>, octets: &[u8]) -> Result<(), StoreError> {
    let length = u32::try_from(octets.len()).map_err(|_| StoreError::Full)?;
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(octets);
    Ok(())
}
