//! A handle of one group.

use std::sync::Arc;

use copath_codec::Encode;
use copath_credentials::Timestamp;
use copath_crypto::{CipherSuite, Secret, Signer};
use copath_group::{
    ExternalJoins, Member, MemberHandle, Merged, Patch, Prepared, Queued, StagedCommit, TreeTransfer,
    WelcomeOptions,
};
use copath_messages::{GroupContext, GroupId, MlsMessage};
use copath_records::{StateDelta, StoreError};

use crate::commit::CommitBuilder;
use crate::error::Bug;
use crate::mark::{Committed, Mark};
use crate::open_groups::OpenGroup;
use crate::outbox::Stored;
use crate::{Client, Error, Misuse, Outbox, Outgoing, OutgoingKind};

/// A group that this client is in, and its only handle.
///
/// RFC 9420. A method that changes the group stores the change durably before it changes anything in memory or
/// returns anything to be sent. If it fails, nothing has changed, and the group goes on working.
pub struct Group {
    client: Client,
    engine: copath_group::Group,
    mark: Mark,
    outbox: Stored,
    /// The last batch, if the store couldn't tell whether it took place.
    uncertain: Option<Uncertain>,
    _claim: OpenGroup,
}

/// A batch of which nobody knows whether it took place, with what it changes in memory.
struct Uncertain(Option<Patch>);

impl Group {
    pub(crate) fn new(
        client: Client,
        engine: copath_group::Group,
        claim: OpenGroup,
        mark: Mark,
    ) -> Result<Self, Error> {
        let outbox = Stored::read(client.store().as_ref(), engine.group_id())?;
        Ok(Self { client, engine, mark, outbox, uncertain: None, _claim: claim })
    }

    /// Encrypts application data for the group.
    ///
    /// # Errors
    /// [`Error::Misuse`] while proposals are pending (rule 12.4-01) and after this client has left.
    pub fn encrypt(&mut self, data: &[u8]) -> Result<Vec<u8>, Error> {
        self.encrypt_with(data, &[])
    }

    /// As [`Group::encrypt`], with octets that are authenticated along with the data but visible to everybody.
    ///
    /// # Errors
    /// As [`Group::encrypt`].
    pub fn encrypt_with(&mut self, data: &[u8], authenticated_data: &[u8]) -> Result<Vec<u8>, Error> {
        let signer = self.signer()?;
        let prepared = self.engine.encrypt(data, authenticated_data, signer.as_ref())?;
        self.release(prepared, OutgoingKind::Message)
    }

