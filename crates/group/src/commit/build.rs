//! Drafting a commit: which proposals it covers.
//!
//! RFC 9420 §12.4.1. The draft is finished in `finish`, once its needs are answered.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use copath_credentials::Timestamp;
use copath_messages::{LeafNode, PreSharedKey, PreSharedKeyId, Proposal, Psk, ResumptionPskUsage};
use copath_ratchet_tree::RatchetTree;
use copath_rules::{Part, RuleId, Violation, rule};
use copath_tree_math::LeafIndex;

use super::{CommitOptions, PathChoice};
use crate::apply::Applied;
use crate::credentials::{as_sender, questions_of_commit};
use crate::needs::{Answers, Needs};
use crate::parallel::map_all;
use crate::proposals::{Committer, ListedProposal, ProposalList, QueuedProposal, Source, select};
use crate::psk::PskPlan;
use crate::public_state::EpochId;
use crate::refusal::{Refusal, RefusalReason};
use crate::rules::{check_list, check_proposal, check_result};
use crate::{Group, GroupError, Misuse, Subject};

/// A commit whose proposals have been chosen and are valid, and which may need answers from outside.
#[derive(Debug)]
pub struct CommitDraft {
    pub(super) options: CommitOptions,
    pub(super) list: ProposalList,
    pub(super) applied: Applied,
    pub(super) psks: PskPlan,
    pub(super) subjects: Vec<(Subject, RuleId)>,
    pub(super) needs: Needs,
    /// The epoch that the commit ends.
    pub(super) ends: EpochId,
}

impl Group {
    /// Chooses the proposals of a commit: those of `options`, and of the pending ones all that fit. A pending proposal
    /// by which a member leaves stands for a Remove of the same member.
    ///
    /// # Errors
    /// A proposal of `options` breaks a rule, `options` leave out one by which a member leaves, or the group's state
    /// doesn't allow a commit.
    pub fn draft_commit(&self, options: CommitOptions, now: Timestamp) -> Result<CommitDraft, GroupError> {
        self.check_active()?;
        if self.pending_commit.is_some() {
            return Err(Misuse::PendingCommit.into());
        }
        let own = self.checked_own_proposals(&options.proposals, now)?;
        let (own, positions) = self.without_leaving(&options, own)?;
        let asked = |position| {
            let at = usize::try_from(position).ok().and_then(|at| positions.get(at));
            at.copied().unwrap_or(position)
        };
        let mut draft = self.draft(options, own).map_err(|error| error.renumbered(asked))?;
        for (subject, _) in &mut draft.subjects {
            *subject = subject.renumbered(asked);
        }
        Ok(draft)
    }

    /// Whether `proposal` may be part of a commit of this client in this epoch, as far as that can be told without the
    /// others in it.
    ///
    /// # Errors
    /// It breaks a rule.
    pub fn check_own_proposal(&self, proposal: &Proposal, now: Timestamp) -> Result<(), GroupError> {
        self.checked_own_proposals(core::slice::from_ref(proposal), now).map(|_| ())
    }

    /// The first commit of a group that comes out of another one: `options`, and that group's resumption PSK, whose
    /// usage is right here alone (RFC 9420 §12.1.4).
    pub(crate) fn draft_first_commit(
        &self,
        options: CommitOptions,
        psk: PreSharedKey,
        now: Timestamp,
    ) -> Result<CommitDraft, GroupError> {
        let mut own = self.checked_own_proposals(&options.proposals, now)?;
        own.push(ListedProposal::by_value(Proposal::PreSharedKey(psk), Committer::Member(self.own_leaf)));
        self.draft(options, own)
    }

    /// The proposals of `options`, which are `own`, with their positions there. A commit covers the pending proposals by
    /// which members leave, and these stand for Removes of the same members.
    ///
    /// # Errors
    /// `options` leave one out.
    fn without_leaving(
        &self,
        options: &CommitOptions,
        own: Vec<ListedProposal>,
    ) -> Result<(Vec<ListedProposal>, Vec<u32>), Refusal> {
        let others = || self.queue.leaving(&self.registrations).filter(|(_, leaf)| *leaf != self.own_leaf);
        let is_covered = |queued: &QueuedProposal| !options.left_out.contains(&queued.reference);
        let covered: BTreeSet<LeafIndex> =
            others().filter(|(queued, _)| is_covered(queued)).map(|(_, leaf)| leaf).collect();
        if let Some((left_out, _)) = others().find(|(_, leaf)| !covered.contains(leaf)) {
            return Err(Refusal::of_proposal(left_out.proposal.proposal_type(), RefusalReason::LeftOut));
        }
        let leaves = |proposal: &Proposal| match proposal {
            Proposal::Remove(remove) => {
                LeafIndex::new(remove.removed).is_some_and(|leaf| covered.contains(&leaf))
            }
            _ => false,
        };
        let kept = own.into_iter().zip(0u32..).filter(|(entry, _)| !leaves(&entry.proposal));
        Ok(kept.unzip())
    }

