//! A handle of one group.

use std::sync::Arc;

use copath_codec::Encode;
use copath_credentials::Timestamp;
use copath_crypto::{CipherSuite, Secret, Signer};
use copath_group::{
    ExternalJoins, Member, MemberHandle, Merged, Prepared, Queued, TreeTransfer, WelcomeOptions,
};
use copath_messages::{Extensions, GroupContext, GroupId, MlsMessage};
use copath_records::StateDelta;

use crate::commit::CommitBuilder;
use crate::error::Bug;
use crate::inbox::Received;
use crate::mark::Mark;
use crate::open_groups::OpenGroup;
use crate::outbox::Stored;
use crate::settle::{Call, Finished, Output, Uncertain, What};
use crate::{Client, Error, Outbox, Outgoing, OutgoingKind};

/// A group that this client is in, and its only handle.
///
/// RFC 9420. A method that changes the group stores the change durably before it changes anything in memory or
/// returns anything to be sent. If it fails, nothing has changed, and the group goes on working.
pub struct Group {
    pub(crate) client: Client,
    pub(crate) engine: copath_group::Group,
    pub(crate) mark: Mark,
    pub(crate) outbox: Stored,
    pub(crate) inbox: Received,
    /// The last batch, if the store couldn't tell whether it took place.
    pub(crate) uncertain: Option<Uncertain>,
    /// Calls that turned out to have taken place, and what they gave, until somebody asks for it.
    pub(crate) finished: Vec<Finished>,
    _claim: OpenGroup,
}

impl Group {
    pub(crate) fn new(
        client: Client,
        engine: copath_group::Group,
        claim: OpenGroup,
        mark: Mark,
    ) -> Result<Self, Error> {
        let outbox = Stored::read(client.store().as_ref(), engine.group_id())?;
        let inbox = Received::read(client.store().as_ref(), engine.group_id())?;
        let (uncertain, finished) = (None, Vec::new());
        Ok(Self { client, engine, mark, outbox, inbox, uncertain, finished, _claim: claim })
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
        let call = Call::of_two(What::Encrypt, data, authenticated_data);
        if let Some(message) = self.done_before(call)? {
            return Ok(message);
        }
        let signer = self.signer()?;
        let prepared = self.engine.encrypt(data, authenticated_data, signer.as_ref())?;
        self.release(call, prepared, OutgoingKind::Message)
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
        let call = Call::new(What::Accept);
        if let Some(merged) = self.done_before(call)? {
            return Ok(merged);
        }
        let prepared = self.engine.accept_pending_commit()?;
        self.end_epoch(call, prepared)
    }

    /// Drops the pending commit, which wasn't accepted or isn't wanted any more.
    ///
    /// # Errors
    /// [`Error::Misuse`] if no commit is pending.
    pub fn drop_commit(&mut self) -> Result<(), Error> {
        let call = Call::new(What::Drop);
        if let Some(()) = self.done_before(call)? {
            return Ok(());
        }
        let prepared = self.engine.drop_pending_commit()?;
        self.carry_out(call, prepared)
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
        self.welcomes_with(options, Extensions::default())
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
        let call = Call::new(What::WelcomeSent);
        if let Some(()) = self.done_before(call)? {
            return Ok(());
        }
        let prepared = self.engine.release_welcome()?;
        self.carry_out(call, prepared)
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
        self.check_settled()?;
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
        self.check_settled()?;
        let group_info = self.engine.group_info(tree, joins, self.signer()?.as_ref())?;
        Ok(MlsMessage::from(group_info).to_bytes()?)
    }

    /// The ratchet tree of this epoch, for joiners who get it apart from their Welcome (RFC 9420 §12.4.3.3).
    ///
    /// # Errors
    /// [`Error::Misuse`] if the tree is beyond what can be encoded.
    pub fn export_tree(&self) -> Result<Vec<u8>, Error> {
        self.check_settled()?;
        Ok(self.engine.export_ratchet_tree()?)
    }

    /// Deletes the group's whole state. Nobody else is told: to leave a group, have somebody commit your removal.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails: the group can be loaded again then. After
    /// [`Unavailable::UnknownOutcome`](crate::Unavailable::UnknownOutcome) it may be gone already;
    /// [`Client::delete_group`] deletes what is left. [`Misuse::OtherWriter`](crate::Misuse::OtherWriter) if somebody else has changed it.
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
        call: Call<'_>,
        prepared: Prepared<MlsMessage>,
        kind: OutgoingKind,
    ) -> Result<Vec<u8>, Error> {
        let octets = prepared.output.to_bytes()?;
        let mut keep = Vec::new();
        if kind == OutgoingKind::Proposal || self.client.0.outbox == Outbox::Kept {
            keep.push(Outgoing { kind, message: octets.clone() });
        }
        let keep = self.outbox.keep(keep);
        self.carry_out_with(call, prepared.map(|_| octets), keep)
    }

    /// Enters the next epoch, or leaves: proposals that weren't sent are of no use any more, Welcomes that weren't are.
    pub(crate) fn end_epoch<T: Output>(&mut self, call: Call<'_>, prepared: Prepared<T>) -> Result<T, Error> {
        let mut boxes = self.outbox.keep(self.owed_welcomes()?);
        boxes.extend(self.outbox.forget_proposals());
        self.carry_out_with(call, prepared, boxes)
    }

    /// Stores a change that ends the group in this store.
    pub(crate) fn close(mut self, mut delta: StateDelta) -> Result<(), Error> {
        self.settle_last()?;
        self.client.leave_behind(self.engine.group_id(), &mut delta)?;
        self.mark.end(self.client.store().as_ref(), delta)
    }

    pub(crate) fn outbox(&self) -> &Stored {
        &self.outbox
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
