//! The version that each record starts with.
//!
//! One number for all kinds: a library that finds a higher one leaves the record alone. The content of a kind differs
//! between versions only where docs/storage-format.md says so; its reader looks at the version, and what is written
//! anew is written in the present one. So a state is upgraded record by record, as it is used.

use alloc::vec::Vec;

use crate::{Record, StoreError};

/// The format version that this library writes.
pub const FORMAT_VERSION: u8 = 2;

/// The record with `payload` in the current format: the version in one octet, then the payload.
pub fn wrap_payload(payload: &[u8]) -> Record {
    let mut octets = Vec::with_capacity(payload.len().saturating_add(1));
    octets.push(FORMAT_VERSION);
    octets.extend_from_slice(payload);
    Record::from(octets)
}

/// The format version and the payload of a record; versions up to [`FORMAT_VERSION`] are the caller's to read.
///
/// # Errors
/// [`StoreError::NewerFormat`] for a version that this library doesn't know yet, [`StoreError::Corrupt`] for a
/// record that is empty or has version 0, which was never written.
pub fn unwrap_payload(record: &Record) -> Result<(u8, &[u8]), StoreError> {
    match record.expose().split_first() {
        None | Some((0, _)) => Err(StoreError::Corrupt),
        Some((&found, _)) if found > FORMAT_VERSION => {
            Err(StoreError::NewerFormat { found, known: FORMAT_VERSION })
        }
        Some((&version, payload)) => Ok((version, payload)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_survive() {
        for payload in [&b""[..], b"abc", &[0; 1000]] {
            let record = wrap_payload(payload);
            assert_eq!(record.expose().first(), Some(&2));
            assert_eq!(unwrap_payload(&record), Ok((2, payload)));
        }
    }

    #[test]
    fn other_versions_are_told_apart() {
        assert_eq!(unwrap_payload(&Record::copy_of(b"")), Err(StoreError::Corrupt));
        assert_eq!(unwrap_payload(&Record::copy_of(b"\0abc")), Err(StoreError::Corrupt));
        let older = Record::copy_of(b"\x01abc");
        assert_eq!(unwrap_payload(&older), Ok((1, &b"abc"[..])));
        let newer = StoreError::NewerFormat { found: 3, known: 2 };
        assert_eq!(unwrap_payload(&Record::copy_of(b"\x03abc")), Err(newer));
    }
}
