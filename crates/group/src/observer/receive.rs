//! Following a group by its PublicMessages.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_codec::Opaque;
use copath_credentials::Timestamp;
use copath_crypto::HashOutput;
use copath_key_schedule::transcript;
use copath_messages::transcript::confirmed_transcript_hash_input;
use copath_messages::{
    AuthenticatedContent, Commit, ContentType, FramedContentBody, MlsMessage, MlsMessageBody, Proposal,
    PublicMessage, Sender, VerifiedContent,
};
use copath_ratchet_tree::RatchetTree;
use copath_rules::{Part, RuleId, Violation, rule};

use super::{Life, PublicChange, PublicGroup, PublicPrepared};
use crate::author::Authors;
use crate::commit::{CheckedCommit, CommitSummary, check_commit, merge_path};
use crate::credentials::questions_of_proposal;
use crate::needs::{Answers, Needs};
use crate::proposals::{ListedProposal, QueuedProposal, Source};
use crate::propose::{Queued, check_join_request};
use crate::public_state::{EpochId, PublicState};
use crate::rules::check_proposal;
use crate::{GroupError, Misuse, Subject};

/// What a message turned out to be for an observer.
#[derive(Debug)]
#[non_exhaustive]
pub enum Observed {
    /// A proposal to be queued.
    Proposal(Box<ObservedProposal>),
    /// A commit to be followed.
    Commit(Box<ObservedCommit>),
    /// A proposal that is queued already.
    Known,
    /// An encrypted application message, which doesn't concern an observer.
    Application,
}

/// A check that takes secrets, which an observer can't make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unchecked {
    /// The membership tag (RFC 9420 §6.2).
    MembershipTag,
    /// The confirmation tag (RFC 9420 §12.4.2).
    ConfirmationTag,
    /// Whether the path secrets can be decrypted and fit the path's keys (RFC 9420 §7.5).
    PathSecrets,
    /// Whether the pre-shared keys are what the members have (RFC 9420 §8.4).
    Psks,
    /// Whether the external init secret can be derived (RFC 9420 §8.3).
    ExternalInit,
}

/// A proposal that is valid as far as an observer can tell; the membership tag of a member's is unchecked.
#[derive(Debug)]
pub struct ObservedProposal {
    content: VerifiedContent,
    proposal: Arc<Proposal>,
    epoch: EpochId,
    needs: Needs,
    subjects: Vec<(Subject, RuleId)>,
}

/// A commit that is valid as far as an observer can tell, with what it couldn't check.
#[derive(Debug)]
pub struct ObservedCommit {
    epoch: EpochId,
    next: PublicState,
    life: Life,
    summary: CommitSummary,
    unchecked: Vec<Unchecked>,
    needs: Needs,
    subjects: Vec<(Subject, RuleId)>,
}

impl PublicGroup {
    /// Verifies a message as far as it takes no secrets, and tells what it is.
    ///
    /// # Errors
    /// It breaks a rule; or it is an encrypted handshake, after which the observer can't follow the group any
    /// further than its present epoch ([`GroupError::CannotFollow`]).
    pub fn receive(&self, message: &MlsMessage, now: Timestamp) -> Result<Observed, GroupError> {
        match &message.body {
            MlsMessageBody::PublicMessage(message) => self.receive_public(message, now),
            MlsMessageBody::PrivateMessage(message) if message.group_id != *self.group_id() => {
                Err(GroupError::WrongGroup)
            }
            MlsMessageBody::PrivateMessage(message) if message.content_type == ContentType::Application => {
                Ok(Observed::Application)
            }
            MlsMessageBody::PrivateMessage(message) => Err(GroupError::CannotFollow { epoch: message.epoch }),
            _ => Err(Misuse::WrongMessageKind.into()),
        }
    }

    fn receive_public(&self, message: &PublicMessage, now: Timestamp) -> Result<Observed, GroupError> {
        if self.life == Life::Reinitialized {
            return Err(Misuse::Reinitialized.into());
        }
        self.public.check_public_message(message)?;
        let content = message.clone().into_authenticated_content();
        let (content, _) = self.public.verify_content(content)?;
        match &content.content.body {
            FramedContentBody::Proposal(proposal) => {
                let proposal = Arc::new(proposal.clone());
                self.receive_proposal(content, proposal, now)
            }
            FramedContentBody::Commit(commit) => {
                let commit = commit.clone();
                self.receive_commit(&content, &commit, now).map(|commit| Observed::Commit(commit.into()))
            }
            FramedContentBody::Application(_) => Err(Misuse::WrongMessageKind.into()),
        }
    }

    fn receive_proposal(
        &self,
        content: VerifiedContent,
        proposal: Arc<Proposal>,
        now: Timestamp,
    ) -> Result<Observed, GroupError> {
        let reference = content.proposal_reference(self.public.suite())?;
        if self.queue.find(reference.as_ref()).is_some() {
            return Ok(Observed::Known);
        }
        let sender = content.content.sender;
        check_join_request(&self.policy, sender)?;
        let entry = ListedProposal { proposal: proposal.clone(), sender, source: Source::Value };
        check_proposal(&self.public, &self.policy, &entry, None, now)?;
        self.queue.check_room(&proposal, &self.policy).map_err(Misuse::Policy)?;
        let (credentials, subjects) = questions_of_proposal(&self.public, &proposal, &entry.sender)?;
        let needs = Needs { credentials, ..Needs::default() };
        let epoch = self.public.id();
        Ok(Observed::Proposal(Box::new(ObservedProposal { content, proposal, epoch, needs, subjects })))
    }

