//! What stands in the store where a group was moved away, or came from elsewhere.

use copath_codec::{Decode, DecodeContext, DecodeErrorKind, Opaque, Reader, Writer};
use copath_messages::GroupId;
use copath_records::{Record, StateDelta, Store, StoreError, unwrap_payload, wrap_payload};

use crate::mark::{Lineage, Reached};
use crate::{Error, records};

/// Which states of a group have left this store or come to it, and where the group is.
#[derive(Debug)]
pub(crate) struct Tombstone {
    /// How far each lineage had come that was ever moved: none of its states up to there may begin again.
    passed: Vec<Reached>,
    pub(crate) place: Place,
    /// The record as it was read, `None` if there was none: what is written anew replaces that and nothing else.
    seen: Option<Record>,
}

/// Where a group is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In this store, or it was deleted from it.
    Here,
    /// In another store.
    Away,
    /// Perhaps in another store: this is the snapshot.
    OnItsWay(Vec<u8>),
}

const HERE: u8 = 0;
const AWAY: u8 = 1;
const ON_ITS_WAY: u8 = 2;

impl Tombstone {
    /// That of a group, if there is one.
    pub(crate) fn load(store: &dyn Store, group_id: &GroupId) -> Result<Option<Self>, Error> {
        let record = store.load(&records::moved_group(group_id))?;
        let tombstone = record.as_ref().map(Self::read).transpose()?;
        Ok(tombstone.map(|tombstone| Self { seen: record, ..tombstone }))
    }

    /// That of a group; of one that was never moved if there is none.
    pub(crate) fn load_or_new(store: &dyn Store, group_id: &GroupId) -> Result<Self, Error> {
        let found = Self::load(store, group_id)?;
        Ok(found.unwrap_or(Self { passed: Vec::new(), place: Place::Here, seen: None }))
    }

    /// Whether the group may not have arrived yet where it was moved to.
    pub(crate) fn is_on_its_way(&self) -> bool {
        matches!(self.place, Place::OnItsWay(_))
    }

    /// Whether the group is in this store, or was deleted from it.
    pub(crate) fn is_here(&self) -> bool {
        self.place == Place::Here
    }

    /// Whether they say the same.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        (&self.passed, &self.place) == (&other.passed, &other.place)
    }

    /// Whether a state may not begin again.
    pub(crate) fn has_passed(&self, state: Reached) -> bool {
        self.passed.iter().any(|passed| passed.lineage == state.lineage && state.count <= passed.count)
    }

    /// The group has gone or come in this state.
    pub(crate) fn pass(&mut self, state: Reached, place: Place) {
        self.place = place;
        match self.passed.iter_mut().find(|passed| passed.lineage == state.lineage) {
            Some(passed) => passed.count = passed.count.max(state.count),
            None => self.passed.push(state),
        }
    }

    /// No state of these lineages may begin here any more: nobody knows how far they have come. A snapshot that is
    /// still here may have been taken back, or have arrived.
    pub(crate) fn seal(&mut self) {
        for passed in &mut self.passed {
            passed.count = u64::MAX;
        }
        if self.is_on_its_way() {
            self.place = Place::Away;
        }
    }

    /// Adds to a batch that this is what stands there, in the place of what was read: the batch does nothing if
    /// another one has come between, and nothing when it comes late.
    pub(crate) fn put(&self, group_id: &GroupId, delta: &mut StateDelta) -> Result<(), Error> {
        let key = records::moved_group(group_id);
        delta.expect(key.clone(), self.seen.as_ref().map(Record::duplicate));
        delta.put(key, self.to_record()?);
        Ok(())
    }

    /// Content, in version 2: a vector of lineage and count u64; where the group is u8; the snapshot.
    fn to_record(&self) -> Result<Record, Error> {
        let mut writer = Writer::new();
        writer.vector(|writer| {
            for Reached { lineage, count } in &self.passed {
                writer.bytes(&lineage.0).value(count);
            }
        });
        match &self.place {
            Place::Here => writer.u8(HERE),
            Place::Away => writer.u8(AWAY),
            Place::OnItsWay(snapshot) => writer.u8(ON_ITS_WAY).opaque(snapshot),
        };
        Ok(wrap_payload(&writer.finish()?))
    }

    pub(crate) fn read(record: &Record) -> Result<Self, StoreError> {
        let (version, payload) = unwrap_payload(record)?;
        let mut reader = Reader::new(payload, DecodeContext::rfc9420());
        let read = if version == 1 { Self::read_version_1 } else { Self::read_version_2 };
        let tombstone = read(&mut reader).map_err(|_| StoreError::Corrupt)?;
        reader.finish().map_err(|_| StoreError::Corrupt)?;
        Ok(tombstone)
    }

    fn read_version_2(reader: &mut Reader<'_>) -> Result<Self, copath_codec::DecodeError> {
        let passed = reader.vector(|reader| {
            let mut passed = Vec::new();
            while !reader.is_empty() {
                let lineage = Lineage(reader.array()?);
                passed.push(Reached { lineage, count: Decode::decode(reader)? });
            }
            Ok(passed)
        })?;
        let at = reader.clone();
        let place = match reader.u8()? {
            HERE => Place::Here,
            AWAY => Place::Away,
            ON_ITS_WAY => Place::OnItsWay(reader.opaque()?.to_vec()),
            value => return Err(at.error(DecodeErrorKind::Presence { value })),
        };
        Ok(Self { passed, place, seen: None })
    }

    /// A count, and perhaps the snapshot. It said of no lineage which it was, and not whether the group was here again.
    fn read_version_1(reader: &mut Reader<'_>) -> Result<Self, copath_codec::DecodeError> {
        let passed = vec![Reached { lineage: Lineage::UNNAMED, count: Decode::decode(reader)? }];
        let snapshot: Option<Opaque> = Decode::decode(reader)?;
        let place = snapshot.map_or(Place::Away, |snapshot| Place::OnItsWay(snapshot.into_vec()));
        Ok(Self { passed, place, seen: None })
    }
}

