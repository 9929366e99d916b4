//! What is known of one key package of the stock.
//!
//! Its making is one record, and each thing that happens to it another one below, which nobody has to read before
//! writing it: so joining and replenishing don't get in each other's way.

use std::collections::BTreeMap;

use copath_codec::{Decode, DecodeContext, Encode, Opaque, Reader, Writer};
use copath_credentials::Timestamp;
use copath_crypto::{CipherSuite, Suite};
use copath_group::LeafParameters;
use copath_messages::Lifetime;
use copath_records::{Record, RecordKey, RecordKind, Store, StoreError, unwrap_payload, wrap_payload};

use crate::{Error, Reuse, records};

/// A key package as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) suite: CipherSuite,
    pub(super) reuse: Reuse,
    pub(super) lifetime: Lifetime,
    /// What its leaf says, by which a package of a former identity is recognised.
    pub(super) fingerprint: Vec<u8>,
}

/// What can happen to a key package. The numbers are part of the storage format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// The application has uploaded it.
    Published = 0,
    /// The server has given it to somebody.
    GivenOut = 1,
    /// It isn't to be given out any more.
    Withdrawn = 2,
    /// A Welcome has used it.
    Used = 3,
    /// Its private keys are deleted.
    Erased = 4,
    /// The application has taken it down.
    TakenDown = 5,
    /// Its grace was seen to be over once.
    Waited = 6,
}

/// A key package with what has happened to it, and when it was seen to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) reference: Vec<u8>,
    pub(super) made: Made,
    pub(super) events: BTreeMap<Event, Timestamp>,
}

/// Everything that the store knows of the stock.
#[derive(Debug, Default)]
pub(super) struct Stocked {
    pub(super) entries: Vec<Entry>,
    /// Events whose key package is gone.
    pub(super) orphans: Vec<RecordKey>,
    /// The record that changes whenever the stock is replenished.
    pub(super) round: Option<Record>,
}

impl Event {
    const ALL: [Self; 7] = [
        Self::Published,
        Self::GivenOut,
        Self::Withdrawn,
        Self::Used,
        Self::Erased,
        Self::TakenDown,
        Self::Waited,
    ];

    pub(super) fn key(self, reference: &[u8]) -> RecordKey {
        records::stocked(reference).push_u32(self as u32)
    }

    pub(super) fn record(at: Timestamp) -> Record {
        wrap_payload(&at.0.to_be_bytes())
    }
}

impl Made {
    pub(super) fn to_record(&self) -> Result<Record, Error> {
        let mut writer = Writer::new();
        self.suite.encode(&mut writer);
        writer.u8(u8::from(self.reuse == Reuse::LastResort));
        self.lifetime.encode(&mut writer);
        Opaque::from(self.fingerprint.as_slice()).encode(&mut writer);
        Ok(wrap_payload(&writer.finish()?))
    }

    fn from_record(record: &Record) -> Result<Self, StoreError> {
        let (_, payload) = unwrap_payload(record)?;
        let mut reader = Reader::new(payload, DecodeContext::rfc9420());
        let mut read = || -> Result<_, copath_codec::DecodeError> {
            let suite = CipherSuite::decode(&mut reader)?;
            let reuse = reader.u8()?;
            let lifetime = Lifetime::decode(&mut reader)?;
            Ok((suite, reuse, lifetime, Opaque::decode(&mut reader)?))
        };
        let (suite, reuse, lifetime, fingerprint) = read().map_err(|_| StoreError::Corrupt)?;
        let reuse = match reuse {
            0 => Reuse::Once,
            1 => Reuse::LastResort,
            _ => return Err(StoreError::Corrupt),
        };
        reader.finish().map_err(|_| StoreError::Corrupt)?;
        Ok(Self { suite, reuse, lifetime, fingerprint: fingerprint.to_vec() })
    }
}

impl Entry {
    pub(super) fn has(&self, event: Event) -> bool {
        self.events.contains_key(&event)
    }
}

impl Stocked {
    pub(super) fn read(store: &dyn Store) -> Result<Self, Error> {
        let mut stocked = Self::default();
        for (key, record) in store.scan(&RecordKey::new(RecordKind::KEY_PACKAGE_STOCK))? {
            let mut segments = key.segments();
            let Some(reference) = segments.bytes() else {
                stocked.round = Some(record);
                continue;
            };
            // A package's own record comes before those of its events.
            match segments.u32() {
                None => stocked.entries.push(Entry {
                    reference: reference.to_vec(),
                    made: Made::from_record(&record)?,
                    events: BTreeMap::new(),
                }),
                Some(number) => {
                    let event = Event::ALL.into_iter().find(|event| *event as u32 == number);
                    let at = timestamp(&record)?;
                    match (event, stocked.entries.last_mut()) {
                        (Some(event), Some(entry)) if entry.reference == reference => {
                            entry.events.insert(event, at);
                        }
                        (Some(_), _) => stocked.orphans.push(key),
                        (None, _) => return Err(StoreError::Corrupt.into()),
                    }
                }
            }
        }
        Ok(stocked)
    }

    /// The record that the next round leaves.
    pub(super) fn next_round(&self) -> Result<Record, StoreError> {
        let count = self.round.as_ref().map(timestamp).transpose()?.map_or(0, |count| count.0);
        Ok(wrap_payload(&count.wrapping_add(1).to_be_bytes()))
    }
}

fn timestamp(record: &Record) -> Result<Timestamp, StoreError> {
    let (_, payload) = unwrap_payload(record)?;
    Ok(Timestamp(u64::from_be_bytes(payload.try_into().map_err(|_| StoreError::Corrupt)?)))
}

/// What new leaves say beyond their keys for encryption: credential, signature key, capabilities and extensions.
pub(super) fn fingerprint(
    suite: &Suite,
    leaf: &LeafParameters,
    signature_key: &[u8],
) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::new();
    leaf.credential.encode(&mut writer);
    Opaque::from(signature_key).encode(&mut writer);
    leaf.capabilities.encode(&mut writer);
    leaf.extensions.encode(&mut writer);
    Ok(suite.hash(&[&writer.finish()?]).as_slice().to_vec())
}
