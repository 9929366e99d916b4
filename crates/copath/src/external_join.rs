//! Joining by an external commit.
//!
//! RFC 9420 §12.4.3.2. The commit is sent to the group; only when the delivery service has accepted it is the client
//! a member. What it will be then is kept in the store meanwhile, as one record.

use copath_codec::{DecodeContext, Encode, Reader, Writer};
use copath_credentials::Timestamp;
use copath_crypto::{Secret, Suite};
use copath_group::{ExternalJoinOptions, ExternalJoinStart};
use copath_messages::{GroupId, GroupInfo, MlsMessageBody};
use copath_records::{Operation, Record, RecordKey, RecordKind, StateDelta, StoreError, wrap_payload};

use crate::identity::Identity;
use crate::inbox::spare_received;
use crate::mark::{Committed, Mark};
use crate::tombstone::come_back;
use crate::{Client, Error, Group, Misuse, Unavailable, enter, records};

/// A join that waits for the delivery service. It survives a restart: [`Client::external_join`].
#[derive(Debug)]
#[must_use = "the commit has to be sent, and the join confirmed or dropped"]
pub struct ExternalJoin {
    client: Client,
    group_id: GroupId,
    message: Vec<u8>,
    group: StateDelta,
}

impl Client {
    /// Prepares to join the group of a GroupInfo by itself. Give `tree` if it comes without the ratchet tree. Send the
    /// commit; when the delivery service has accepted it, [`ExternalJoin::confirm`]. A join of the same group that
    /// was under way is replaced. A client that is a member already joins only to replace its own leaf, which
    /// `options` then name; its copy of the group stays until the join is confirmed.
    ///
    /// # Errors
    /// The GroupInfo or the tree break a rule, the client is a member already (rule 12.4.3-04), or the validator
    /// refuses a member.
    pub fn join_externally(
        &self,
        group_info: &[u8],
        tree: Option<&[u8]>,
        options: ExternalJoinOptions,
        now: Timestamp,
    ) -> Result<ExternalJoin, Error> {
        let group_info = self.decode_group_info(group_info)?;
        if options.replaces.is_none() {
            self.check_unused(&group_info.group_context.group_id)?;
        }
        let start = ExternalJoinStart::new(self.provider(), self.settings(), group_info, now)
            .map_err(|error| Error::from(error).on(self.provider()))?;
        let answers = self.answer(start.needs(), tree, now)?;
        let join = start.verify(options, answers)?;
        self.finish_external(join, tree, now)
    }

