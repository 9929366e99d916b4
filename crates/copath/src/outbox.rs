//! Messages that were made durable and may not have been sent yet.
//!
//! A commit is kept until it is accepted, dropped or lost, what a Welcome is built from until [`Group::welcome_sent`]
//! or the next epoch, and a proposal until [`Group::sent`] or the next epoch: a commit that covers a proposal which
//! others never got would be refused by them all. Application data is lost if the process ends between the call and
//! the sending: for others it looks like a message that the network lost. A client built with [`Outbox::Kept`] stores
//! it too, in the same batch, and Welcomes beyond their epoch, until it is told that they were sent.

use std::collections::BTreeMap;

use copath_group::WelcomeOptions;
use copath_messages::GroupId;
use copath_records::{RecordKey, RecordKind, StateDelta, Store, StoreError, unwrap_payload, wrap_payload};

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

/// The stored messages of one group, under their numbers.
#[derive(Debug, Default)]
pub(crate) struct Stored(BTreeMap<u64, Outgoing>);

const WELCOME: u8 = 0;
const MESSAGE: u8 = 1;
const PROPOSAL: u8 = 2;

impl Stored {
    pub(crate) fn read(store: &dyn Store, group_id: &GroupId) -> Result<Self, Error> {
        let mut messages = BTreeMap::new();
        for (key, record) in store.scan(&prefix(group_id))? {
            let mut segments = key.segments();
            segments.bytes();
            let number = segments.u64().ok_or(StoreError::Corrupt)?;
            let (_, payload) = unwrap_payload(&record)?;
            let kind = match payload.first() {
                Some(&WELCOME) => OutgoingKind::Welcome,
                Some(&MESSAGE) => OutgoingKind::Message,
                Some(&PROPOSAL) => OutgoingKind::Proposal,
                _ => return Err(StoreError::Corrupt.into()),
            };
            let message = payload.get(1..).unwrap_or_default().to_vec();
            messages.insert(number, Outgoing { kind, message });
        }
        Ok(Self(messages))
    }

    /// Adds to `delta` that `messages` are kept, and gives what has to be inserted once it is durable.
    pub(crate) fn keep(
        &self,
        group_id: &GroupId,
        messages: Vec<Outgoing>,
        delta: &mut StateDelta,
    ) -> Vec<(u64, Outgoing)> {
        let first = self.0.last_key_value().map_or(0, |(last, _)| last.saturating_add(1));
        let numbered: Vec<_> = (first..).zip(messages).collect();
        for (number, outgoing) in &numbered {
            let mut payload = vec![match outgoing.kind {
                OutgoingKind::Welcome => WELCOME,
                OutgoingKind::Proposal => PROPOSAL,
                OutgoingKind::Commit | OutgoingKind::Message => MESSAGE,
            }];
            payload.extend_from_slice(&outgoing.message);
            delta.put(prefix(group_id).push_u64(*number), wrap_payload(&payload));
        }
        numbered
    }

    pub(crate) fn insert(&mut self, numbered: Vec<(u64, Outgoing)>) {
        self.0.extend(numbered);
    }

    /// Adds to `delta` that the proposals are forgotten, as their epoch ends.
    pub(crate) fn forget_proposals(&self, group_id: &GroupId, delta: &mut StateDelta) {
        for (number, outgoing) in &self.0 {
            if outgoing.kind == OutgoingKind::Proposal {
                delta.delete(prefix(group_id).push_u64(*number));
            }
        }
    }

    pub(crate) fn drop_proposals(&mut self) {
        self.0.retain(|_, outgoing| outgoing.kind != OutgoingKind::Proposal);
    }
}

fn prefix(group_id: &GroupId) -> RecordKey {
    RecordKey::new(RecordKind::OUTGOING).push_bytes(group_id)
}

impl Group {
    /// The messages that may not have been sent yet, oldest first, to be sent again after a restart before anything
    /// else: proposals, what [`Outbox::Kept`] keeps, and the pending commit. A Welcome of this epoch is built by
    /// [`Group::welcome`] as long as [`Group::owes_welcome`].
    pub fn outgoing(&self) -> impl Iterator<Item = Outgoing> + '_ {
        let commit = self
            .pending_commit()
            .map(|message| Outgoing { kind: OutgoingKind::Commit, message: message.to_vec() });
        self.outbox().0.values().cloned().chain(commit)
    }

    /// Forgets a message of [`Group::outgoing`], which has been sent. A commit stays until it is accepted, dropped or
    /// lost; telling twice is harmless.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails.
    pub fn sent(&mut self, message: &[u8]) -> Result<(), Error> {
        let stored = self.outbox().0.iter();
        let numbers = stored.filter(|(_, outgoing)| outgoing.message == message).map(|(number, _)| *number);
        let numbers: Vec<u64> = numbers.collect();
        if numbers.is_empty() {
            return Ok(());
        }
        let mut delta = StateDelta::new();
        for number in &numbers {
            delta.delete(prefix(self.group_id()).push_u64(*number));
        }
        self.store_only(delta)?;
        for number in numbers {
            self.outbox_mut().0.remove(&number);
        }
        Ok(())
    }

    /// The Welcomes that are still owed when the epoch ends, if they are kept.
    pub(crate) fn owed_welcomes(&self) -> Result<Vec<Outgoing>, Error> {
        if self.client().0.outbox == Outbox::Pending || !self.owes_welcome() {
            return Ok(Vec::new());
        }
        let prepared = self.engine().build_welcome(WelcomeOptions::default(), self.signer()?.as_ref())?;
        let welcomes = prepared.output.iter().map(|welcome| {
            let message = copath_codec::Encode::to_bytes(welcome)?;
            Ok(Outgoing { kind: OutgoingKind::Welcome, message })
        });
        welcomes.collect()
    }
}
