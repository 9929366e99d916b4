//! Building a commit.

use copath_codec::Encode;
use copath_credentials::Timestamp;
use copath_group::{CommitOptions, LeafChange, MemberHandle, PathChoice};
use copath_messages::{Extensions, GroupId, Proposal};

use crate::identity::Identity;
use crate::settle::{Call, Output, What};
use crate::{Error, Group, NewGroup};

/// A commit that is being put together. Nothing happens before [`CommitBuilder::prepare`].
///
/// RFC 9420 §12.4. It covers what is asked for here, and of the pending proposals all that fit with it.
#[derive(Debug)]
#[must_use = "a commit does nothing before it is prepared"]
pub struct CommitBuilder<'g> {
    group: &'g mut Group,
    options: CommitOptions,
    identity: Option<Identity>,
    failed: Option<Error>,
}

impl<'g> CommitBuilder<'g> {
    /// What is asked for is about the present state, which has to be known.
    pub(crate) fn new(group: &'g mut Group) -> Self {
        let failed = group.settle_last().err();
        Self { group, options: CommitOptions::new(), identity: None, failed }
    }

    /// Adds the client of a key package, given as the message that it published.
    #[expect(clippy::should_implement_trait, reason = "adding a client to a group is no arithmetic")]
    pub fn add(self, key_package: &[u8]) -> Self {
        let proposal = self.group.add_proposal(key_package);
        self.with(proposal)
    }

    /// Removes a member, named by its handle in this epoch.
    pub fn remove(self, member: MemberHandle) -> Self {
        let proposal = self.group.remove_proposal(member);
        self.with(proposal)
    }

    /// Mixes in an external pre-shared key that each member has stored under `id`.
    pub fn psk(self, id: &[u8]) -> Self {
        let proposal = self.group.psk_proposal(id);
        self.with(proposal)
    }

    /// Mixes in the resumption secret of an epoch of this or another group, which each member has been in.
    pub fn resumption_psk(self, group_id: &GroupId, epoch: u64) -> Self {
        let proposal = self.group.resumption_psk_proposal(group_id, epoch);
        self.with(proposal)
    }

    /// Replaces the extensions of the group context.
    pub fn extensions(self, extensions: Extensions) -> Self {
        self.propose(Group::extensions_proposal(extensions))
    }

    /// Closes the group: its members go on in a successor of this form ([`Group::successor`]). Stands alone.
    pub fn reinit(self, successor: &NewGroup) -> Self {
        let proposal = self.group.reinit_proposal(successor);
        self.with(proposal)
    }

    /// Adds a proposal that was built elsewhere.
    pub fn propose(self, proposal: Proposal) -> Self {
        self.with(Ok(proposal))
    }

    /// Renews the keys of this client's leaf and path, which heals the group from a compromise of them. Commits do
    /// so anyway unless [`CommitBuilder::without_path`] says otherwise.
    pub fn update(mut self) -> Self {
        self.options = self.options.path(PathChoice::Always);
        self
    }

    /// Renews this client's keys only if the proposals ask for it: smaller, and doesn't heal.
    pub fn without_path(mut self) -> Self {
        self.options = self.options.path(PathChoice::WhenNeeded);
        self
    }

    /// Changes the capabilities or extensions of this client's leaf.
    pub fn leaf(mut self, change: LeafChange) -> Self {
        self.options = self.options.leaf(change);
        self
    }

    /// Gives this client's leaf another credential or signature key. The client has to be built with the identity, so
    /// that it can sign from the next epoch on.
    pub fn identity(mut self, identity: &Identity) -> Self {
        self.options.leaf.credential = Some(identity.credential().clone());
        self.identity = Some(identity.clone());
        self
    }

    /// Octets that are authenticated with the commit but visible to the delivery service.
    pub fn authenticated_data(mut self, octets: &[u8]) -> Self {
        self.options = self.options.authenticated_data(octets.to_vec());
        self
    }

    /// Builds, signs and stores the commit, and returns the message to send. The group stays in its epoch until
    /// [`Group::accept_commit`], or until the message comes back through [`Group::receive`].
    ///
    /// Asking again for the same while the commit is pending, also after a restart, gives the same octets again and
    /// no new commit. [`Group::pending_commit`] gives them too.
    ///
    /// # Errors
    /// A proposal breaks a rule, a credential is refused, a pre-shared key is missing, or a commit is pending.
    pub fn prepare(self, now: Timestamp) -> Result<Vec<u8>, Error> {
        let Self { group, options, identity, failed } = self;
        if let Some(error) = failed {
            return Err(error);
        }
        group.settle_last()?;
        let asked = Asked { options, identity };
        if let Some(message) = group.same_commit(&asked)? {
            group.forget_finished(What::Commit);
            return Ok(message);
        }
        group.prepare_commit(Call::new(What::Commit), asked, now, |message| message)
    }

    /// The first failure is kept for [`CommitBuilder::prepare`].
    fn with(mut self, proposal: Result<Proposal, Error>) -> Self {
        match proposal {
            Ok(proposal) => self.options = self.options.propose(proposal),
            Err(error) => self.failed = self.failed.or(Some(error)),
        }
        self
    }
}

/// What a commit was asked to do.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) options: CommitOptions,
    /// Whose key the own leaf is to have, if it is to change.
    pub(crate) identity: Option<Identity>,
}

impl Group {
    /// Prepares a commit, and gives what `output` makes of its message.
    pub(crate) fn prepare_commit<T: Output>(
        &mut self,
        call: Call<'_>,
        asked: Asked,
        now: Timestamp,
        output: impl FnOnce(Vec<u8>) -> T,
    ) -> Result<T, Error> {
        let Asked { options, identity } = asked;
        let signer = self.signer()?;
        let new_signer = identity.as_ref().map_or(&signer, Identity::signer);
        let mut draft = self.engine().draft_commit(options, now)?;
        let mut answers = self.answer(draft.needs(), now)?;
        // A pre-shared key that others proposed and this client doesn't have is left for them to commit.
        let missing = draft.unanswered(&answers);
        if !missing.is_empty() {
            draft = self.engine().draft_commit(draft.into_options().without(missing), now)?;
            answers = self.answer(draft.needs(), now)?;
        }
        let engine = self.engine();
        let prepared = draft.finish_with_new_signer(engine, signer.as_ref(), new_signer.as_ref(), answers)?;
        let octets = prepared.output.to_bytes()?;
        self.carry_out(call, prepared.map(|_| output(octets)))
    }

    /// The pending commit, if it does what is asked for.
    fn same_commit(&self, asked: &Asked) -> Result<Option<Vec<u8>>, Error> {
        let signer = self.signer()?;
        let new_key = match &asked.identity {
            Some(identity) => {
                self.client().0.identity_of_key(identity.signature_key())?;
                identity.signature_key()
            }
            None => signer.public_key(),
        };
        let Some(pending) = self.engine().pending_intents() else { return Ok(None) };
        let wanted =
            self.engine().intents_of(&asked.options, (signer.public_key() != new_key).then_some(new_key));
        Ok((*pending == wanted).then(|| self.pending_commit().map(<[u8]>::to_vec)).flatten())
    }
}
