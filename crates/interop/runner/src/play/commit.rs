//! Commits: made, processed by everybody, joined by.

use copath_interop_grpc as grpc;
use copath_messages::{ContentType, KeyPackage};

use super::cover::{Asked, commit_covers, summary_covers};
use super::seat::{Effect, Made, Proposed};
use super::{Fault, Player, Step};
use crate::config::{FullCommit, StepIndex};
use crate::link::{self, Rpc};
use crate::octets::{self, Checked, require};
use crate::shadow::{NoShadow, Shadow};

/// What a commit hands over.
pub(super) struct Sent<'a> {
    pub(super) committer: &'a str,
    pub(super) method: &'static str,
    pub(super) commit: Vec<u8>,
    pub(super) proposals: Vec<Vec<u8>>,
}

impl Player<'_> {
    pub(super) fn full_commit(&mut self, commit: &FullCommit) -> Step {
        let by_reference = self.proposals_of(&commit.by_reference);
        let described = commit.by_value.iter().map(|one| self.described(one)).collect::<Vec<_>>();
        let (effects, wired): (Vec<_>, Vec<_>) = described.into_iter().unzip();
        self.commit(commit, &Asked { by_reference: &by_reference, by_value: &effects }, wired)
    }

    /// A commit that adds the owners of key packages.
    pub(super) fn commit_adding(&mut self, commit: &FullCommit, packages: &[Made]) -> Step {
        let mut effects = Vec::new();
        let mut wired = Vec::new();
        for package in packages {
            let Made::KeyPackage { actor, message } = package else { continue };
            effects.push(Effect::Add { joiner: actor.clone(), key_package: message.clone() });
            wired.push(grpc::ProposalDescription {
                proposal_type: b"add".to_vec(),
                key_package: message.clone(),
                ..grpc::ProposalDescription::default()
            });
        }
        self.commit(commit, &Asked { by_reference: &[], by_value: &effects }, wired)
    }

    pub(super) fn proposals_of(&self, steps: &[StepIndex]) -> Vec<Proposed> {
        let proposal = |step: &StepIndex| match &self.made[*step] {
            Made::Proposal(proposed) => Some(proposed.clone()),
            _ => None,
        };
        steps.iter().filter_map(proposal).collect()
    }

    fn commit(
        &mut self,
        commit: &FullCommit,
        asked: &Asked<'_>,
        by_value: Vec<grpc::ProposalDescription>,
    ) -> Step {
        let committer = &commit.actor;
        self.end_shadow_of(committer);
        let proposals: Vec<_> = asked.by_reference.iter().map(|proposed| proposed.message.clone()).collect();
        let request = grpc::CommitRequest {
            state_id: self.state(committer)?,
            by_reference: proposals.clone(),
            by_value,
            force_path: commit.options.force_path,
            external_tree: commit.options.external_tree,
        };
        let made = self.ask::<link::Commit>(committer, &request)?;
        let checked = self.check_commit(&made.commit, asked, commit.options.force_path);
        self.judge(committer, link::Commit::METHOD, checked)?;
        let sent = Sent { committer, method: link::Commit::METHOD, commit: made.commit.clone(), proposals };
        let effects = asked.effects();
        let added = self.check_welcome(commit, &made, &effects)?;

        let state = self.state(committer)?;
        let applied = self.ask::<link::HandlePendingCommit>(
            committer,
            &grpc::HandlePendingCommitRequest { state_id: state },
        )?;
        self.seat_mut(committer).state = Some(applied.state_id);
        let mut told = vec![(committer.clone(), applied.epoch_authenticator)];
        self.handle_commit(&sent, &commit.members, &mut told)?;
        self.follow(&sent, Some(asked))?;
        let before = self.group.tree.take();
        self.group.epoch += 1;
        self.group.pending = false;
        self.group.apply(&effects);
        self.join_all(&commit.joiners, &made, commit.options.external_tree, &mut told)?;
        self.cast_shadow(commit, &made, &added)?;
        self.group.present = told.iter().map(|(actor, _)| actor.clone()).collect();
        let present: Vec<String> = told.iter().map(|(actor, _)| actor.clone()).collect();
        self.agree(&present, &told)?;
        let path = commit.options.force_path || asked.demands_path();
        self.check_keys(committer, before.as_ref(), &effects, path)?;
        self.check_extensions(committer, &effects)
    }

    /// The others process a commit.
    pub(super) fn handle_commit(
        &mut self,
        sent: &Sent<'_>,
        members: &[String],
        told: &mut Vec<(String, Vec<u8>)>,
    ) -> Step {
        for member in members {
            let request = grpc::HandleCommitRequest {
                state_id: self.state(member)?,
                proposal: sent.proposals.clone(),
                commit: sent.commit.clone(),
            };
            let handled = self.ask::<link::HandleCommit>(member, &request)?;
            self.seat_mut(member).state = Some(handled.state_id);
            told.push((member.clone(), handled.epoch_authenticator));
        }
        Ok(())
    }

    fn check_commit(&self, message: &[u8], asked: &Asked<'_>, force_path: bool) -> Checked {
        let framing = self.game.handshake.framing();
        let Some(public) = octets::handshake(message, framing, ContentType::Commit, self.place())? else {
            return Ok(());
        };
        let commit = octets::commit_of(&public)?;
        require(commit.path.is_some() || !force_path, || {
            "the commit has no path, against force_path".into()
        })?;
        commit_covers(commit, asked, &self.group)
    }

    /// The Welcome is there if somebody is added, and the tree beside it if that was asked.
    fn check_welcome(
        &mut self,
        commit: &FullCommit,
        made: &grpc::CommitResponse,
        effects: &[Effect],
    ) -> Step<Vec<KeyPackage>> {
        let (actor, suite) = (&commit.actor, self.group.suite);
        let mut added = Vec::new();
        for effect in effects {
            if let Effect::Add { joiner, key_package } = effect {
                let parsed = octets::key_package(key_package, suite, joiner);
                added.push(self.judge(joiner, link::CreateKeyPackage::METHOD, parsed)?);
            }
        }
        let checked = if added.is_empty() {
            require(made.welcome.is_empty(), || "there is a Welcome, but nobody joins".into())
        } else {
            octets::welcome(&made.welcome, suite, &added).map(drop)
        };
        self.judge(actor, link::Commit::METHOD, checked)?;
        if commit.options.external_tree && !added.is_empty() {
            let tree = octets::ratchet_tree(&made.ratchet_tree, suite).map(drop);
            self.judge(actor, link::Commit::METHOD, tree)?;
        }
        Ok(added)
    }

    fn join_all(
        &mut self,
        joiners: &[String],
        made: &grpc::CommitResponse,
        external_tree: bool,
        told: &mut Vec<(String, Vec<u8>)>,
    ) -> Step {
        for joiner in joiners {
            let missing = || Fault::Wrong("joins without a key package: the script is wrong".into());
            let transaction = self.seat(joiner).transaction;
            let request = grpc::JoinGroupRequest {
                transaction_id: transaction.ok_or_else(|| self.failure(joiner, None, missing()))?,
                welcome: made.welcome.clone(),
                encrypt_handshake: self.game.handshake.is_private(),
                identity: joiner.as_bytes().to_vec(),
                ratchet_tree: if external_tree { made.ratchet_tree.clone() } else { Vec::new() },
            };
            let joined = self.ask::<link::JoinGroup>(joiner, &request)?;
            self.seat_mut(joiner).state = Some(joined.state_id);
            told.push((joiner.clone(), joined.epoch_authenticator));
        }
        Ok(())
    }

    /// The shadow follows a commit, if there is one and it can.
    pub(super) fn follow(&mut self, sent: &Sent<'_>, asked: Option<&Asked<'_>>) -> Step {
        let Some(mut shadow) = self.shadow.take() else { return Ok(()) };
        match shadow.follow(&sent.proposals, &sent.commit, &self.psks) {
            Ok((summary, merged)) => {
                if let Some(asked) = asked {
                    let checked = summary_covers(&summary, asked, &self.group);
                    self.judge(sent.committer, sent.method, checked)?;
                }
                self.shadow = Some(shadow);
                if merged == copath_group::Merged::Removed {
                    self.end_shadow();
                }
                Ok(())
            }
            Err(NoShadow::Refused(why)) => {
                let what = format!("Copath in the place of {} refuses the commit: {why}", shadow.actor);
                self.judge(sent.committer, sent.method, Err(what))
            }
            Err(NoShadow::Keys | NoShadow::Psk) => {
                self.played.seen.push(shadow.into_case());
                Ok(())
            }
        }
    }

    /// A joiner's place is taken, if there is no shadow; the one's who is passive for the longest time.
    fn cast_shadow(
        &mut self,
        commit: &FullCommit,
        made: &grpc::CommitResponse,
        added: &[KeyPackage],
    ) -> Step {
        if self.shadow.is_some() {
            return Ok(());
        }
        let joiner = commit.joiners.iter().max_by_key(|joiner| self.active_from(joiner)).cloned();
        let Some((joiner, package)) =
            joiner.and_then(|joiner| Some((joiner.clone(), self.seat(&joiner).package.clone()?)))
        else {
            return Ok(());
        };
        if package.init_priv.is_empty() {
            self.unchecked(&joiner, "no private keys come with key packages");
            return Ok(());
        }
        let welcome = octets::welcome(&made.welcome, self.group.suite, added);
        let welcome = self.judge(&commit.actor, link::Commit::METHOD, welcome)?;
        let tree: &[u8] = if commit.options.external_tree { &made.ratchet_tree } else { &[] };
        let external_tree = commit.options.external_tree;
        match Shadow::join(&joiner, &package, (&made.welcome, welcome, tree), &self.psks) {
            Ok(shadow) => {
                let honoured = require(shadow.tree_inside != external_tree, || {
                    let (is, not) =
                        if external_tree { ("carries", "is set") } else { ("lacks", "isn't set") };
                    format!("the Welcome {is} the tree although external_tree {not}")
                });
                self.shadow = Some(shadow);
                self.judge(&commit.actor, link::Commit::METHOD, honoured)
            }
            Err(NoShadow::Refused(why)) => {
                let what = format!("Copath in the place of {joiner} refuses the Welcome: {why}");
                self.judge(&commit.actor, link::Commit::METHOD, Err(what))
            }
            Err(NoShadow::Keys) => {
                self.unchecked(
                    &joiner,
                    "the private keys aren't those of the key package, as vectors write them",
                );
                Ok(())
            }
            Err(NoShadow::Psk) => Ok(()),
        }
    }

    /// The first step from here on in which an actor does something by itself.
    fn active_from(&self, actor: &str) -> usize {
        let steps = self.game.script.steps.iter().enumerate().skip(self.step + 1);
        let mut active = steps.filter(|(_, step)| step.action.is_done_by(actor));
        active.next().map_or(usize::MAX, |(number, _)| number)
    }
}
