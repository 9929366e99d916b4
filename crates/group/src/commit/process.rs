//! Processing the commit of somebody else.
//!
//! RFC 9420 §12.4.2.

use copath_codec::Encode;
use copath_credentials::Timestamp;
use copath_key_schedule::{CommitSecret, InitSecret, PskSecret};
use copath_messages::{Commit, FramedContentBody};
use copath_rules::{Part, Violation, rule};

use super::staged::Outcome;
use super::summary::CommitSummary;
use super::{CheckedCommit, EpochEntry, KeyInputs, NextEpoch, StagedCommit, check_commit, merge_path};
use crate::message::Opened;
use crate::needs::{Answers, Needs};
use crate::psk::PskPlan;
use crate::public_state::EpochId;
use crate::{Group, GroupError, Misuse};

/// A commit whose sender, signature and proposals are valid, and which may need answers from outside.
#[derive(Debug)]
pub struct CommitCheck {
    /// The epoch that the commit ends.
    ends: EpochId,
    /// Holds a commit ([`commit_of`]).
    opened: Opened,
    checked: CheckedCommit,
    psks: PskPlan,
    summary: CommitSummary,
    needs: Needs,
}

impl Group {
    /// The first half of RFC 9420 §12.4.2: everything that needs no answer from outside.
    pub(crate) fn check_received_commit(
        &self,
        opened: Opened,
        now: Timestamp,
    ) -> Result<CommitCheck, GroupError> {
        let commit = commit_of(&opened)?;
        let sender = &opened.content.content.sender;
        let checked = check_commit(&self.public, &self.policy, &self.queue, (sender, commit), now)?;
        // A member that is removed needs no keys to learn of it.
        let removed = checked.applied.all_removed().any(|leaf| leaf == self.own_leaf);
        let wanted: &[copath_messages::PreSharedKeyId] = if removed { &[] } else { &checked.applied.psks };
        let psks = PskPlan::new(self, wanted)?;
        let needs =
            Needs { psks: psks.asked().to_vec(), credentials: checked.questions.clone(), ..Needs::default() };
        let summary = CommitSummary::new(&self.public, &opened.content, commit, &checked)?;
        Ok(CommitCheck { ends: self.public.id(), opened, checked, psks, summary, needs })
    }
}

impl CommitCheck {
    /// What has to be answered before [`CommitCheck::finish`].
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// What the commit would do, for a decision before it is staged.
    pub fn summary(&self) -> &CommitSummary {
        &self.summary
    }

    /// The second half of RFC 9420 §12.4.2: path, key schedule and confirmation tag.
    ///
    /// # Errors
    /// The commit breaks a rule, a credential is refused, or a PSK isn't available; the group is unchanged.
    pub fn finish(self, group: &Group, mut answers: Answers) -> Result<StagedCommit, GroupError> {
        if self.ends != group.public.id() {
            return Err(Misuse::Stale.into());
        }
        answers.check_credentials(&self.checked.subjects)?;
        let outcome = if self.checked.applied.all_removed().any(|leaf| leaf == group.own_leaf) {
            Outcome::Removed
        } else {
            let psk_secret = self.psks.psk_secret(group, answers.take_psks(&self.needs.psks)?)?;
            Outcome::Enter(self.derive(group, &psk_secret)?.into())
        };
        Ok(StagedCommit::new(group, self.opened.ratchet, self.summary, outcome))
    }

    fn derive(&self, group: &Group, psk_secret: &PskSecret) -> Result<EpochEntry, GroupError> {
        let commit = commit_of(&self.opened)?;
        let state = &group.public;
        let applied = &self.checked.applied;
        let (tree, provisional, commit_secret, node_keys) = match &commit.path {
            None => {
                let context = state.next_context(&applied.tree.tree_hash(), applied.extensions.clone())?;
                let keys = group.node_keys.after(&applied.tree);
                (applied.tree.clone(), context, CommitSecret::absent(state.suite()), keys)
            }
            Some(path) => {
                let merged = merge_path(state, &self.checked, path)?;
                let context = state.next_context(&merged.tree().tree_hash(), applied.extensions.clone())?;
                let opened = merged.decrypt(&group.node_keys, &context.to_bytes()?)?;
                (opened.tree, context, CommitSecret::from_secret(opened.commit_secret), opened.private_keys)
            }
        };
        let external_init = self.external_init_secret(group)?;
        let inputs = KeyInputs {
            init_secret: external_init.as_ref().unwrap_or(&group.secrets.init_secret),
            commit_secret: &commit_secret,
            psk_secret,
        };
        let next = NextEpoch::derive(state, &self.opened.content, provisional, &inputs)?;
        self.check_confirmation_tag(&next)?;
        let (public, secrets, secret_tree, _) = next.enter(state, tree)?;
        Ok(EpochEntry {
            public,
            own_leaf: group.own_leaf,
            secrets,
            secret_tree,
            node_keys,
            changed_leaves: self.checked.changed_leaves(commit.path.as_ref()),
            welcome: None,
            reinit: applied.reinit.clone(),
        })
    }

    /// RFC 9420 §8.3: an external commit brings its own init secret.
    fn external_init_secret(&self, group: &Group) -> Result<Option<InitSecret>, GroupError> {
        match &self.checked.applied.external_init {
            None => Ok(None),
            Some(kem_output) => group.secrets.external_init_secret(group.suite(), kem_output).map(Some),
        }
    }

    /// RFC 9420 §6.1 and §12.4.2, in constant time.
    fn check_confirmation_tag(&self, next: &NextEpoch) -> Result<(), Violation> {
        let tag = self.opened.content.auth.confirmation_tag.as_ref();
        match tag {
            Some(tag) if next.confirmation_tag.ct_eq(tag) => Ok(()),
            _ => Err(Violation::new(rule!("12.4.2-09")).at(Part::Message)),
        }
    }
}

/// The commit that a message carries.
fn commit_of(opened: &Opened) -> Result<&Commit, Misuse> {
    match &opened.content.content.body {
        FramedContentBody::Commit(commit) => Ok(commit),
        _ => Err(Misuse::WrongMessageKind),
    }
}
