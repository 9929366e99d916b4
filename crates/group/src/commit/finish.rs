//! Finishing a commit: path, signature, key schedule, framing.
//!
//! RFC 9420 §12.4.1. Nothing changes until the prepared pending commit is applied, and that stores the commit
//! without entering its epoch.

use alloc::boxed::Box;
use alloc::vec::Vec;

use copath_codec::{Encode, Opaque};
use copath_crypto::Signer;
use copath_key_schedule::{CommitSecret, PskSecret};
use copath_messages::{Commit, FramedContentBody, GroupContext, MlsMessage, Proposal, UpdatePath};
use copath_ratchet_tree::{LeafEntry, LeafRules, PathDraft, RatchetTree};

use super::{
    CommitDraft, EpochEntry, Joiner, KeyInputs, NextEpoch, PendingCommit, PendingCustom, WelcomeMaterial,
};
use crate::apply::Applied;
use crate::needs::Answers;
use crate::own_leaf::PathSite;
use crate::rules::check_result;
use crate::transition::{Change, Prepared};
use crate::{Group, GroupError, Misuse};

/// The tree after a commit, and what its path contributes.
struct PathPart {
    draft: Option<PathDraft>,
    tree: RatchetTree,
    commit_secret: CommitSecret,
    /// The provisional group context (RFC 9420 §12.4.1).
    provisional: GroupContext,
}

impl CommitDraft {
    /// Builds and signs the commit; `signer` has the key of the own leaf, and keeps it.
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
        group.check_active()?;
        group.check_signer(signer)?;
        if group.pending_commit.is_some() {
            return Err(Misuse::PendingCommit.into());
        }
        if group.public.id() != self.ends {
            return Err(Misuse::Stale.into());
        }
        answers.check_credentials(&self.subjects)?;
        let psk_secret = self.psks.psk_secret(group, answers.take_psks(&self.needs.psks)?)?;
        let rotates = signer.public_key() != new_signer.public_key();
        let path = self.path(group, new_signer, rotates)?;
        let joiners = self.joiners(group, path.draft.as_ref())?;
        let custom = PendingCustom::of_list(&self.list);
        let commit = Commit { proposals: self.list.into_wire(), path: path.update_path()? };
        let body = FramedContentBody::Commit(commit);
        let mut content = group.sign_handshake(signer, body, &self.options.authenticated_data)?;
        let inputs = KeyInputs {
            init_secret: &group.secrets.init_secret,
            commit_secret: &path.commit_secret,
            psk_secret: &psk_secret,
        };
        let next = NextEpoch::derive(&group.public, &content, path.provisional.clone(), &inputs)?;
        content.auth.confirmation_tag = Some(Opaque::from(next.confirmation_tag.as_ref()));
        let (message, ratchet) = group.protect_handshake(&content)?;
        let redoes_lost = self.options.redoes_lost && group.lost.is_some();
        let intents = group.intents_from(self.options, rotates.then_some(new_signer.public_key()));
        let entry = entry(group, self.applied, joiners, path, next, psk_secret)?;
        let encoded = message.to_bytes()?;
        let message_hash = group.suite().hash(&[&encoded]);
        let pending =
            PendingCommit { message_hash, message: encoded, intents, custom, entry: Box::new(entry) };
        let mut changes = Vec::new();
        changes.extend(ratchet.map(|change| Change::Ratchet { epoch: group.epoch(), change }));
        changes.push(Change::SetPendingCommit(Box::new(pending)));
        changes.extend(redoes_lost.then_some(Change::ForgetLost));
        group.prepare(message, changes)
    }

    /// Rule 12.4.1-02: a path if the proposals, the options or a change of the own leaf ask for one.
    fn path(&self, group: &Group, new_signer: &dyn Signer, rotates: bool) -> Result<PathPart, GroupError> {
        let wanted = self.options.makes_path(self.applied.path) || rotates;
        let draft = if wanted { Some(self.draft_path(group, new_signer)?) } else { None };
        let (tree, commit_secret) = match &draft {
            None => (self.applied.tree.clone(), CommitSecret::absent(group.suite())),
            Some(draft) => {
                (draft.tree().clone(), CommitSecret::from_secret(draft.commit_secret().duplicate()))
            }
        };
        let provisional = group.public.next_context(&tree.tree_hash(), self.applied.extensions.clone())?;
        Ok(PathPart { draft, tree, commit_secret, provisional })
    }

    fn draft_path(&self, group: &Group, new_signer: &dyn Signer) -> Result<PathDraft, GroupError> {
        let site = PathSite {
            suite: group.suite(),
            group_id: group.group_id(),
            tree: &self.applied.tree,
            committer: group.own_leaf,
            new_leaves: &self.applied.new_leaves(),
            leaf: &group.changed_leaf(&self.options.leaf)?,
        };
        let draft = site.draft(new_signer)?;
        check_result(&group.public, &self.list, &self.applied, draft.tree())?;
        let rules = LeafRules::new(group.suite(), &self.applied.extensions)?;
        rules.check(draft.tree(), group.own_leaf, LeafEntry::Path)?;
        Ok(draft)
    }

    fn joiners(&self, group: &Group, draft: Option<&PathDraft>) -> Result<Vec<Joiner>, GroupError> {
        let mut joiners = Vec::with_capacity(self.applied.added.len());
        for (leaf, position) in &self.applied.added {
            let position = usize::try_from(*position).map_err(|_| Misuse::TooLarge)?;
            let Some(Proposal::Add(add)) = self.list.entries.get(position).map(|entry| &*entry.proposal)
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

impl PathPart {
    /// The path as it is sent, encrypted under the provisional group context.
    fn update_path(&self) -> Result<Option<UpdatePath>, GroupError> {
        match &self.draft {
            None => Ok(None),
            Some(draft) => Ok(Some(draft.encrypt(&self.provisional.to_bytes()?)?)),
        }
    }
}

/// The epoch that the commit leads to (rule 8.4-01).
fn entry(
    group: &Group,
    applied: Applied,
    joiners: Vec<Joiner>,
    path: PathPart,
    next: NextEpoch,
    psk_secret: PskSecret,
) -> Result<EpochEntry, GroupError> {
    let committer = path.draft.as_ref().map(|_| group.own_leaf);
    let node_keys = match path.draft {
        Some(draft) => draft.into_private_keys(),
        None => group.node_keys.after(&applied.tree),
    };
    let (public, secrets, secret_tree, joiner_secret) = next.enter(&group.public, path.tree)?;
    let changed_leaves = applied.changed_leaves(committer);
    let welcome = WelcomeMaterial { joiner_secret, psk_secret, psks: applied.psks, joiners, signed: None };
    Ok(EpochEntry {
        public,
        own_leaf: group.own_leaf,
        secrets,
        secret_tree,
        node_keys,
        changed_leaves,
        welcome: (!welcome.joiners.is_empty()).then_some(welcome),
        reinit: applied.reinit,
    })
}
