//! Proposals: sending one's own, and queueing those of others.
//!
//! RFC 9420 §12.1.

use alloc::sync::Arc;

use copath_credentials::Timestamp;
use copath_crypto::Signer;
use copath_messages::{
    FramedContentBody, LeafNode, LeafNodeSource, LeafPosition, MlsMessage, Proposal, Sender, Update,
};
use copath_ratchet_tree::{LeafEntry, LeafRules, NodeKey};
use copath_rules::RuleId;

use crate::author::{Author, Authors};
use crate::commit::LeafChange;
use crate::credentials::{as_sender, questions_of_proposal};
use crate::message::{Opened, Received};
use crate::needs::{Answers, Needs};
use crate::places::check_context_to_send;
use crate::policy::{JoinRequests, Policy};
use crate::proposals::{ListedProposal, QueuedProposal, Source};
use crate::public_state::EpochId;
use crate::rules::{check_framing, check_not_leaving, check_proposal};
use crate::transition::{Change, Prepared};
use crate::{ExtensionPlace, Group, GroupError, Misuse, PolicyRefusal, Subject};

/// A received proposal that is valid by itself, and may need its credentials judged before it is queued.
#[derive(Debug)]
pub struct ProposalCheck {
    /// The epoch that the proposal is of.
    ends: EpochId,
    opened: Opened,
    proposal: Arc<Proposal>,
    needs: Needs,
    subjects: alloc::vec::Vec<(Subject, RuleId)>,
}

/// A proposal that has been queued.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Queued {
    /// Its ProposalRef.
    pub reference: alloc::vec::Vec<u8>,
    /// What it proposes.
    pub proposal: Proposal,
    /// Who sent it.
    pub proposed_by: Arc<Author>,
}

impl Group {
    /// The proposals that wait for a commit, in the order in which they came.
    pub fn pending_proposals(&self) -> impl Iterator<Item = Queued> + '_ {
        let mut authors = Authors::new(&self.public, None);
        self.queue.iter().filter_map(move |queued| Queued::of(queued, &mut authors).ok())
    }

    /// A proposal of one's own, sent to the group for somebody to commit. An Add has to have been judged by the
    /// validator before (rule 5.3.1-01): see [`Group::questions_about`].
    ///
    /// # Errors
    /// It breaks a rule; Updates are made with [`Group::propose_update`].
    pub fn propose(
        &self,
        proposal: Proposal,
        signer: &dyn Signer,
        now: Timestamp,
    ) -> Result<Prepared<MlsMessage>, GroupError> {
        if matches!(proposal, Proposal::Update(_)) {
            return Err(Misuse::UpdateByHand.into());
        }
        self.check_may_send(&proposal, now)?;
        self.send_proposal(proposal, None, signer, now)
    }

    /// The credentials that have to be judged before `proposal` is sent.
    ///
    /// # Errors
    /// The proposal's extensions are malformed.
    pub fn questions_about(&self, proposal: &Proposal) -> Result<Needs, GroupError> {
        let (credentials, _) = questions_of_proposal(&self.public, proposal, &self.own_sender())?;
        Ok(Needs { credentials, ..Needs::default() })
    }

    /// Whether `answers` to [`Group::questions_about`] allow to send `proposal`.
    ///
    /// # Errors
    /// A credential is refused, or the answers don't fit the questions.
    pub fn check_answers_about(&self, proposal: &Proposal, answers: &Answers) -> Result<(), GroupError> {
        let questions = questions_of_proposal(&self.public, proposal, &self.own_sender())?;
        let (_, subjects) = as_sender(questions);
        answers.check_credentials(&subjects)
    }

    /// An Update of one's own leaf with a fresh encryption key (RFC 9420 §12.1.2). `new_signer` has the signature key
    /// of the new leaf; give `signer` twice to keep the key.
    ///
    /// # Errors
    /// The new leaf breaks a rule of §7.2 or §7.3, or a cryptographic failure.
    pub fn propose_update(
        &self,
        change: &LeafChange,
        signer: &dyn Signer,
        new_signer: &dyn Signer,
        now: Timestamp,
    ) -> Result<Prepared<MlsMessage>, GroupError> {
        let keys = self.suite().generate_kem_key_pair()?;
        let encryption_key = keys.public_key.clone();
        let position =
            LeafPosition::InGroup { group_id: self.group_id(), leaf_index: self.own_leaf.as_u32() };
        let leaf_node = self
            .changed_leaf(change)?
            .unsigned(self.suite(), encryption_key, LeafNodeSource::Update, new_signer)?
            .sign(self.suite(), new_signer, position)?;
        self.check_own_update(&leaf_node)?;
        self.send_proposal(
            Proposal::Update(Update { leaf_node: leaf_node.into() }),
            Some(NodeKey::from(keys)),
            signer,
            now,
        )
    }

    /// RFC 9420 §7.3, as if nothing but this Update were committed.
    fn check_own_update(&self, leaf_node: &LeafNode) -> Result<(), GroupError> {
        let mut edit = self.tree().edit(self.suite());
        edit.update_leaf(self.own_leaf, leaf_node)?;
        let rules = LeafRules::new(self.suite(), &self.context().extensions)?;
        Ok(rules.check(&edit.finish()?, self.own_leaf, LeafEntry::Update)?)
    }

    fn send_proposal(
        &self,
        proposal: Proposal,
        own_leaf_key: Option<NodeKey>,
        signer: &dyn Signer,
        now: Timestamp,
    ) -> Result<Prepared<MlsMessage>, GroupError> {
        self.check_active()?;
        self.check_signer(signer)?;
        let sender = self.own_sender();
        let proposal = Arc::new(proposal);
        let entry = ListedProposal { proposal: Arc::clone(&proposal), sender, source: Source::Value };
        check_proposal(&self.public, &self.policy, &entry, None, now)?;
        check_not_leaving(&self.registrations, &entry, &self.queue)?;
        let body = FramedContentBody::Proposal(Proposal::clone(&proposal));
        let content = self.sign(signer, self.wire_format_of(&proposal), body, &[])?;
        let (message, ratchet) = self.protect_handshake(&content)?;
        self.queue.check_room(&proposal, &self.policy).map_err(Misuse::Policy)?;
        let queued = QueuedProposal {
            reference: content.proposal_reference(self.suite())?.as_ref().to_vec(),
            proposal,
            sender,
            position: self.queue.next_position(),
        };
        let mut changes = alloc::vec::Vec::from([Change::QueueProposal(queued.into())]);
        changes.extend(ratchet.map(|change| Change::Ratchet { epoch: self.epoch(), change }));
        let keys = own_leaf_key.map(|key| self.node_keys.with_pending_update(key));
        changes.extend(keys.map(Change::SetNodeKeys));
        self.prepare(message, changes)
    }

    pub(crate) fn received_proposal(&self, opened: Opened, now: Timestamp) -> Result<Received, GroupError> {
        let content = &opened.content.content;
        let FramedContentBody::Proposal(proposal) = &content.body else {
            return Err(Misuse::WrongMessageKind.into());
        };
        check_framing(&self.registrations, proposal, opened.content.wire_format)?;
        let proposal = Arc::new(proposal.clone());
        check_join_request(&self.policy, content.sender)?;
        let reference = opened.content.proposal_reference(self.suite())?;
        if self.queue.find(reference.as_ref()).is_some() {
            return Ok(Received::Known);
        }
        let entry =
            ListedProposal { proposal: proposal.clone(), sender: content.sender, source: Source::Value };
        check_proposal(&self.public, &self.policy, &entry, None, now)?;
        self.queue.check_room(&proposal, &self.policy).map_err(Misuse::Policy)?;
        let (credentials, subjects) = questions_of_proposal(&self.public, &proposal, &entry.sender)?;
        let needs = Needs { credentials, ..Needs::default() };
        Ok(Received::Proposal(
            ProposalCheck { ends: self.public.id(), opened, proposal, needs, subjects }.into(),
        ))
    }

    /// What binds the sender of a proposal beyond what binds its receivers (RFC 9420 §7.3: the own clock is inside
    /// the lifetime; §13.4: extensions of registered types are where they belong; §13.5: no GREASE in a group context).
    pub(crate) fn check_may_send(&self, proposal: &Proposal, now: Timestamp) -> Result<(), GroupError> {
        match proposal {
            Proposal::Add(add) => {
                if let LeafNodeSource::KeyPackage(lifetime) = &add.key_package.leaf_node.leaf_node_source {
                    self.policy.lifetimes.check_sent(lifetime, now)?;
                }
                let package = &add.key_package;
                let registrations = &self.registrations;
                registrations.check_extensions(ExtensionPlace::KeyPackage, &package.extensions)?;
                registrations.check_extensions(ExtensionPlace::LeafNode, &package.leaf_node.extensions)?;
                Ok(())
            }
            Proposal::GroupContextExtensions(change) => {
                check_context_to_send(&self.registrations, &change.extensions)
            }
            Proposal::ReInit(reinit) => {
                self.check_can_follow(reinit)?;
                check_context_to_send(&self.registrations, &reinit.extensions)
            }
            _ => Ok(()),
        }
    }
}

