//! A record as it lies in its slot: length, checksum, octets, zeros.

use core::hash::Hasher;

use copath_records::{Record, RecordKey, StoreError};
use siphasher::sip::SipHasher24;

/// Octets before those of the record: the length, 4 octets, and the checksum, 8 octets, both big endian.
const HEADER: usize = 12;

/// The smallest difference between two sizes of slots.
const STEP: usize = 32;

/// The longest record, in octets; SQLite's own limit for a value is about twice as much.
const MAX_RECORD: usize = 1 << 29;

/// The size of the slot that a record of `length` octets takes.
///
/// There are eight sizes between a power of two and the next, so that a slot is soon used again and wastes at most
/// an eighth.
pub(crate) fn slot_size(length: usize) -> Result<usize, StoreError> {
    if length > MAX_RECORD {
        return Err(StoreError::Full);
    }
    let needed = length.saturating_add(HEADER);
    let step = needed.checked_ilog2().map_or(0, |log| 1usize << log.saturating_sub(3)).max(STEP);
    Ok(needed.next_multiple_of(step))
}

/// What the slot of `record` holds; wiped when it is dropped.
pub(crate) fn seal(key: &RecordKey, record: &Record) -> Result<Record, StoreError> {
    let size = slot_size(record.len())?;
    let length = u32::try_from(record.len()).map_err(|_| StoreError::Full)?;
    let mut content = Vec::with_capacity(size);
    content.extend_from_slice(&length.to_be_bytes());
    content.extend_from_slice(&checksum(key, record.expose()).to_be_bytes());
    content.extend_from_slice(record.expose());
    content.resize(size, 0);
    content.shrink_to_fit();
    Ok(Record::from(content))
}

/// The record in a slot.
pub(crate) fn open(key: &RecordKey, content: &[u8]) -> Result<Record, StoreError> {
    let (length, rest) = content.split_first_chunk().ok_or(StoreError::Corrupt)?;
    let (kept, rest) = rest.split_first_chunk().ok_or(StoreError::Corrupt)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| StoreError::Corrupt)?;
    let octets = rest.get(..length).ok_or(StoreError::Corrupt)?;
    if slot_size(length)? != content.len() || u64::from_be_bytes(*kept) != checksum(key, octets) {
        return Err(StoreError::Corrupt);
    }
    Ok(Record::copy_of(octets))
}

/// SipHash-2-4 under the zero key: it finds accidents, not forgers.
fn checksum(key: &RecordKey, octets: &[u8]) -> u64 {
    let mut hasher = SipHasher24::new();
    hasher.write_usize_be(key.as_octets().len());
    hasher.write(key.as_octets());
    hasher.write(octets);
    hasher.finish()
}

/// Lengths in the same form on every machine.
trait PortableHasher {
    fn write_usize_be(&mut self, value: usize);
}

impl PortableHasher for SipHasher24 {
    fn write_usize_be(&mut self, value: usize) {
        self.write(&(value as u64).to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use copath_records::RecordKind;

    use super::*;

    fn key(n: u32) -> RecordKey {
        RecordKey::new(RecordKind::RATCHET).push_u32(n)
    }

    #[test]
    fn records_survive_in_slots_of_few_sizes() {
        let mut sizes = std::collections::BTreeSet::new();
        for length in 0..10_000 {
            let record = Record::from(vec![7; length]);
            let content = seal(&key(1), &record).unwrap();
            assert_eq!(open(&key(1), content.expose()).unwrap().expose(), record.expose());
            assert!(content.len() <= (length + HEADER) * 9 / 8 + STEP, "{length}");
            sizes.insert(content.len());
        }
        assert_eq!(sizes.len(), 50);
        assert_eq!(slot_size(MAX_RECORD + 1), Err(StoreError::Full));
    }

    #[test]
    fn every_flipped_bit_and_another_key_are_found() {
        let content = seal(&key(1), &Record::copy_of(b"record")).unwrap();
        assert_eq!(open(&key(2), content.expose()).map(|_| ()), Err(StoreError::Corrupt));
        let used = HEADER + 6;
        for bit in 0..used * 8 {
            let mut damaged = content.expose().to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&key(1), &damaged).map(|_| ()), Err(StoreError::Corrupt), "bit {bit}");
        }
        for length in 0..content.len() {
            assert_eq!(open(&key(1), &content.expose()[..length]).map(|_| ()), Err(StoreError::Corrupt));
        }
    }
}