    fn receive_commit(
        &self,
        content: &AuthenticatedContent,
        commit: &Commit,
        now: Timestamp,
    ) -> Result<ObservedCommit, GroupError> {
        let sender = &content.content.sender;
        let checked = check_commit(&self.public, &self.policy, &self.queue, (sender, commit), now)?;
        let tree = match &commit.path {
            None => checked.applied.tree.clone(),
            Some(path) => merge_path(&self.public, &checked, path)?.into_tree(),
        };
        let next = self.next_state(content, &checked, tree)?;
        let life = if checked.applied.reinit.is_some() { Life::Reinitialized } else { Life::Active };
        Ok(ObservedCommit {
            epoch: self.public.id(),
            next,
            life,
            summary: CommitSummary::new(&self.public, content, commit, &checked)?,
            unchecked: unchecked(sender, commit, &checked),
            needs: Needs { credentials: checked.questions, ..Needs::default() },
            subjects: checked.subjects,
        })
    }

    /// The next epoch's public state; its confirmation tag is taken at the committer's word.
    fn next_state(
        &self,
        content: &AuthenticatedContent,
        checked: &CheckedCommit,
        tree: RatchetTree,
    ) -> Result<PublicState, GroupError> {
        let suite = self.public.suite();
        let mut context = self.public.next_context(&tree.tree_hash(), checked.applied.extensions.clone())?;
        let input = confirmed_transcript_hash_input(content)?;
        let confirmed = transcript::confirmed(suite, self.public.interim_transcript_hash().as_ref(), &input);
        context.confirmed_transcript_hash = Opaque::from(confirmed.as_ref());
        let tag = content.auth.confirmation_tag.as_ref().and_then(|tag| HashOutput::from_slice(tag));
        let tag = tag
            .filter(|tag| tag.as_ref().len() == suite.hash_length())
            .ok_or_else(|| Violation::new(rule!("12.4.2-09")).at(Part::ConfirmationTag))?;
        PublicState::new(suite.clone(), context, tree, tag, self.public.registrations())
    }
}

fn unchecked(sender: &Sender, commit: &Commit, checked: &CheckedCommit) -> Vec<Unchecked> {
    let member = matches!(sender, Sender::Member { .. });
    let all = [
        (member, Unchecked::MembershipTag),
        (true, Unchecked::ConfirmationTag),
        (commit.path.is_some(), Unchecked::PathSecrets),
        (!checked.applied.psks.is_empty(), Unchecked::Psks),
        (checked.applied.external_init.is_some(), Unchecked::ExternalInit),
    ];
    all.into_iter().filter(|(applies, _)| *applies).map(|(_, unchecked)| unchecked).collect()
}

impl ObservedProposal {
    /// What has to be answered before [`ObservedProposal::finish`].
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// What is proposed.
    pub fn proposal(&self) -> &Proposal {
        &self.proposal
    }

    /// Who proposes it.
    pub fn sender(&self) -> Sender {
        self.content.content.sender
    }

    /// Queues the proposal for the epoch.
    ///
    /// # Errors
    /// A credential is refused, or the observer has left the epoch.
    pub fn finish(self, group: &PublicGroup, answers: Answers) -> Result<PublicPrepared<Queued>, GroupError> {
        group.check_present(self.epoch)?;
        answers.check_credentials(&self.subjects)?;
        let queued = QueuedProposal {
            reference: self.content.proposal_reference(group.public.suite())?.as_ref().to_vec(),
            sender: self.content.content.sender,
            proposal: self.proposal,
            position: group.queue.next_position(),
        };
        let output = Queued::of(&queued, &mut Authors::new(&group.public, None))?;
        group.prepare(output, PublicChange::Queue(queued))
    }
}

impl ObservedCommit {
    /// What has to be answered before [`ObservedCommit::follow`].
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// What the commit does.
    pub fn summary(&self) -> &CommitSummary {
        &self.summary
    }

    /// What an observer couldn't check: members may still reject the commit for it ([`PublicGroup::go_back`]).
    pub fn unchecked(&self) -> &[Unchecked] {
        &self.unchecked
    }

    /// Follows the commit into the next epoch, whose number is the output.
    ///
    /// # Errors
    /// A credential is refused, or the observer has left the epoch.
    pub fn follow(self, group: &PublicGroup, answers: Answers) -> Result<PublicPrepared<u64>, GroupError> {
        group.check_present(self.epoch)?;
        answers.check_credentials(&self.subjects)?;
        let epoch = self.next.epoch();
        group.prepare(epoch, PublicChange::Enter { public: self.next, life: self.life })
    }
}