impl ProposalCheck {
    /// What has to be answered before [`ProposalCheck::finish`].
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// What is proposed.
    pub fn proposal(&self) -> &Proposal {
        &self.proposal
    }

    /// Who proposes it.
    pub fn sender(&self) -> &Sender {
        &self.opened.content.content.sender
    }

    /// Queues the proposal for the epoch.
    ///
    /// # Errors
    /// A credential is refused, or the group has left the epoch; the group is unchanged.
    pub fn finish(self, group: &Group, answers: Answers) -> Result<Prepared<Queued>, GroupError> {
        group.check_active()?;
        if self.ends != group.public.id() {
            return Err(Misuse::Stale.into());
        }
        answers.check_credentials(&self.subjects)?;
        let queued = QueuedProposal {
            reference: self.opened.content.proposal_reference(group.suite())?.as_ref().to_vec(),
            proposal: self.proposal,
            sender: self.opened.content.content.sender,
            position: group.queue.next_position(),
        };
        let output = Queued::of(&queued, &mut Authors::new(&group.public, None))?;
        let ratchet = group.ratchet_change(self.opened.ratchet)?;
        let changes = ratchet.into_iter().chain([Change::QueueProposal(queued.into())]).collect();
        group.prepare(output, changes)
    }
}

impl Queued {
    pub(crate) fn of(queued: &QueuedProposal, authors: &mut Authors<'_>) -> Result<Self, GroupError> {
        Ok(Self {
            reference: queued.reference.clone(),
            proposal: Proposal::clone(&queued.proposal),
            proposed_by: authors.of(queued.sender, &queued.proposal)?,
        })
    }
}

/// Rule 12.1.8-05: whether clients may ask to join is the application's decision.
pub(crate) fn check_join_request(policy: &Policy, sender: Sender) -> Result<(), Misuse> {
    match (sender, policy.join_requests) {
        (Sender::NewMemberProposal, JoinRequests::Refused) => Err(Misuse::Policy(PolicyRefusal::JoinRequest)),
        _ => Ok(()),
    }
}