    /// Comes back to a group that this client is a member of, by an external commit that replaces its old leaf, which
    /// is found by the client's signature key; without such a leaf it joins. The way forward when the own state
    /// can't be used: lost, damaged, or restored from a backup that is older than the last message sent, whose
    /// ratchets must never be used again. What the store still has of the group stays until the join is confirmed,
    /// and isn't used.
    ///
    /// # Errors
    /// As [`Client::join_externally`].
    pub fn rejoin(
        &self,
        group_info: &[u8],
        tree: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<ExternalJoin, Error> {
        let group_info = self.decode_group_info(group_info)?;
        let start = ExternalJoinStart::new(self.provider(), self.settings(), group_info, now)
            .map_err(|error| Error::from(error).on(self.provider()))?;
        let answers = self.answer(start.needs(), tree, now)?;
        let mut join = start.verify(ExternalJoinOptions::default(), answers)?;
        let in_tree = |identity: &&Identity| {
            join.public_state().tree().find_signature_key(identity.signature_key()).is_some()
        };
        if let Some(identity) = self.identities().iter().find(in_tree) {
            join = join.replacing(identity.signature_key())?;
        }
        self.finish_external(join, tree, now)
    }

    fn finish_external(
        &self,
        join: copath_group::ExternalJoin,
        tree: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<ExternalJoin, Error> {
        let suite: &Suite = join.public_state().suite();
        let identity = self.0.identity_for(suite)?;
        let answers = self.answer(join.needs(), tree, now)?;
        let pending = join.finish(&self.leaf_parameters(identity), identity.signer().as_ref(), answers)?;
        let join = ExternalJoin {
            client: self.clone(),
            group_id: pending.group.group_id().clone(),
            message: pending.message.to_bytes()?,
            group: pending.group.all_records()?,
        };
        let record = join.to_record()?;
        let key = records::pending_external_join(&join.group_id);
        // What it replaces is named, so that this batch can't come late and replace a newer one.
        for _ in 0..ATTEMPTS {
            let mut delta = StateDelta::new();
            delta.expect(key.clone(), self.store().load(&key)?);
            delta.put(key.clone(), wrap_payload(record.expose()));
            match self.commit(&delta) {
                // An earlier one came late, or a store that tries twice met its own first try.
                Err(error) if error == conflict() => {
                    if self.is_under_way(&join.group_id, &join.message)? {
                        return Ok(join);
                    }
                }
                outcome => return outcome.map(|()| join),
            }
        }
        Err(conflict())
    }

    /// The join of a group that is under way, after a restart.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if there is none or the store fails.
    pub fn external_join(&self, group_id: &GroupId) -> Result<ExternalJoin, Error> {
        let record = self.load(&records::pending_external_join(group_id))?;
        let record = record.ok_or(Unavailable::ExternalJoin(group_id.clone())).map_err(Error::Unavailable)?;
        let mut reader = Reader::new(record.expose(), DecodeContext::rfc9420());
        let (message, group) = read(&mut reader, group_id).map_err(damaged)?;
        reader.finish().map_err(damaged)?;
        Ok(ExternalJoin { client: self.clone(), group_id: group_id.clone(), message, group })
    }

    /// The groups that this client is about to join by itself.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails.
    pub fn external_joins(&self) -> Result<Vec<GroupId>, Error> {
        let pending = self.store().scan(&RecordKey::new(RecordKind::PENDING_EXTERNAL_JOIN))?;
        Ok(pending.iter().filter_map(|(key, _)| records::group_of(key)).collect())
    }

    /// Whether the join of the group that is under way is the one that `message` makes.
    fn is_under_way(&self, group_id: &GroupId, message: &[u8]) -> Result<bool, Error> {
        let Some(record) = self.load(&records::pending_external_join(group_id))? else { return Ok(false) };
        let stored = Reader::new(record.expose(), DecodeContext::rfc9420()).opaque().map_err(damaged)?;
        Ok(stored == message)
    }

    pub(crate) fn decode_group_info(&self, message: &[u8]) -> Result<GroupInfo, Error> {
        match self.decode(message)?.body {
            MlsMessageBody::GroupInfo(group_info) => Ok(group_info),
            _ => Err(Misuse::WrongKind { expected: "GroupInfo" }.into()),
        }
    }
}

impl ExternalJoin {
    /// The commit to send.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The group that is joined.
    pub fn group_id(&self) -> &GroupId {
        &self.group_id
    }

    /// The group's records once the join is confirmed.
    pub(crate) fn records(&self) -> &StateDelta {
        &self.group
    }

    /// Enters the group: the delivery service has accepted the commit. An older copy of the group that this client
    /// had is replaced in the same batch (rule 12.4.3-04). Confirming again opens the group as it is now.
    ///
    /// # Errors
    /// [`Error::Misuse`] if the group is open, or if the join was dropped through another handle or replaced by a newer
    /// one. [`Error::Unavailable`] if the store fails; the join can be confirmed later then, on this handle or through
    /// [`Client::external_join`].
    pub fn confirm(&self) -> Result<Group, Error> {
        let Self { client, group_id, message, group } = self;
        let entrance = client.by_message(message)?;
        if let Some(group) = client.entered_before(entrance)? {
            return Ok(group);
        }
        let claim = client.0.open_groups.claim(group_id)?;
        let mut mark = Mark::read_anew(client.store().as_ref(), group_id, client.0.first_suite()?)?;
        if !client.is_under_way(group_id, message)? {
            if !client.came_by(group_id, entrance)? {
                return Err(Misuse::JoinOver.into());
            }
            return client.open(group_id, claim);
        }
        let mut delta = spare_received(copath_group::Group::delete_records(group_id));
        for operation in group {
            if let Operation::Put(key, record) = operation {
                delta.put(key.clone(), record.duplicate());
            }
        }
        delta.delete(records::pending_external_join(group_id));
        client.leave_behind(group_id, &mut delta)?;
        come_back(client.store().as_ref(), group_id, &mut delta)?;
        enter::put(group_id, entrance, &mut delta)?;
        match mark.commit(client.store().as_ref(), delta) {
            Committed::Durable => client.open(group_id, claim),
            Committed::No(error) => Err(error),
            Committed::Unknown(error) => {
                client.0.doors.remember(entrance, group_id, mark);
                Err(error)
            }
        }
    }

    /// Gives the join up: the commit was not accepted. Fetch a newer GroupInfo and join again. A newer join of the
    /// same group that has replaced this one stays.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails.
    pub fn drop_join(&self) -> Result<(), Error> {
        let key = records::pending_external_join(&self.group_id);
        let stored = self.client.store().load(&key)?;
        if !self.client.is_under_way(&self.group_id, &self.message)? {
            return Ok(());
        }
        let mut delta = StateDelta::new();
        delta.expect(key.clone(), stored).delete(key);
        match self.client.commit(&delta) {
            // It is over by now, or was replaced.
            Err(error) if error == conflict() => Ok(()),
            outcome => outcome,
        }
    }

    /// The commit, then the group's records, each with its key.
    fn to_record(&self) -> Result<Secret, Error> {
        let mut writer = Writer::wiping();
        writer.opaque(&self.message);
        writer.vector(|writer| {
            for operation in &self.group {
                if let Operation::Put(key, record) = operation {
                    writer.opaque(key.as_octets()).opaque(record.expose());
                }
            }
        });
        Ok(Secret::from(writer.finish()?))
    }
}

/// How often another join may come in between.
const ATTEMPTS: usize = 3;

fn conflict() -> Error {
    StoreError::Conflict.into()
}

fn damaged(_: copath_codec::DecodeError) -> Error {
    copath_group::GroupError::from(copath_group::StoredStateError::Damaged).into()
}

fn read(
    reader: &mut Reader<'_>,
    group_id: &GroupId,
) -> Result<(Vec<u8>, StateDelta), copath_codec::DecodeError> {
    let message = reader.opaque()?.to_vec();
    let group = reader.vector(|reader| {
        let mut delta = StateDelta::new();
        while !reader.is_empty() {
            let at = reader.clone();
            let key = RecordKey::from_octets(reader.opaque()?.to_vec());
            let key = key.filter(|key| records::group_of(key).as_ref() == Some(group_id));
            let key = key.ok_or_else(|| {
                at.error(copath_codec::DecodeErrorKind::Presence {
                    value: RecordKind::PENDING_EXTERNAL_JOIN.0,
                })
            })?;
            delta.put(key, Record::copy_of(reader.opaque()?));
        }
        Ok(delta)
    })?;
    Ok((message, group))
}
