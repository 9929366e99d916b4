//! Building a commit.
//!
//! RFC 9420 §12.4.1. Nothing changes until the prepared pending commit is applied, and that stores the commit
//! without entering its epoch.

use alloc::boxed::Box;
use alloc::vec::Vec;

use copath_codec::{Encode, Opaque};
use copath_credentials::Timestamp;
use copath_crypto::Signer;
use copath_key_schedule::CommitSecret;
use copath_messages::{Commit, FramedContentBody, MlsMessage, Proposal};
use copath_ratchet_tree::{LeafEntry, LeafRules, PathDraft};
use copath_rules::RuleId;

use super::{
    CommitOptions, EpochEntry, Joiner, KeyInputs, NextEpoch, PathChoice, PendingCommit, WelcomeMaterial,
};
use crate::apply::{Applied, PathNeed};
use crate::credentials::questions_of_commit;
use crate::needs::{Answers, Needs};
use crate::own_leaf::PathSite;
use crate::proposals::{Committer, ListedProposal, ProposalList, select};
use crate::psk::PskPlan;
use crate::rules::{check_list, check_proposal, check_result};
use crate::transition::{Change, Prepared};
use crate::{Group, GroupError, Misuse, Subject};

/// A commit whose proposals have been chosen and are valid, and which may need answers from outside.
#[derive(Debug)]
pub struct CommitDraft {
    options: CommitOptions,
    list: ProposalList,
    applied: Applied,
    psks: PskPlan,
    subjects: Vec<(Subject, RuleId)>,
    needs: Needs,
}

impl Group {
    /// Chooses the proposals of a commit: those of `options`, and of the pending ones all that fit.
    ///
    /// # Errors
    /// A proposal of `options` breaks a rule, or the group's state doesn't allow a commit.
    pub fn draft_commit(&self, options: CommitOptions, now: Timestamp) -> Result<CommitDraft, GroupError> {
        self.check_active()?;
        if self.pending_commit.is_some() {
            return Err(Misuse::PendingCommit.into());
        }
        let committer = Committer::Member(self.own_leaf);
        self.check_own_proposals(&options.proposals, committer, now)?;
        let list = select(committer, options.proposals.clone(), &self.queue, |list| self.check_whole(list))?;
        let applied = Applied::new(&self.public, &list)?;
        let psks = PskPlan::new(self, &applied.psks)?;
        let (questions, subjects) = questions_of_commit(&self.public, &list, &applied, None)?;
        let needs = Needs { psks: psks.asked().to_vec(), credentials: questions, ..Needs::default() };
        Ok(CommitDraft { options, list, applied, psks, subjects, needs })
    }

    /// RFC 9420 §12.1 for each proposal given by value, and that its key package may be sent now (§7.3).
    fn check_own_proposals(
        &self,
        proposals: &[Proposal],
        committer: Committer,
        now: Timestamp,
    ) -> Result<(), GroupError> {
        for (position, proposal) in (0u32..).zip(proposals) {
            let entry = ListedProposal::by_value(proposal.clone(), committer);
            check_proposal(&self.public, &self.policy, &entry, Some(committer), now)
                .and_then(|()| self.check_may_send(proposal, now))
                .map_err(|error| error.at_proposal(position))?;
        }
        Ok(())
    }

    /// The rules about the list and about the tree that results, as selection needs them: violations only.
    fn check_whole(&self, list: &ProposalList) -> Result<(), copath_rules::Violation> {
        check_list(&self.public, list)?;
        let applied = match Applied::new(&self.public, list) {
            Ok(applied) => applied,
            Err(GroupError::Rejected(violation)) => return Err(violation),
            // Not about a proposal; it shows again when the commit is drafted.
            Err(_) => return Ok(()),
        };
        match check_result(&self.public, list, &applied) {
            Err(GroupError::Rejected(violation)) => Err(violation),
            _ => Ok(()),
        }
    }
}

/// What a path contributes to a commit.
struct PathPart {
    draft: Option<PathDraft>,
    commit_secret: CommitSecret,
}

impl CommitDraft {
    /// What has to be answered before [`CommitDraft::finish`].
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// The proposals that the commit covers, in its order; `true` for those by reference isn't told here, use the
    /// queue for that.
    pub fn proposals(&self) -> impl Iterator<Item = &Proposal> {
        self.list.entries.iter().map(|entry| &entry.proposal)
    }

    /// Builds and signs the commit. `signer` signs the message; a new leaf is signed by `options`' signer or by it.
    ///
    /// # Errors
    /// A credential is refused, a PSK isn't available, the signer isn't that of the own leaf, or the group has
    /// changed since the draft was made.
    pub fn finish(
        self,
        group: &Group,
        signer: &dyn Signer,
        answers: Answers,
    ) -> Result<Prepared<MlsMessage>, GroupError> {
        self.finish_with_new_signer(group, signer, signer, answers)
    }

