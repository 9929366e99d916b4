//! A sum over records that tells whether they are the ones that were written.

use copath_records::StoreError;

use crate::keys::Entry;
use crate::octets::Octets;

/// How many entries there are, and their sum in two lanes of 64 bits.
///
/// Each entry is a keyed hash of a record's name, version and tag, of which no two are ever equal, and the sum is stored
/// sealed. Without the key another set of entries has the same sum with probability 2^-128 (the keyed additive
/// multiset hash of Clarke, Devadas, van Dijk, Gassend and Suh, 2003).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) count: u64,
    lanes: [u64; 2],
}

impl Sum {
    pub(crate) fn add(&mut self, entry: Entry) {
        let [a, b] = lanes(entry);
        let [x, y] = self.lanes;
        self.lanes = [x.wrapping_add(a), y.wrapping_add(b)];
        self.count = self.count.wrapping_add(1);
    }

    pub(crate) fn remove(&mut self, entry: Entry) {
        let [a, b] = lanes(entry);
        let [x, y] = self.lanes;
        self.lanes = [x.wrapping_sub(a), y.wrapping_sub(b)];
        self.count = self.count.wrapping_sub(1);
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.count.to_be_bytes());
        for lane in self.lanes {
            out.extend_from_slice(&lane.to_be_bytes());
        }
    }

    pub(crate) fn read(octets: &mut Octets<'_>) -> Result<Self, StoreError> {
        Ok(Self { count: octets.u64()?, lanes: [octets.u64()?, octets.u64()?] })
    }
}

fn lanes(entry: Entry) -> [u64; 2] {
    let value = u128::from_be_bytes(entry);
    let low = u64::try_from(value & u128::from(u64::MAX)).unwrap_or_default();
    [u64::try_from(value >> 64).unwrap_or_default(), low]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter_and_removing_undoes() {
        let entries = [[1; 16], [0xff; 16], [0x80; 16]];
        let (mut forth, mut back) = (Sum::default(), Sum::default());
        entries.iter().for_each(|entry| forth.add(*entry));
        entries.iter().rev().for_each(|entry| back.add(*entry));
        assert_eq!(forth, back);
        assert_eq!(forth.count, 3);
        entries.iter().for_each(|entry| forth.remove(*entry));
        assert_eq!(forth, Sum::default());
    }
}
