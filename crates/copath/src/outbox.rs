//! Messages that were made durable and may not have been sent yet.
//!
//! A commit is kept until it is accepted, dropped or lost, what a Welcome is built from until [`Group::welcome_sent`]
//! or the next epoch, and a proposal until [`Group::sent`] or the next epoch: a commit that covers a proposal which
//! others never got would be refused by them all. Application data is lost if the process ends between the call and
//! the sending: for others it looks like a message that the network lost. A client built with [`Outbox::Kept`] stores
//! it too, in the same batch, and Welcomes beyond their epoch, until it is told that they were sent.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::BuildHasher;

use copath_crypto::{CryptoError, SignatureScheme, Signer};
use copath_group::WelcomeOptions;
use copath_messages::GroupId;
use copath_records::{Record, RecordKey, RecordKind, Store, StoreError, unwrap_payload, wrap_payload};

use crate::boxes::BoxChange;
use crate::settle::{Call, What};
use crate::{Error, Group};

/// Whether messages are kept until the application says that they were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Outbox {
    /// Only the pending commit, and proposals and Welcomes within their epoch.
    #[default]
    Pending,
    /// Application data and Welcomes too, until [`Group::sent`]: a record more for each message, and another batch
    /// when it was sent.
    Kept,
}

/// A message that may not have been sent yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outgoing {
    /// What it is.
    pub kind: OutgoingKind,
    /// The message.
    pub message: Vec<u8>,
}

/// What a message that may not have been sent yet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutgoingKind {
    /// The pending commit.
    Commit,
    /// A Welcome, for those whom a commit added.
    Welcome,
    /// A proposal, which others need before a commit can cover it.
    Proposal,
    /// Application data.
    Message,
}

/// The stored messages of one group, under their numbers, and how to find them.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    messages: BTreeMap<u64, Outgoing>,
    proposals: BTreeSet<u64>,
    /// The numbers of messages under a hash of their octets.
    by_octets: HashMap<u64, Vec<u64>, RandomState>,
}

const WELCOME: u8 = 0;
const MESSAGE: u8 = 1;
const PROPOSAL: u8 = 2;

impl Stored {
    pub(crate) fn read(store: &dyn Store, group_id: &GroupId) -> Result<Self, Error> {
        let mut stored = Self::default();
        for (key, record) in store.scan(&prefix(group_id))? {
            let mut segments = key.segments();
            segments.bytes();
            let number = segments.u64().ok_or(StoreError::Corrupt)?;
            stored.insert(number, Outgoing::read(&record)?);
        }
        Ok(stored)
    }

    /// The changes by which `messages` are kept.
    pub(crate) fn keep(&self, messages: Vec<Outgoing>) -> Vec<BoxChange> {
        let first = self.messages.last_key_value().map_or(0, |(last, _)| last.saturating_add(1));
        (first..).zip(messages).map(|(number, outgoing)| BoxChange::Keep(number, outgoing)).collect()
    }

    /// The changes by which the proposals are forgotten, as their epoch ends.
    pub(crate) fn forget_proposals(&self) -> impl Iterator<Item = BoxChange> + '_ {
        self.proposals.iter().map(|number| BoxChange::Forget(*number))
    }

    pub(crate) fn insert(&mut self, number: u64, outgoing: Outgoing) {
        if outgoing.kind == OutgoingKind::Proposal {
            self.proposals.insert(number);
        }
        self.by_octets.entry(self.hash(&outgoing.message)).or_default().push(number);
        self.messages.insert(number, outgoing);
    }

    pub(crate) fn remove(&mut self, number: u64) {
        let Some(removed) = self.messages.remove(&number) else { return };
        self.proposals.remove(&number);
        let hash = self.hash(&removed.message);
        if let Some(numbers) = self.by_octets.get_mut(&hash) {
            numbers.retain(|other| *other != number);
            if numbers.is_empty() {
                self.by_octets.remove(&hash);
            }
        }
    }

    /// The numbers under which `message` is stored.
    fn numbers_of(&self, message: &[u8]) -> Vec<u64> {
        let is_it = |number: &&u64| self.messages.get(*number).is_some_and(|found| found.message == message);
        let found = self.by_octets.get(&self.hash(message)).into_iter().flatten();
        found.filter(is_it).copied().collect()
    }

    fn hash(&self, message: &[u8]) -> u64 {
        self.by_octets.hasher().hash_one(message)
    }
}