    /// As [`CommitDraft::finish`], with a new signature key for the own leaf: `signer` signs the message with the
    /// present key, `new_signer` the leaf in the path (RFC 9420 §7.5).
    ///
    /// # Errors
    /// As [`CommitDraft::finish`].
    pub fn finish_with_new_signer(
        self,
        group: &Group,
        signer: &dyn Signer,
        new_signer: &dyn Signer,
        mut answers: Answers,
    ) -> Result<Prepared<MlsMessage>, GroupError> {
        group.check_signer(signer)?;
        if group.pending_commit.is_some() {
            return Err(Misuse::PendingCommit.into());
        }
        answers.check_credentials(&self.subjects)?;
        let psk_secret = self.psks.psk_secret(group, answers.take_psks(&self.needs.psks)?)?;
        let rotates = signer.public_key() != new_signer.public_key();
        let mut path = self.path(group, new_signer, rotates)?;
        let tree = path.draft.as_ref().map_or(&self.applied.tree, PathDraft::tree).clone();
        let provisional = group.public.next_context(&tree.tree_hash(), self.applied.extensions.clone())?;
        let update_path = match &mut path.draft {
            Some(draft) => Some(draft.encrypt(&provisional.to_bytes()?)?),
            None => None,
        };
        let commit = Commit {
            proposals: self.list.entries.iter().map(ListedProposal::to_wire).collect(),
            path: update_path,
        };
        let mut content = group.sign_handshake(
            signer,
            FramedContentBody::Commit(commit),
            &self.options.authenticated_data,
        )?;
        let inputs = KeyInputs {
            init_secret: &group.secrets.init_secret,
            commit_secret: &path.commit_secret,
            psk_secret: &psk_secret,
        };
        let next = NextEpoch::derive(&group.public, &content, provisional, &inputs)?;
        content.auth.confirmation_tag = Some(Opaque::from(next.confirmation_tag.as_ref()));
        let (message, ratchet) = group.protect_handshake(&content)?;
        let joiners = self.joiners(group, path.draft.as_ref())?;
        let welcome = |joiner_secret| WelcomeMaterial {
            joiner_secret,
            psk_secret,
            psks: self.applied.psks.clone(),
            joiners,
        };
        let (public, secrets, secret_tree, joiner_secret) = next.enter(group.suite(), tree)?;
        let node_keys = match path.draft {
            Some(draft) => draft.into_private_keys(),
            None => group.node_keys.after(&self.applied.tree),
        };
        let entry = EpochEntry {
            public,
            own_leaf: group.own_leaf,
            secrets,
            secret_tree,
            node_keys,
            changed_leaves: self.applied.changed_leaves(Some(group.own_leaf)),
            welcome: (!self.applied.added.is_empty()).then(|| welcome(joiner_secret)),
            reinit: self.applied.reinit.clone(),
        };
        let encoded = message.to_bytes()?;
        let pending = PendingCommit {
            message_hash: group.suite().hash(&[&encoded]),
            message: encoded,
            entry: Box::new(entry),
        };
        let mut changes = Vec::new();
        changes.extend(ratchet.map(|change| Change::Ratchet { epoch: group.epoch(), change }));
        changes.push(Change::SetPendingCommit(Box::new(pending)));
        group.prepare(message, changes)
    }

    /// RFC 9420 §7.5: a path if the proposals, the options or a change of the own leaf ask for one.
    fn path(&self, group: &Group, new_signer: &dyn Signer, rotates: bool) -> Result<PathPart, GroupError> {
        let wanted = self.applied.path == PathNeed::Required
            || self.options.path == PathChoice::Always
            || self.options.leaf.is_change()
            || rotates;
        if !wanted {
            let commit_secret = CommitSecret::absent(group.suite());
            return Ok(PathPart { draft: None, commit_secret });
        }
        let site = PathSite {
            suite: group.suite(),
            group_id: group.group_id(),
            tree: &self.applied.tree,
            committer: group.own_leaf,
            new_leaves: &self.applied.new_leaves(),
            leaf: &group.changed_leaf(&self.options.leaf)?,
        };
        let draft = site.draft(new_signer)?;
        let rules = LeafRules::new(group.suite(), &self.applied.extensions)?;
        rules.check(draft.tree(), group.own_leaf, LeafEntry::Path)?;
        let commit_secret = CommitSecret::from_secret(draft.commit_secret().duplicate());
        Ok(PathPart { draft: Some(draft), commit_secret })
    }

    fn joiners(&self, group: &Group, draft: Option<&PathDraft>) -> Result<Vec<Joiner>, GroupError> {
        let mut joiners = Vec::with_capacity(self.applied.added.len());
        for (leaf, position) in &self.applied.added {
            let position = usize::try_from(*position).map_err(|_| Misuse::TooLarge)?;
            let Some(Proposal::Add(add)) = self.list.entries.get(position).map(|entry| &entry.proposal)
            else {
                continue;
            };
            joiners.push(Joiner {
                key_package_ref: add.key_package.reference(group.suite())?.as_ref().to_vec(),
                init_key: add.key_package.init_key.clone(),
                path_secret: draft.and_then(|draft| draft.path_secret_for(*leaf)),
            });
        }
        Ok(joiners)
    }
}