    /// Begins a commit. It covers all pending proposals that fit, and what is asked for.
    pub fn commit(&mut self) -> CommitBuilder<'_> {
        CommitBuilder::new(self)
    }

    /// The commit of one's own that waits for the delivery service, to be sent again after a crash.
    pub fn pending_commit(&self) -> Option<&[u8]> {
        self.engine.pending_commit_message()
    }

    /// Enters the epoch of the pending commit, which the delivery service has accepted: no other commit of the epoch
    /// came before it. If it added members, [`Group::welcome`] is what they need next.
    ///
    /// # Errors
    /// [`Error::Misuse`] if no commit is pending.
    pub fn accept_commit(&mut self) -> Result<Merged, Error> {
        let prepared = self.engine.accept_pending_commit()?;
        self.end_epoch(prepared)
    }

    /// Drops the pending commit, which wasn't accepted or isn't wanted any more.
    ///
    /// # Errors
    /// [`Error::Misuse`] if no commit is pending.
    pub fn drop_commit(&mut self) -> Result<(), Error> {
        let prepared = self.engine.drop_pending_commit()?;
        self.carry_out(prepared)
    }

    /// The Welcome for those whom the accepted commit added: one for all, with the ratchet tree inside.
    ///
    /// # Errors
    /// [`Error::Misuse`] if nobody was added in this epoch by this client, or [`Group::welcome_sent`] was called.
    pub fn welcome(&mut self) -> Result<Vec<u8>, Error> {
        let welcomes = self.welcomes(WelcomeOptions::default())?;
        welcomes.into_iter().next().ok_or(Error::Bug(Bug::UnknownFailure))
    }

    /// As [`Group::welcome`], with the tree inside or outside and with one Welcome for all or one for each joiner, in
    /// the order of the commit. With the tree outside, joiners also need [`Group::export_tree`] of this epoch.
    ///
    /// # Errors
    /// As [`Group::welcome`].
    pub fn welcomes(&mut self, options: WelcomeOptions) -> Result<Vec<Vec<u8>>, Error> {
        let prepared = self.engine.build_welcome(options, self.signer()?.as_ref())?;
        let octets = prepared.output.iter().map(Encode::to_bytes).collect::<Result<_, _>>()?;
        self.carry_out(prepared)?;
        Ok(octets)
    }

    /// Whether members were added who may not have their Welcome yet; true again after a restart, until
    /// [`Group::welcome_sent`] or the next epoch.
    pub fn owes_welcome(&self) -> bool {
        self.engine.has_welcome()
    }

    /// Erases the secret behind the Welcomes, which have been sent. The next epoch erases it at the latest.
    ///
    /// # Errors
    /// [`Error::Misuse`] if there is none.
    pub fn welcome_sent(&mut self) -> Result<(), Error> {
        let prepared = self.engine.release_welcome()?;
        self.carry_out(prepared)
    }

    /// Enters the epoch of a commit that [`Group::receive`] staged. A pending commit of one's own is dropped: it
    /// lost, and what it was to do is in [`Group::lost_intents`], for [`Group::redo`].
    ///
    /// # Errors
    /// [`Error::Misuse`] if the group has left the epoch that the commit ends.
    pub fn merge(&mut self, staged: StagedCommit) -> Result<Merged, Error> {
        let prepared = self.engine.merge(staged)?;
        self.end_epoch(prepared)
    }

    /// The group's id.
    pub fn group_id(&self) -> &GroupId {
        self.engine.group_id()
    }

    /// The epoch that the group is in.
    pub fn epoch(&self) -> u64 {
        self.engine.epoch()
    }

    /// The cipher suite.
    pub fn cipher_suite(&self) -> CipherSuite {
        self.engine.suite().cipher_suite()
    }

    /// The group context: id, epoch, hashes and extensions (RFC 9420 §8.1).
    pub fn context(&self) -> &GroupContext {
        self.engine.context()
    }

    /// The members from left to right. Goes over the whole group as it is consumed.
    pub fn members(&self) -> impl Iterator<Item = Member> + '_ {
        self.engine.members()
    }

    /// How many members there are.
    pub fn member_count(&self) -> u32 {
        self.engine.member_count()
    }

    /// The member with this signature key.
    pub fn find_member(&self, signature_key: &[u8]) -> Option<Member> {
        self.engine.find_member(signature_key)
    }

    /// This client as a member.
    pub fn own_handle(&self) -> MemberHandle {
        self.engine.own_handle()
    }

    /// The proposals that wait for a commit.
    pub fn pending_proposals(&self) -> impl Iterator<Item = Queued> + '_ {
        self.engine.pending_proposals()
    }

    /// Whether this client was removed. The group can only be deleted then.
    pub fn is_removed(&self) -> bool {
        self.engine.is_removed()
    }

    /// A value that is equal for all members which agree on the epoch, to be compared out of band (RFC 9420 §8.7).
    pub fn epoch_authenticator(&self) -> &[u8] {
        self.engine.epoch_authenticator()
    }

    /// A secret of `length` octets that all members of this epoch share (RFC 9420 §8.5). Each use has its own label.
    ///
    /// # Errors
    /// [`Error::Crypto`] if `length` is out of range.
    pub fn export_secret(&self, label: &[u8], context: &[u8], length: usize) -> Result<Secret, Error> {
        Ok(self.engine.export_secret(label, context, length)?)
    }

    /// A GroupInfo with the ratchet tree, by which clients can join by themselves (RFC 9420 §12.4.3). Whoever has it
    /// can join if the members' validators accept them.
    ///
    /// # Errors
    /// [`Error::Misuse`] after this client has left.
    pub fn group_info(&self) -> Result<Vec<u8>, Error> {
        self.group_info_with(TreeTransfer::Inside, ExternalJoins::Possible)
    }

    /// As [`Group::group_info`], with the tree inside or outside, and with or without letting clients join by
    /// themselves.
    ///
    /// # Errors
    /// As [`Group::group_info`].
    pub fn group_info_with(&self, tree: TreeTransfer, joins: ExternalJoins) -> Result<Vec<u8>, Error> {
        let group_info = self.engine.group_info(tree, joins, self.signer()?.as_ref())?;
        Ok(MlsMessage::from(group_info).to_bytes()?)
    }

    /// The ratchet tree of this epoch, for joiners who get it apart from their Welcome (RFC 9420 §12.4.3.3).
    ///
    /// # Errors
    /// [`Error::Misuse`] if the tree is beyond what can be encoded.
    pub fn export_tree(&self) -> Result<Vec<u8>, Error> {
        Ok(self.engine.export_ratchet_tree()?)
    }

    /// Deletes the group's whole state. Nobody else is told: to leave a group, have somebody commit your removal.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails; the group can be loaded again then.
    pub fn delete(self) -> Result<(), Error> {
        let delta = copath_group::Group::delete_records(self.group_id());
        self.close(delta)
    }

    /// The engine below this handle, for what the paved path doesn't have.
    pub fn engine(&self) -> &copath_group::Group {
        &self.engine
    }

    /// The client whose group this is.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The signer with the key of the own leaf.
    pub(crate) fn signer(&self) -> Result<Arc<dyn Signer>, Error> {
        self.client.signer_in(&self.engine)
    }

    /// Carries out a transition that makes a message, and releases the message.
    pub(crate) fn release(
        &mut self,
        prepared: Prepared<MlsMessage>,
        kind: OutgoingKind,
    ) -> Result<Vec<u8>, Error> {
        let octets = prepared.output.to_bytes()?;
        let mut keep = Vec::new();
        if kind == OutgoingKind::Proposal || self.client.0.outbox == Outbox::Kept {
            keep.push(Outgoing { kind, message: octets.clone() });
        }
        self.carry_out_keeping(prepared, keep)?;
        Ok(octets)
    }

    /// Stores the delta, then applies the patch, then releases the output.
    pub(crate) fn carry_out<T>(&mut self, prepared: Prepared<T>) -> Result<T, Error> {
        self.carry_out_keeping(prepared, Vec::new())
    }

    /// As [`Group::carry_out`], and keeps messages in the same batch. The only way in which a group changes.
    pub(crate) fn carry_out_keeping<T>(
        &mut self,
        prepared: Prepared<T>,
        keep: Vec<Outgoing>,
    ) -> Result<T, Error> {
        self.settle()?;
        let Prepared { output, mut delta, patch } = prepared;
        if !self.engine.fits(&patch) {
            return Err(copath_group::GroupError::from(copath_group::Misuse::Stale).into());
        }
        let kept = self.outbox.keep(self.engine.group_id(), keep, &mut delta);
        match self.mark.commit(self.client.store().as_ref(), delta) {
            Committed::Durable => {}
            Committed::No(error) => return Err(error),
            Committed::Unknown(error) => {
                self.uncertain = Some(Uncertain(Some(patch)));
                return Err(error);
            }
        }
        self.outbox.insert(kept);
        self.engine.apply(patch).map_err(|_| Error::Bug(Bug::StalePatch))?;
        Ok(output)
    }

    /// Enters the next epoch, or leaves: proposals that weren't sent are of no use any more, Welcomes that weren't are.
    fn end_epoch(&mut self, mut prepared: Prepared<Merged>) -> Result<Merged, Error> {
        let welcomes = self.owed_welcomes()?;
        self.outbox.forget_proposals(self.engine.group_id(), &mut prepared.delta);
        let merged = self.carry_out_keeping(prepared, welcomes)?;
        self.outbox.drop_proposals();
        Ok(merged)
    }

    /// Learns what became of the last batch, if the store couldn't tell.
    pub(crate) fn settle(&mut self) -> Result<(), Error> {
        if self.uncertain.is_none() {
            return Ok(());
        }
        let store = self.client.store().as_ref();
        let outbox = Stored::read(store, self.engine.group_id())?;
        let took_place = self.mark.settle(store)?;
        let uncertain = self.uncertain.take().filter(|_| took_place);
        if took_place {
            self.outbox = outbox;
        }
        match uncertain {
            Some(Uncertain(Some(patch))) => self.engine.apply(patch).map_err(|_| Error::Bug(Bug::StalePatch)),
            _ => Ok(()),
        }
    }

    /// Stores a change of the facade's own records of this group.
    pub(crate) fn store_only(&mut self, delta: StateDelta) -> Result<(), Error> {
        self.settle()?;
        match self.mark.commit(self.client.store().as_ref(), delta) {
            Committed::Durable => Ok(()),
            Committed::No(error) => Err(error),
            Committed::Unknown(error) => {
                self.uncertain = Some(Uncertain(None));
                Err(error)
            }
        }
    }

    /// Stores a change that ends the group in this store.
    pub(crate) fn close(self, mut delta: StateDelta) -> Result<(), Error> {
        self.mark.expect(&mut delta);
        match self.client.store().commit(&delta) {
            Err(StoreError::Conflict) => Err(Misuse::OtherWriter.into()),
            other => Ok(other?),
        }
    }

    pub(crate) fn outbox(&self) -> &Stored {
        &self.outbox
    }

    pub(crate) fn outbox_mut(&mut self) -> &mut Stored {
        &mut self.outbox
    }

    pub(crate) fn reached(&self) -> Option<crate::mark::Reached> {
        self.mark.reached()
    }

    /// What the engine asks about messages of this group.
    pub(crate) fn answer(
        &self,
        needs: &copath_group::Needs,
        now: Timestamp,
    ) -> Result<copath_group::Answers, Error> {
        self.client.answer(needs, None, now)
    }
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.engine.fmt(f)
    }
}