impl Outgoing {
    pub(crate) fn to_record(&self) -> Record {
        let mut payload = vec![match self.kind {
            OutgoingKind::Welcome => WELCOME,
            OutgoingKind::Proposal => PROPOSAL,
            OutgoingKind::Commit | OutgoingKind::Message => MESSAGE,
        }];
        payload.extend_from_slice(&self.message);
        wrap_payload(&payload)
    }

    fn read(record: &Record) -> Result<Self, StoreError> {
        let (_, payload) = unwrap_payload(record)?;
        let (kind, message) = payload.split_first().ok_or(StoreError::Corrupt)?;
        let kind = match *kind {
            WELCOME => OutgoingKind::Welcome,
            MESSAGE => OutgoingKind::Message,
            PROPOSAL => OutgoingKind::Proposal,
            _ => return Err(StoreError::Corrupt),
        };
        Ok(Self { kind, message: message.to_vec() })
    }
}

fn prefix(group_id: &GroupId) -> RecordKey {
    RecordKey::new(RecordKind::OUTGOING).push_bytes(group_id)
}

pub(crate) fn key(group_id: &GroupId, number: u64) -> RecordKey {
    prefix(group_id).push_u64(number)
}

/// The signer of a client that has lost its own, for what is signed already.
#[derive(Debug)]
struct Absent;

impl Signer for Absent {
    fn scheme(&self) -> SignatureScheme {
        SignatureScheme(0)
    }

    fn public_key(&self) -> &[u8] {
        &[]
    }

    fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        Err(CryptoError::SignerUnavailable)
    }
}

impl Group {
    /// The messages that may not have been sent yet, oldest first, to be sent again after a restart before anything
    /// else: proposals, what [`Outbox::Kept`] keeps, and the pending commit. A Welcome of this epoch is built by
    /// [`Group::welcome`] as long as [`Group::owes_welcome`].
    pub fn outgoing(&self) -> impl Iterator<Item = Outgoing> + '_ {
        let commit = self
            .pending_commit()
            .map(|message| Outgoing { kind: OutgoingKind::Commit, message: message.to_vec() });
        self.outbox().messages.values().cloned().chain(commit)
    }

    /// Forgets a message of [`Group::outgoing`], which has been sent. A commit stays until it is accepted, dropped or
    /// lost; telling twice is harmless.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails.
    pub fn sent(&mut self, message: &[u8]) -> Result<(), Error> {
        self.settle_last()?;
        let numbers = self.outbox().numbers_of(message);
        if numbers.is_empty() {
            return Ok(());
        }
        let forget = numbers.into_iter().map(BoxChange::Forget).collect();
        self.change_boxes(Call::of(What::Sent, message), forget)
    }

    /// The Welcomes that are still owed when the epoch ends, if they are kept. Those that were built before are built
    /// again without the signer: their GroupInfo is signed.
    pub(crate) fn owed_welcomes(&self) -> Result<Vec<Outgoing>, Error> {
        if self.client().0.outbox == Outbox::Pending || !self.owes_welcome() {
            return Ok(Vec::new());
        }
        let signer = self.signer();
        let prepared = match &signer {
            Ok(signer) => self.engine().build_welcome(WelcomeOptions::default(), signer.as_ref()),
            Err(_) => self.engine().build_welcome(WelcomeOptions::default(), &Absent),
        };
        let prepared = prepared.map_err(|error| signer.err().unwrap_or_else(|| error.into()))?;
        let welcomes = prepared.output.iter().map(|welcome| {
            let message = copath_codec::Encode::to_bytes(welcome)?;
            Ok(Outgoing { kind: OutgoingKind::Welcome, message })
        });
        welcomes.collect()
    }
}