/// Adds to the batch that begins a group anew that it isn't away any more.
pub(crate) fn come_back(store: &dyn Store, group_id: &GroupId, delta: &mut StateDelta) -> Result<(), Error> {
    match Tombstone::load(store, group_id)? {
        Some(tombstone) if !tombstone.is_here() => {
            Tombstone { place: Place::Here, ..tombstone }.put(group_id, delta)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(lineage: u8, count: u64) -> Reached {
        Reached { lineage: Lineage([lineage; 16]), count }
    }

    fn assert_survives(tombstone: &Tombstone) {
        let read = Tombstone::read(&tombstone.to_record().unwrap()).unwrap();
        assert!(read.says_the_same(tombstone), "{read:?}");
    }

    #[test]
    fn tombstone_knows_each_lineage_and_survives() {
        let mut tombstone = Tombstone { passed: Vec::new(), place: Place::Here, seen: None };
        tombstone.pass(reached(1, 50), Place::OnItsWay(vec![1, 2, 3]));
        assert_survives(&tombstone);
        tombstone.pass(reached(2, 3), Place::Away);
        tombstone.pass(reached(1, 7), Place::Here);
        assert_survives(&tombstone);
        assert!(tombstone.has_passed(reached(1, 50)) && !tombstone.has_passed(reached(1, 51)));
        assert!(tombstone.has_passed(reached(2, 3)) && !tombstone.has_passed(reached(2, 4)));
        assert!(!tombstone.has_passed(reached(3, 0)));
    }

    /// As version 1 wrote them: a count, and a snapshot or none.
    #[test]
    fn version_1_is_read() {
        let record = |snapshot: &[u8]| Record::copy_of(&[b"\x01\0\0\0\0\0\0\0\x07", snapshot].concat());
        let read = |snapshot| Tombstone::read(&record(snapshot));
        let unnamed = Reached { lineage: Lineage::UNNAMED, count: 7 };
        for (octets, place) in [(&b"\0"[..], Place::Away), (b"\x01\x03abc", Place::OnItsWay(b"abc".to_vec()))]
        {
            let expected = Tombstone { passed: vec![unnamed], place, seen: None };
            assert!(read(octets).unwrap().says_the_same(&expected), "{octets:?}");
        }
        for octets in [&b"\x02"[..], b"\0\0"] {
            assert_eq!(read(octets).unwrap_err(), StoreError::Corrupt);
        }
    }
}