    /// A commit of `own` by value, which are valid by themselves, and of the pending proposals that fit.
    fn draft(&self, options: CommitOptions, own: Vec<ListedProposal>) -> Result<CommitDraft, GroupError> {
        let committer = Committer::Member(self.own_leaf);
        let wanted = |queued: &&QueuedProposal| !options.left_out.contains(&queued.reference);
        let pending = self.queue.iter().filter(wanted).map(ListedProposal::by_reference).collect();
        let registrations = &self.registrations;
        let leaf_to_come = self.leaf_to_come(&options.leaf)?;
        let judge = |list: &ProposalList| self.apply_valid(list, &options, leaf_to_come.as_ref());
        let (list, applied) = select(registrations, committer, own, pending, judge)?;
        let psks = PskPlan::new(self, &applied.psks)?;
        let asked = questions_of_commit(&self.public, &list, &applied, None)?;
        let (questions, subjects) = as_sender(asked);
        let needs = Needs { psks: psks.asked().to_vec(), credentials: questions, ..Needs::default() };
        Ok(CommitDraft { options, list, applied, psks, subjects, needs, ends: self.public.id() })
    }

    /// The proposals that are given by value, as a commit lists them: RFC 9420 §12.1 holds for each, and its key package
    /// may be sent now (§7.3).
    fn checked_own_proposals(
        &self,
        proposals: &[Proposal],
        now: Timestamp,
    ) -> Result<Vec<ListedProposal>, GroupError> {
        let committer = Committer::Member(self.own_leaf);
        let numbered: Vec<(u32, &Proposal)> = (0..).zip(proposals).collect();
        map_all(&numbered, |(position, proposal)| {
            let entry = ListedProposal::by_value((*proposal).clone(), committer);
            self.check_may_send(proposal, now)
                .and_then(|()| check_proposal(&self.public, &self.policy, &entry, Some(committer), now))
                .map_err(|error| error.at_proposal(*position))?;
            Ok(entry)
        })
    }

    /// Applies a list if it and the tree that results are valid, and the group's own pre-shared keys are here.
    fn apply_valid(
        &self,
        list: &ProposalList,
        options: &CommitOptions,
        leaf_to_come: Option<&LeafNode>,
    ) -> Result<Applied, GroupError> {
        check_list(&self.public, list)?;
        self.check_own_psks(list)?;
        let applied = Applied::new(&self.public, list)?;
        // As receivers do: on the tree with the path merged, if there is one.
        let tree = match leaf_to_come {
            Some(leaf) if options.makes_path(applied.path) => {
                let mut edit = applied.tree.edit(self.suite());
                edit.update_leaf(self.own_leaf, leaf)?;
                &edit.finish()?
            }
            _ => &applied.tree,
        };
        check_result(&self.public, list, &applied, tree)?;
        Ok(applied)
    }
}

impl Group {
    /// Rule 12.4.2-03 for the resumption PSKs of this group: that of an epoch that is forgotten, or not yet reached,
    /// can't be had anywhere.
    fn check_own_psks(&self, list: &ProposalList) -> Result<(), Violation> {
        let mut violation = Violation::new(rule!("12.4.2-03"));
        for (position, entry) in list.numbered() {
            if let Proposal::PreSharedKey(psk) = &*entry.proposal
                && let Psk::Resumption { usage: ResumptionPskUsage::Application, psk_group_id, psk_epoch } =
                    &psk.psk.psk
                && psk_group_id == self.group_id()
                && self.resumption_psk(*psk_epoch).is_none()
            {
                violation = violation.at(Part::Proposal(position));
            }
        }
        if violation.parts().is_empty() { Ok(()) } else { Err(violation) }
    }
}

impl CommitDraft {
    /// The ProposalRefs of the pending proposals whose pre-shared keys `answers` doesn't have.
    ///
    /// What others proposed need not keep this client from committing: draft again with
    /// [`CommitDraft::into_options`] and [`CommitOptions::without`].
    pub fn unanswered(&self, answers: &Answers) -> Vec<Vec<u8>> {
        let missing: Vec<&PreSharedKeyId> = self
            .needs
            .psks
            .iter()
            .zip(&answers.psks)
            .filter(|(_, answer)| answer.is_none())
            .map(|(id, _)| id)
            .collect();
        let entries = self.list.entries.iter();
        entries
            .filter_map(|entry| match (&*entry.proposal, &entry.source) {
                (Proposal::PreSharedKey(psk), Source::Reference(reference))
                    if missing.contains(&&psk.psk) =>
                {
                    Some(reference.clone())
                }
                _ => None,
            })
            .collect()
    }

    /// What the commit was asked to do, for another draft.
    pub fn into_options(self) -> CommitOptions {
        self.options
    }

    /// What has to be answered before [`CommitDraft::finish`].
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// The same commit with another choice of path.
    pub(crate) fn with_path(mut self, choice: PathChoice) -> Self {
        self.options.path = choice;
        self
    }

    /// The tree after the proposals.
    pub(crate) fn tree_after(&self) -> &RatchetTree {
        &self.applied.tree
    }

    /// The proposals that the commit covers, in its order, pending ones included.
    pub fn proposals(&self) -> impl Iterator<Item = &Proposal> {
        self.list.entries.iter().map(|entry| &*entry.proposal)
    }
}
